"""What functions of this file give, what attributes of its instances hold, and what tests say of a name."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from memlint.facts.layout import FUNCTIONS
from memlint.facts.names import Binding, DefinitionKind

if TYPE_CHECKING:
    from memlint.facts import Facts
    from memlint.facts.classes import ClassModel
    from memlint.facts.kinds import Kinds

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

NEUTRAL = frozenset(
    {"builtins.classmethod", "builtins.staticmethod", "functools.cache", "functools.lru_cache", "typing.final"}
)
"""Decorators that leave what a function gives as it is."""
PROPERTIES = frozenset({"builtins.property", "functools.cached_property"})


class Results:
    """The part of the kinds that asks for functions and classes of the file."""

    def __init__(self, kinds: Kinds, facts: Facts) -> None:
        self.kinds = kinds
        self.facts = facts
        self.names = facts.names

    def of(self, call: ast.Call, awaited: bool = False) -> str | None:
        """The kind of what a call of a function, method or class of this file gives."""
        if isinstance(call.func, ast.Name):
            if self.kinds.annotations.class_of(call.func):
                return None if awaited else self.kinds.annotations.kind(call.func)
            binding = self.names.binding(call.func)
            made = binding.sole.node if binding and binding.sole else None
            return self.given(made, awaited) if isinstance(made, Function) else None
        if not isinstance(call.func, ast.Attribute):
            return None
        method = self.method(call.func)
        return self.given(method, awaited) if method else None

    def given(self, function: Function, awaited: bool = False) -> str | None:
        """The kind of what a function gives: by what it is, by its annotation, by all that it returns."""
        decorators = (each.func if isinstance(each, ast.Call) else each for each in function.decorator_list)
        if any(self.names.qualified(each) not in NEUTRAL for each in decorators):
            return None
        return self.plain(function, awaited)

    def plain(self, function: Function, awaited: bool = False) -> str | None:
        own = list(own_nodes(function))
        is_async = isinstance(function, ast.AsyncFunctionDef)
        if any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in own):
            return None if awaited else "async generator" if is_async else "generator"
        if is_async and not awaited:
            return "coroutine"
        if awaited and not is_async:
            return None
        if function.returns:
            return self.kinds.annotations.kind(function.returns)
        if not ends(function.body):
            return None
        returned = [node.value for node in own if isinstance(node, ast.Return)]
        return self.kinds.once(function, lambda: self.kinds.agreed(self.kinds.of(value) for value in returned))

    def model(self, value: ast.expr) -> ClassModel | None:
        """The class of this file that a value is an instance of, or is."""
        classes = self.facts.classes
        if found := classes.instance(value):
            return found
        if not isinstance(value, (ast.Name, ast.Attribute, ast.Call)):
            return None
        node = self.kinds.annotations.class_of(value) or self.class_parameter(value)
        if node is None and (self.kinds.of(value) or "").startswith("instance of "):
            node = self.class_named((self.kinds.of(value) or "").removeprefix("instance of "))
        return classes.models.get(node) if node else None

    def class_parameter(self, value: ast.expr) -> ast.ClassDef | None:
        """The class that the first parameter of a class method is."""
        binding = self.names.binding(value) if isinstance(value, ast.Name) else None
        method = binding.scope.node if binding and binding.sole else None
        if (
            not isinstance(method, Function)
            or not binding
            or not binding.sole
            or not isinstance(binding.sole.node, ast.arg)
        ):
            return None
        around = self.facts.tree.parents[method]
        first = [*method.args.posonlyargs, *method.args.args][:1]
        is_class = any(self.names.qualified(each) == "builtins.classmethod" for each in method.decorator_list)
        return around if is_class and binding.sole.node in first and isinstance(around, ast.ClassDef) else None

    def class_named(self, name: str) -> ast.ClassDef | None:
        """The only class of this file with that name."""
        found = [node for node in self.facts.classes.models if node.name == name]
        return found[0] if len(found) == 1 else None

    def method(self, function: ast.Attribute) -> Function | None:
        """The method that an attribute of an instance or class of this file is, no property."""
        model = self.model(function.value)
        if model is None or any(
            store.attribute == function.attr for each in model.local_lineage() for store in each.stores
        ):
            return None
        return next(
            (each.methods[function.attr] for each in model.local_lineage() if function.attr in each.methods), None
        )

    def attribute(self, attribute: ast.Attribute) -> str | None:
        """The kind of all that the class of an instance stores in an attribute, None apart; or of its methods."""
        model = self.model(attribute.value)
        return (
            self.kinds.once((model, attribute.attr), lambda: self._attribute(model, attribute.attr)) if model else None
        )

    def _attribute(self, model: ClassModel, name: str) -> str | None:
        method = next((each.methods[name] for each in model.local_lineage() if name in each.methods), None)
        if method:
            decorators = {self.names.qualified(each) for each in method.decorator_list}
            if len(method.decorator_list) == 1 and decorators <= PROPERTIES:
                return self.plain(method)
            if decorators <= {"builtins.classmethod"}:
                return "bound method"
            return "function" if decorators == {"builtins.staticmethod"} else None
        if model.intercepts(name) and not any(model.stores_of(name)):
            return None
        return self.stored_kind(model, name)

    def stored_kind(self, model: ClassModel, name: str) -> str | None:
        """The kind of all that goes into an attribute, None apart."""
        return self.kinds.agreed(kind for kind in self.stored(model, name) if kind != "NoneType")

    def stored(self, model: ClassModel, name: str) -> Iterator[str | None]:
        """The kinds of what the class and its bases put into an attribute, in the class body or in methods."""
        for each in model.local_lineage():
            for store in each.stores_of(name):
                kind = self.kinds.of(store.value)
                if kind is None and isinstance(store.by, ast.AnnAssign):
                    kind = self.kinds.annotations.kind(store.by.annotation)
                yield kind
            binding = self.names.inner(each.node).bindings.get(name)
            for made in binding.definitions if binding else ():
                if made.kind is DefinitionKind.ANNOTATION and isinstance(made.statement, ast.AnnAssign):
                    yield self.kinds.annotations.kind(made.statement.annotation)
                elif made.kind is not DefinitionKind.DELETE:
                    yield self.kinds.of_definition(made)

    def narrowed(self, name: ast.Name, binding: Binding) -> str | None:
        """The kind that a test around or before a name says that it has: `isinstance(x, C)`."""
        tests = [use for use in binding.uses if self.is_tested(use)]
        if not tests:
            return None
        inner: ast.AST = name
        for outer in self.facts.tree.ancestors(name):
            kind = None
            if isinstance(outer, (ast.If, ast.While, ast.IfExp)) and inner is not outer.test:
                body = outer.body if isinstance(outer.body, list) else [outer.body]
                kind = self.said(outer.test, name, inner in body)
            elif isinstance(outer, ast.BoolOp) and isinstance(inner, ast.expr) and inner in outer.values:
                before = outer.values[: outer.values.index(inner)]
                kind = next((k for each in before if (k := self.said(each, name, isinstance(outer.op, ast.And)))), None)
            if kind is None and isinstance(inner, ast.stmt):
                kind = self.said_before(inner, outer, name, binding)
            elif kind and self.is_rebound(binding, outer, name):
                return None
            if kind or isinstance(outer, FUNCTIONS):
                return kind
            inner = outer
        return None

    def is_tested(self, use: ast.Name) -> bool:
        call = self.facts.tree.parents[use]
        return isinstance(call, ast.Call) and self.names.qualified(call.func) == "builtins.isinstance"

    def said_before(self, statement: ast.stmt, outer: ast.AST, name: ast.Name, binding: Binding) -> str | None:
        """What the statements in front of one in its block say: those that leave where the test fails."""
        block = next((each for _, each in ast.iter_fields(outer) if isinstance(each, list) and statement in each), [])
        for earlier in reversed(block[: block.index(statement)] if block else []):
            kind = None
            if isinstance(earlier, ast.Assert):
                kind = self.said(earlier.test, name, True)
            elif isinstance(earlier, ast.If) and leaves(earlier.body) and not earlier.orelse:
                kind = self.said(earlier.test, name, False)
            if kind:
                return None if self.is_rebound(binding, earlier, name) else kind
        return None

    def is_rebound(self, binding: Binding, since: ast.AST, name: ast.Name) -> bool:
        """Whether a name is bound, or may be, between a test and its use."""
        first, last = getattr(since, "lineno", 0), max(getattr(since, "end_lineno", 0), name.lineno)
        return any(first <= getattr(made.node, "lineno", 0) <= last for made in binding.definitions)

    def said(self, test: ast.expr, name: ast.Name, outcome: bool) -> str | None:
        """The kind that a name has where a test came out so."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            return self.said(test.operand, name, not outcome)
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And if outcome else ast.Or):
            return next((kind for each in test.values if (kind := self.said(each, name, outcome))), None)
        if not outcome or not isinstance(test, ast.Call) or len(test.args) != 2:
            return None
        subject, said = test.args
        is_about = isinstance(subject, ast.Name) and subject.id == name.id
        if not is_about or self.names.qualified(test.func) != "builtins.isinstance":
            return None
        listed = said.elts if isinstance(said, ast.Tuple) else [said]
        return self.kinds.agreed(self.kinds.annotations.kind(each) for each in listed)


def own_nodes(function: Function) -> Iterator[ast.AST]:
    """The nodes of a function's own body, nested functions and classes apart."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            waiting += ast.iter_child_nodes(node)


def ends(block: Iterable[ast.stmt]) -> bool:
    """Whether a block always leaves the function by `return` or `raise`."""
    *_, last = block
    if isinstance(last, ast.If):
        return ends(last.body) and bool(last.orelse) and ends(last.orelse)
    if isinstance(last, (ast.With, ast.AsyncWith)):
        return ends(last.body)
    if isinstance(last, ast.Try):
        return ends(last.orelse or last.body) and all(ends(handler.body) for handler in last.handlers)
    return isinstance(last, (ast.Return, ast.Raise))


def leaves(block: list[ast.stmt]) -> bool:
    """Whether a block ends by a jump."""
    return isinstance(block[-1], (ast.Return, ast.Raise, ast.Continue, ast.Break))
