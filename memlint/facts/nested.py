"""What nested code takes from the body around it: the names that it reads at once, reads later, or binds."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

from memlint.facts.evaluation import (
    COMPREHENSIONS,
    Comprehension,
    Nested,
    comprehension_targets,
    defaults,
    parameters,
)

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

GLOBAL = "global "
"""Put before a name that nested code declares global: no scope in between can bind it."""


class Taken(NamedTuple):
    """Names of the body around nested code: read by it at all, read at any later time, bound by it."""

    read: set[str]
    later: set[str]
    bound: dict[str, set[ast.AST]]


def taken(nested: Nested, is_module: bool) -> Taken:
    scope = _Scope()
    if isinstance(nested.node, ast.expr) and not isinstance(nested.node, (ast.Lambda, ast.GeneratorExp)):
        scope.defer((nested.node,))
    else:
        scope.scan((nested.node,))

    def resolve(names: Iterable[str]) -> Iterator[tuple[str, str]]:
        for name in names:
            if not name.startswith(GLOBAL):
                if name not in nested.hidden:
                    yield name, name
            elif is_module:
                yield name, name.removeprefix(GLOBAL)

    later = {name for _, name in resolve(scope.later)}
    now = {name for _, name in resolve(scope.now)}
    bound: dict[str, set[ast.AST]] = {}
    for key, name in resolve(scope.rebound):
        bound.setdefault(name, set()).update(scope.rebound[key])
    return Taken(now | later, later, bound)


class _Scope:
    """The names that one scope reads and binds, and those that scopes inside it take from outside."""

    def __init__(self, owner: _Scope | None = None, is_deferred: bool = False) -> None:
        self.now: set[str] = set()
        self.later: set[str] = set()
        self.bound: dict[str, set[ast.AST]] = {}
        self.rebound: dict[str, set[ast.AST]] = {}
        """What code that runs later binds, of this scope or further out."""
        self.nonlocals: set[str] = set()
        self.globals: set[str] = set()
        self._owner = owner
        """The scope in which a walrus binds, if it is not this one: the function around a comprehension."""
        self._is_deferred = is_deferred

    def scan(self, roots: Iterable[ast.AST]) -> None:
        pending: list[Any] = list(roots)
        while pending:
            node = pending.pop()
            if isinstance(node, ast.Name):
                if isinstance(node.ctx, ast.Load):
                    self.now.add(node.id)
                else:
                    self._bind(node.id, node)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                pending += self._enter_function(node)
            elif isinstance(node, ast.ClassDef):
                pending += self._enter_class(node)
            elif isinstance(node, COMPREHENSIONS):
                pending += self._enter_comprehension(node)
            elif type(node).__name__ == "TypeAlias":
                self._bind(node.name.id, node.name)
                self.defer((node.value, *node.type_params))
            elif isinstance(node, ast.NamedExpr):
                self._bind_walrus(node.target)
                pending.append(node.value)
            else:
                self._note(node)
                pending += ast.iter_child_nodes(node)

    def defer(self, roots: Iterable[ast.AST]) -> None:
        """Takes in expressions that are evaluated here or at any later time, such as annotations."""
        inner = _Scope(self._owner or self, is_deferred=True)
        inner.scan(roots)
        self.later |= inner.now | inner.later
        self._pass_on(inner.rebound)

    def _bind(self, name: str, node: ast.AST) -> None:
        self.bound.setdefault(name, set()).add(node)

    def _bind_walrus(self, target: ast.Name) -> None:
        owner = self._owner or self
        owner._bind(target.id, target)
        if self._is_deferred:
            owner._pass_on({target.id: {target}})

    def _note(self, node: ast.AST) -> None:
        if isinstance(node, ast.Global):
            self.globals.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            self.nonlocals.update(node.names)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            self.now.add(node.target.id)
        elif isinstance(node, ast.alias):
            self._bind(node.asname or node.name.partition(".")[0], node)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            self._bind(node.name, node)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            self._bind(node.rest, node)

    def _outward(self, names: Iterable[str]) -> set[str]:
        return {GLOBAL + name if name in self.globals else name for name in names}

    def _pass_on(self, rebound: dict[str, set[ast.AST]]) -> None:
        for name, nodes in rebound.items():
            self.rebound.setdefault(name, set()).update(nodes)

    def _enter_function(self, node: Function) -> list[ast.expr]:
        inner = _Scope()
        if isinstance(node, ast.Lambda):
            inner.scan((node.body,))
        else:
            self._bind(node.name, node)
            self.defer([*getattr(node, "type_params", ()), *hints(node)])
            inner.scan(node.body)
        owned = {parameter.arg for parameter in parameters(node.args)}.union(inner.bound)
        owned -= inner.nonlocals | inner.globals
        self.later |= inner._outward((inner.now | inner.later) - owned)
        for name, nodes in chain(inner.bound.items(), inner.rebound.items()):
            if name not in owned:
                (outward,) = inner._outward((name,))
                self._pass_on({outward: nodes})
        return [*getattr(node, "decorator_list", ()), *defaults(node.args)]

    def _enter_class(self, node: ast.ClassDef) -> list[ast.expr]:
        """A class body reads at once; functions in it do not see what it binds, but what is further out."""
        inner = _Scope()
        inner.scan(node.body)
        self._bind(node.name, node)
        self.defer(getattr(node, "type_params", ()))
        self.now |= inner._outward(inner.now)
        self.later |= inner.later
        self._pass_on(inner.rebound)
        for name in inner.nonlocals.union(inner.globals).intersection(inner.bound):
            (outward,) = inner._outward((name,))
            self._pass_on({outward: inner.bound[name]})
        return [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]

    def _enter_comprehension(self, node: Comprehension) -> list[ast.expr]:
        is_lazy = isinstance(node, ast.GeneratorExp)
        inner = _Scope(self._owner or self, self._is_deferred or is_lazy)
        first = node.generators[0]
        inner.scan((node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,))
        inner.scan((first.target, *first.ifs, *node.generators[1:]))
        targets = comprehension_targets(node)
        (self.later if is_lazy else self.now).update(inner.now - targets)
        self.later |= inner.later - targets
        self._pass_on(inner.rebound)
        return [first.iter]


def hints(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    """The annotations of a function."""
    annotations = [parameter.annotation for parameter in parameters(node.args)]
    return [annotation for annotation in (*annotations, node.returns) if annotation is not None]
