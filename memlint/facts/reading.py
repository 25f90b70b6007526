"""What is done to a new object and to what it holds, level by level: read, changed, or handed on."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.escape import COMPREHENSIONS, changes
from memlint.facts.shapes import is_none
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

VIEWS = frozenset({"copy", "items", "keys", "values"})
"""Methods of containers whose result holds the same elements."""
GIVING = frozenset({"get", "pop", "popitem", "popleft", "setdefault"})
"""Methods of containers whose result is an element."""
MOST = 200
"""Expressions that are followed for one object."""
ENDS = (
    ast.Assert, ast.Compare, ast.Delete, ast.Expr, ast.FormattedValue, ast.If, ast.Slice, ast.UnaryOp, ast.While,
)  # fmt: skip
"""What looks at a value and gives it to nobody."""


class Deed(enum.Enum):
    """What a use does to the object, beyond reading it."""

    CHANGED = "changed"
    SET = "has an attribute set"
    LEFT = "handed on"
    UNKNOWN = "used by unknown code"


class Touch(NamedTuple):
    """A deed, the levels below the object where it is done, and the node that does it."""

    deed: Deed
    depth: int
    by: ast.AST


class Step(NamedTuple):
    """An expression whose value lies some levels below the object; above it, where that is below 0."""

    value: ast.expr
    depth: int


class Reading:
    """Follows the object that an expression makes through names, loops, items and attributes."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree
        self.names = facts.names

    def touches(self, made: ast.expr) -> Iterator[Touch]:
        """All that is done to the value of an expression, save reading it; what is too long to follow is unknown."""
        return (each for each in self.followed(made) if isinstance(each, Touch))

    def followed(self, made: ast.expr) -> Iterator[Step | Touch]:
        """The expressions that a value, or what it holds, is read by, and what is done there."""
        waiting = [Step(made, 0)]
        seen: set[Step] = set()
        while waiting:
            step = waiting.pop()
            if step in seen:
                continue
            seen.add(step)
            yield step
            if len(seen) > MOST or abs(step.depth) > MOST:
                yield Touch(Deed.UNKNOWN, 0, step.value)
                return
            for found in self.around(step):
                if isinstance(found, Step):
                    waiting.append(found)
                else:
                    yield found

    def around(self, step: Step) -> Iterator[Step | Touch]:
        """What the code right around an expression does with its value, and where it goes from there."""
        value, depth = step
        parent = self.tree.parents[value]
        if isinstance(parent, ast.Attribute):
            yield from self.attribute(parent, depth)
        elif isinstance(parent, ast.Subscript) and value is parent.value:
            yield from self.item(parent, depth)
        elif isinstance(parent, ast.Call):
            yield from self.argument(parent, step)
        elif isinstance(parent, ast.keyword):
            call = self.tree.parents[parent]
            inner = depth if parent.arg else depth + 1
            yield from self.argument(call, Step(value, inner)) if isinstance(call, ast.Call) else ()
        elif isinstance(parent, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and value is parent.value:
            for target in parent.targets if isinstance(parent, ast.Assign) else [parent.target]:
                yield from self.bound(target, step, parent)
            if isinstance(parent, ast.NamedExpr):
                yield Step(parent, depth)
        elif isinstance(parent, ast.AugAssign):
            deed = Touch(Deed.CHANGED, depth, parent)
            yield deed if value is parent.target else Touch(Deed.LEFT, depth + 1, parent)
        elif isinstance(parent, (ast.For, ast.AsyncFor, ast.comprehension)):
            if value is parent.iter:
                yield from self.bound(parent.target, Step(value, depth + 1), parent)
        elif isinstance(parent, (*COMPREHENSIONS, ast.List, ast.Tuple, ast.Set)):
            yield Step(parent, depth - 1)
        elif isinstance(parent, ast.Dict):
            is_spread = any(each is value and key is None for key, each in zip(parent.keys, parent.values, strict=True))
            yield Step(parent, depth if is_spread else depth - 1)
        elif isinstance(parent, ast.IfExp):
            yield from () if value is parent.test else (Step(parent, depth),)
        elif isinstance(parent, ast.BinOp):
            yield from () if isinstance(parent.op, ast.Mod) else (Step(parent, depth),)
        elif isinstance(parent, (ast.BoolOp, ast.Starred)):
            yield Step(parent, depth + isinstance(parent, ast.Starred))
        elif isinstance(parent, (ast.Return, ast.Yield, ast.YieldFrom, ast.Lambda)):
            yield Touch(Deed.LEFT, depth, parent)
        elif isinstance(parent, ast.Compare) and any(isinstance(each, (ast.Is, ast.IsNot)) for each in parent.ops):
            if not any(map(is_none, (parent.left, *parent.comparators))):
                yield Touch(Deed.UNKNOWN, depth, parent)
        elif not isinstance(parent, (*ENDS, ast.Subscript)):
            yield Touch(Deed.UNKNOWN, depth, parent)

    def attribute(self, attribute: ast.Attribute, depth: int) -> Iterator[Step | Touch]:
        call = self.tree.parents[attribute]
        if not isinstance(attribute.ctx, ast.Load):
            yield Touch(Deed.SET, depth, attribute)
        elif not isinstance(call, ast.Call) or call.func is not attribute:
            yield Touch(Deed.UNKNOWN, depth, attribute)
        elif attribute.attr in VIEWS:
            yield Step(call, depth)
        elif attribute.attr in GIVING or changes(attribute.attr):
            if changes(attribute.attr):
                yield Touch(Deed.CHANGED, depth, call)
            if attribute.attr in GIVING:
                yield Step(call, depth + 1)
        elif attribute.attr not in known("pure", "methods", "names"):
            yield Touch(Deed.UNKNOWN, depth, call)

    def item(self, subscript: ast.Subscript, depth: int) -> Iterator[Step | Touch]:
        outer = self.tree.parents[subscript]
        if isinstance(outer, ast.AugAssign) and subscript is outer.target:
            is_number = self.facts.kind(outer.value) in ("float", "int", "str")
            yield Touch(Deed.CHANGED, depth if is_number else depth + 1, outer)
        elif not isinstance(subscript.ctx, ast.Load):
            yield Touch(Deed.CHANGED, depth, subscript)
        else:
            yield Step(subscript, depth if isinstance(subscript.slice, ast.Slice) else depth + 1)

    def argument(self, call: ast.Call, step: Step) -> Iterator[Step | Touch]:
        """Where an argument goes; a `key` function is given every element of it."""
        called = self.names.qualified(call.func) or ""
        is_keyed = any(keyword.arg in (None, "cls", "default", "key") for keyword in call.keywords)
        if called in known("copies", "read", "by") and not is_keyed:
            return
        if called in known("copies", "read", "into"):
            yield Step(call, step.depth)
        elif called in known("copies", "read", "one_of"):
            yield Step(call, step.depth + 1)
        else:
            yield Touch(Deed.LEFT, step.depth, call)

    def bound(self, target: ast.expr, step: Step, by: ast.AST) -> Iterator[Step | Touch]:
        """The reads of the names that a value, or what it holds, is bound to."""
        if isinstance(target, ast.Starred):
            yield from self.bound(target.value, Step(step.value, step.depth - 1), by)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for each in target.elts:
                yield from self.bound(each, Step(step.value, step.depth + 1), by)
        elif not isinstance(target, ast.Name) or not self.is_own(target):
            yield Touch(Deed.LEFT, step.depth, by)
        else:
            for read in self.facts.elements.reads(target):
                if self.tree.function(read) is self.tree.function(target):
                    yield Step(read, step.depth)
                else:
                    yield Touch(Deed.LEFT, step.depth, read)

    def is_own(self, target: ast.Name) -> bool:
        """Whether a name is a variable of the function that binds it, and of no module or class."""
        binding = self.names.binding(target)
        owner = self.names.scope_of(target).owner
        if binding is None or binding.scope.owner is not owner or isinstance(binding.scope.node, ast.ClassDef):
            return False
        return binding.scope is not self.names.module
