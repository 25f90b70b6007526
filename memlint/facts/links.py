"""What a value holds on to: the parts of an expression that live for as long as its value does."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

from memlint.facts.branches import walk
from memlint.facts.layout import Tree
from memlint.facts.names import Binding, Definition, DefinitionKind, Names
from memlint.knowledge import names as known

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
CONTAINERS = (ast.List, ast.Tuple, ast.Set, ast.Dict, ast.ListComp, ast.SetComp, ast.DictComp)
AFTER = "callback_after_referent"
COPYING = frozenset(
    {"builtins.dict", "builtins.frozenset", "builtins.list", "builtins.set", "builtins.tuple", "collections.deque"}
)
"""Calls that hold what the display that they are given holds."""


class Held(NamedTuple):
    """An expression whose value is held, and the qualified name of the call that holds it, empty for a plain value or
    a display."""

    value: ast.expr
    holder: str


class Links:
    """Strong references that one expression's value keeps."""

    def __init__(self, tree: Tree, names: Names) -> None:
        self.tree = tree
        self.names = names

    def held(self, value: ast.expr, holder: str = "") -> Iterator[Held]:
        """The values that an expression's value certainly or on some branch holds: itself, what its displays and
        comprehensions contain, also where a name is bound to one of them alone, and what a call that is known to keep
        its arguments was given."""
        yield from self._held(value, holder, frozenset())

    def _held(self, value: ast.expr, holder: str, followed: frozenset[Binding]) -> Iterator[Held]:
        if isinstance(value, ast.Name):
            yield Held(value, holder)
            binding = self.names.binding(value)
            if binding is not None and binding not in followed and (made := self._made(binding)) is not None:
                yield from self._held(made, holder, followed | {binding})
        elif isinstance(value, ast.Call):
            keeper = self.names.qualified(value.func) or ""
            names = keeper in known("calls", "keep", "callback")
            yield Held(value, holder)
            for part in self._kept(value, keeper):
                yield from self._held(part, keeper if names else holder, followed)
        elif (parts := contents(value)) is not None:
            for part in parts:
                yield from self._held(part, holder, followed)
        else:
            yield Held(value, holder)

    def _made(self, binding: Binding) -> ast.expr | None:
        """The container, or the call, whose value is all that a local name is ever bound to."""
        sole = binding.sole
        if sole is None or sole.kind is not DefinitionKind.ASSIGNMENT or sole.value is None:
            return None
        is_container = isinstance(sole.value, CONTAINERS)
        return sole.value if is_container or isinstance(sole.value, ast.Call) else None

    def _kept(self, call: ast.Call, keeper: str) -> list[ast.expr]:
        """The arguments that the value of a call keeps."""
        arguments = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg is not None)]
        if keeper in known("calls", "keep", "callback"):
            return arguments
        if keeper in known("calls", "keep", AFTER):
            return call.args[1:]
        if keeper == "typing.cast":
            return call.args[1:]
        if keeper in COPYING:
            return [*(part for part in call.args[:1] if isinstance(part, CONTAINERS)), *arguments[len(call.args) :]]
        return []

    def function(self, value: ast.expr) -> ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The lambda, or the undecorated nested function, that an expression evaluates to."""
        if isinstance(value, ast.Lambda):
            return value
        binding = self.names.binding(value) if isinstance(value, ast.Name) else None
        sole: Definition | None = binding.sole if binding else None
        if sole is None:
            return self._just_bound(value, binding) if binding else None
        if isinstance(sole.node, (ast.FunctionDef, ast.AsyncFunctionDef)) and self._is_bare(sole.node):
            return sole.node
        if sole.kind is DefinitionKind.ASSIGNMENT and isinstance(sole.value, ast.Lambda):
            return sole.value
        return None

    def _just_bound(self, value: ast.expr, binding: Binding) -> ast.Lambda | None:
        """The lambda that the statement right before binds a name to, whatever else does."""
        statement = self.tree.statement(value)
        if statement is None:
            return None
        blocks = (block for _, block in ast.iter_fields(self.tree.parents[statement]) if isinstance(block, list))
        block: list[ast.stmt] = next((each for each in blocks if statement in each[1:]), [])
        before = block[block.index(statement) - 1] if block else None
        if not isinstance(before, ast.Assign) or not isinstance(before.value, ast.Lambda) or len(before.targets) != 1:
            return None
        target = before.targets[0]
        return before.value if isinstance(target, ast.Name) and self.names.binding(target) is binding else None

    def holding_function(
        self, value: ast.expr, subject: Binding
    ) -> ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The function that a value is or holds which itself holds a variable's object: in a cell, or as a default."""
        for held, _ in self.held(value):
            function = self.function(held)
            if function is None:
                continue
            defaults = [each for each in self.defaults(function) if isinstance(each, ast.Name)]
            if subject in self.captured(function) or subject in map(self.names.binding, defaults):
                return function
        return None

    def about_itself(self, call: ast.Call) -> tuple[ast.Name, ast.expr, Binding] | None:
        """The local variable whose object, or a weak reference to it, keeps a callback from a call on which holds that
        very object; with the callback."""
        if isinstance(call.func, ast.Attribute) and call.func.attr == "add_done_callback" and call.args:
            subject, callback = call.func.value, call.args[0]
        elif len(call.args) == 2 and self.names.qualified(call.func) in known("calls", "keep", AFTER):
            subject, callback = call.args
        else:
            return None
        binding = self.names.binding(subject) if isinstance(subject, ast.Name) else None
        if binding is None or binding.sole is None or not isinstance(subject, ast.Name):
            return None
        held = [each.value for each in self.held(callback)]
        held += [each.value for each in held if isinstance(each, ast.Attribute)]
        if any(isinstance(each, ast.Name) and self.names.binding(each) is binding for each in held):
            return subject, callback, binding
        return (subject, callback, binding) if self.holding_function(callback, binding) else None

    def _is_bare(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Whether a function's name is bound to the function itself, decorators notwithstanding."""
        return all(
            isinstance(decorator, ast.Call) and self.names.qualified(decorator.func) == "functools.wraps"
            for decorator in function.decorator_list
        )

    def captured(self, function: ast.AST) -> set[Binding]:
        """The local variables of enclosing functions that a function holds in its cells, also through functions that it
        calls from there."""
        reached: set[Binding] = set()
        waiting = [function]
        while waiting:
            found = self.cells(waiting.pop()) - reached
            reached |= found
            waiting += [
                binding.sole.node
                for binding in found
                if binding.sole and isinstance(binding.sole.node, FUNCTIONS) and self._is_bare(binding.sole.node)
            ]
        return reached

    def cells(self, function: ast.AST) -> set[Binding]:
        """The local variables of enclosing functions that a function itself uses."""
        captured: set[Binding] = set()
        own = set(walk(function))
        for node in own:
            binding = self.names.binding(node) if isinstance(node, ast.Name) else None
            if binding is None or binding.scope.owner.node in own or binding.scope.owner is self.names.module:
                continue
            if isinstance(node, ast.Name) and self.runs_inside(node, function):
                captured.add(binding)
        return captured

    def runs_inside(self, node: ast.AST, function: ast.AST) -> bool:
        """Whether a node is evaluated by a call of the function, not when it is defined, as its defaults are."""
        inner = node
        for outer in self.tree.ancestors(node):
            if outer is function:
                body = function.body if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) else []
                return inner in body if body else inner is getattr(function, "body", None)
            inner = outer
        return False

    def defaults(self, function: ast.AST) -> list[ast.expr]:
        """The values that a function keeps for its parameters."""
        if not isinstance(function, (*FUNCTIONS, ast.Lambda)):
            return []
        return [value for value in (*function.args.defaults, *function.args.kw_defaults) if value is not None]


def contents(value: ast.expr) -> list[ast.expr] | None:
    """The parts of an expression that its value holds or, on some branch, is; None where it is no such expression."""
    if isinstance(value, ast.IfExp):
        return [value.body, value.orelse]
    if isinstance(value, ast.BoolOp):
        return value.values if isinstance(value.op, ast.Or) else value.values[-1:]
    if isinstance(value, ast.NamedExpr):
        return [value.value]
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        return [side for side in (value.left, value.right) if isinstance(side, (ast.List, ast.Tuple, ast.BinOp))]
    if isinstance(value, (ast.List, ast.Tuple, ast.Set)):
        return value.elts
    if isinstance(value, ast.Dict):
        return [part for key, item in zip(value.keys, value.values, strict=True) if key for part in (key, item)]
    if isinstance(value, (ast.ListComp, ast.SetComp)):
        return [value.elt]
    if isinstance(value, ast.DictComp):
        return [value.key, value.value]
    return None
