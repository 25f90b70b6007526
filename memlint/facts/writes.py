"""What statements write to attributes of objects: values that they store, and what cuts what was stored before."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from memlint.facts.branches import walk
from memlint.facts.kinds import MUTABLE, Kinds
from memlint.facts.layout import Tree
from memlint.facts.names import DefinitionKind, Names
from memlint.facts.shapes import is_empty_display, is_none

CUTTING = frozenset({"clear", "discard", "pop", "popitem", "popleft", "remove"})
HOLDING = frozenset({"append", "appendleft", "add", "insert", "setdefault"})
"""Methods that hold the very object they are given; the other growing methods copy from it."""


class Write(NamedTuple):
    """A value put into an attribute, or into the container that it holds; a cut where there is no value."""

    attribute: ast.Attribute
    value: ast.expr | None
    inside: bool = False
    is_swap: bool = False
    """Whether the cut puts a part of another object in the place: an object may do so with its own attribute."""
    is_emptying: bool = False
    """Whether the cut calls a method of what the attribute holds, as `clear`: that empties containers alone."""


class Writes:
    """Reads statements for what they do to attributes."""

    def __init__(self, tree: Tree, names: Names) -> None:
        self.tree = tree
        self.names = names
        self.kinds = Kinds(tree, names)

    def of(self, statement: ast.stmt) -> Iterator[Write]:
        """The writes of one statement, nested statements apart."""
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            for target, value in pairs(targets_of(statement), statement.value):
                if isinstance(target, ast.Subscript):
                    yield from self._element(target, value)
                elif isinstance(target, ast.Attribute):
                    yield from self._attribute(statement, target, value)
        elif isinstance(statement, ast.Delete):
            for target in statement.targets:
                yield from cut_of(self.container(target) if isinstance(target, ast.Subscript) else target)
        for call in self.tree.calls.get(statement, ()):
            yield from self._call(call)

    def makes_container(self, value: ast.expr) -> bool:
        """Whether a value is, at least on one branch, a container made there: `given or []`."""
        if isinstance(value, ast.BoolOp):
            return any(self.makes_container(part) for part in value.values)
        if isinstance(value, ast.IfExp):
            return self.makes_container(value.body) or self.makes_container(value.orelse)
        if isinstance(value, ast.BinOp):
            return self.makes_container(value.left) or self.makes_container(value.right)
        return self.kinds.of(value) in MUTABLE

    def is_empty(self, value: ast.expr) -> bool:
        """Whether a value is an empty container, literal or made by a call without arguments."""
        if isinstance(value, ast.Call):
            return not value.args and not value.keywords and self.kinds.made(value) in MUTABLE
        return is_empty_display(value)

    def container(self, expression: ast.expr) -> ast.expr:
        """The attribute behind `self.x`, `self.x[k]`, `self.x[k][l]` and local names for them."""
        expression = self.aliased(expression)
        while isinstance(expression, ast.Subscript):
            expression = self.aliased(expression.value)
        return expression

    def aliased(self, expression: ast.expr) -> ast.expr:
        """The attribute that a local name stands for, bound once by `x = self.x` or `x = self.x = …`; else the
        expression."""
        binding = self.names.binding(expression) if isinstance(expression, ast.Name) else None
        sole = binding.sole if binding else None
        if sole is None or sole.kind is not DefinitionKind.ASSIGNMENT:
            return expression
        if isinstance(sole.value, ast.Attribute):
            return sole.value
        targets = targets_of(sole.statement) if isinstance(sole.statement, ast.Assign) else []
        return next((target for target in targets if isinstance(target, ast.Attribute)), expression)

    def _element(self, target: ast.Subscript, value: ast.expr) -> Iterator[Write]:
        """`self.x[key] = value` stores, `self.x[key] = None` and `self.x[:] = []` cut."""
        attribute = self.container(target)
        if is_none(value) or (isinstance(target.slice, ast.Slice) and is_empty_display(value)):
            yield from cut_of(attribute)
        elif isinstance(attribute, ast.Attribute) and self.aliased(target.value) is attribute:
            yield Write(attribute, value, inside=True)

    def _attribute(self, statement: ast.stmt, target: ast.Attribute, value: ast.expr) -> Iterator[Write]:
        """`self.x = value` stores; it cuts as well where the value, or the place, says that it only takes the place."""
        is_swap = isinstance(value, ast.Attribute) and ast.dump(value.value) != ast.dump(target.value)
        if is_swap or self._replaces(statement, target, value):
            yield Write(target, None, is_swap=is_swap)
        if not is_none(value):
            yield Write(target, value)

    def _replaces(self, statement: ast.stmt, target: ast.Attribute, value: ast.expr) -> bool:
        """Whether an assignment lets go of what an attribute holds: it stores a constant, an empty container or the
        former value, or stands in a `finally`."""
        if isinstance(value, ast.Constant) or target.attr == "__dict__":
            return True
        if self.is_empty(value):
            return not is_first_use(self.tree.parents[statement], target.attr)
        former = self.aliased(value) if isinstance(value, ast.Name) else value
        if former is not value and ast.dump(former) == ast.dump(target).replace("Store()", "Load()"):
            return True
        inner: ast.AST = statement
        for outer in self.tree.ancestors(statement):
            if isinstance(outer, ast.Try) and inner in outer.finalbody:
                return True
            inner = outer
        return False

    def _call(self, call: ast.Call) -> Iterator[Write]:
        """`self.x.append(value)` stores; `self.x.clear()`, `delattr(self, …)` and `setattr(self, …, None)` cut."""
        function = call.func
        if isinstance(function, ast.Name) and call.args:
            yield from self._named(call)
        elif isinstance(function, ast.Attribute) and function.attr in CUTTING:
            emptied = self.container(function.value)
            if isinstance(emptied, ast.Attribute):
                yield Write(emptied, None, is_emptying=function.value is emptied)
        elif isinstance(function, ast.Attribute) and function.attr in HOLDING and call.args:
            attribute = self.aliased(function.value)
            if isinstance(attribute, ast.Attribute):
                yield Write(attribute, call.args[-1], inside=True)

    def _named(self, call: ast.Call) -> Iterator[Write]:
        """The cut that `delattr` or `setattr` makes: of the attribute that a constant names, else of any."""
        called = self.names.qualified(call.func)
        if called == "builtins.delattr" or (called == "builtins.setattr" and is_none(call.args[-1])):
            is_named = len(call.args) > 1 and isinstance(call.args[1], ast.Constant)
            name = str(call.args[1].value) if is_named else "__dict__"  # type: ignore[attr-defined]
            yield Write(ast.Attribute(call.args[0], name, ast.Store()), None)


def cut_of(target: ast.expr) -> Iterator[Write]:
    if isinstance(target, ast.Attribute):
        yield Write(target, None)


def pairs(targets: Iterable[ast.expr], value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Each single target of an assignment with the value that it gets, where that can be told."""
    for target in targets:
        if not isinstance(target, (ast.Tuple, ast.List)):
            yield target, value
        elif isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
            for part, item in zip(target.elts, value.elts, strict=True):
                yield from pairs([part], item)


def targets_of(assignment: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return assignment.targets if isinstance(assignment, ast.Assign) else [assignment.target]


def is_attribute(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name


def is_first_use(condition: ast.AST, attribute: str) -> bool:
    """Whether a condition lets its body make what an attribute does not hold yet: `not self.x`, `self.x is None`."""
    test = condition.test if isinstance(condition, ast.If) else None
    if not isinstance(test, ast.UnaryOp) and not (isinstance(test, ast.Compare) and is_none(test.comparators[-1])):
        return False
    return any(
        is_attribute(node, attribute) or (isinstance(node, ast.Constant) and node.value == attribute)
        for node in walk(test)
    )
