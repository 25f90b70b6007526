"""What shows that a loop joins few parts, or that somebody has set a limit to them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.names import DefinitionKind
from memlint.facts.rebuilding import Loop, Place
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

SHRINKING = (ast.FloorDiv, ast.RShift, ast.Sub)
WRAPPERS = ("enumerate", "iter", "list", "reversed", "sorted", "tuple")


class FewParts:
    """Looks for the signs that a copy in each turn is a small matter, though nothing says how many turns there are."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree
        self.rebuilding = facts.rebuilding

    def are_likely(self, statement: ast.stmt, place: Place, kind: str, loops: list[Loop]) -> bool:
        """Whether the parts are few as such things go, or no more than somebody has allowed."""
        if any(self.is_chosen(loop) or self.is_measured(loop, place) for loop in loops):
            return True
        if kind == "str":
            return not any(isinstance(each, ast.For) and self.facts.kind(each.iter) == "text file" for each in loops)
        if kind in ("dict", "frozenset", "list", "set", "tuple"):
            return isinstance(loops[0], ast.While)
        if kind != "bytes":
            return False
        around = self.rebuilding.loops(statement)
        return any(self.is_digits(loop, statement) for loop in loops) or any(map(self.is_of_the_known, around))

    def is_chosen(self, loop: Loop) -> bool:
        """Whether a loop runs over what somebody has selected by hand."""
        over = loop.iter if not isinstance(loop, ast.While) else None
        words = {*getattr(over, "attr", getattr(over, "id", "")).lower().split("_")}
        return bool(words & known("streams", "few", "chosen"))

    def is_measured(self, loop: Loop, place: Place) -> bool:
        """Whether a loop ends, or complains, by how much there is already, or counts down what is missing."""
        if isinstance(loop, ast.While):
            for test in conjuncts(loop.test):
                if self.has_length(test, place) or self.counts_down(loop, test):
                    return True
        tests = (node.test for node in walk(loop) if isinstance(node, ast.If) and leaves(node.body))
        return any(isinstance(each, ast.Compare) and self.has_length(each, place) for each in tests)

    def has_length(self, test: ast.expr, place: Place) -> bool:
        """Whether a comparison takes the length of a value: `len(x) < n`, `x.shape[0] + n > MOST`."""
        measured: list[ast.expr] = []
        for node in walk(test) if isinstance(test, ast.Compare) else ():
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "len":
                measured += node.args
            if isinstance(node, ast.Attribute) and node.attr in known("streams", "told", "attributes"):
                measured.append(node.value)
        return any(self.rebuilding.is_same(each, place) for each in measured)

    def counts_down(self, loop: ast.While, test: ast.expr) -> bool:
        """Whether a loop turns while a number, which it makes smaller, is more than nothing: `while n > 0: n >>= 8`."""
        counted = test.left if isinstance(test, ast.Compare) else test
        return isinstance(counted, ast.Name) and any(self.shrinking(loop, counted.id))

    def shrinking(self, loop: Loop, name: str) -> Iterator[ast.stmt]:
        """The statements of a loop that take something away from a number."""
        for node in walk(loop):
            if isinstance(node, ast.AugAssign) and getattr(node.target, "id", "") == name:
                if isinstance(node.op, SHRINKING):
                    yield node
            elif isinstance(node, ast.Assign) and [getattr(each, "id", "") for each in node.targets] == [name]:
                value = node.value if isinstance(node.value, ast.BinOp) else None
                if value and isinstance(value.op, SHRINKING) and getattr(value.left, "id", "") == name:
                    yield node

    def is_digits(self, loop: Loop, statement: ast.stmt) -> bool:
        """Whether a loop takes one byte at a time, up to a mark: what is written like that is a number or a name."""
        added = {node.id for node in walk(statement) if isinstance(node, ast.Name)}
        for node in walk(loop):
            left = node.left if isinstance(node, ast.Compare) else None
            named = left.target if isinstance(left, ast.NamedExpr) else left
            if isinstance(named, ast.Name) and named.id in added and isinstance(node, ast.Compare):
                mark = node.comparators[0]
                if isinstance(mark, ast.Constant) and isinstance(mark.value, bytes) and len(mark.value) == 1:
                    return True
        return False

    def is_of_the_known(self, loop: Loop) -> bool:
        """Whether a loop runs over the view of a dictionary, or over a list that the function has made itself."""
        if isinstance(loop, ast.While):
            return False
        over = loop.iter
        while isinstance(over, ast.Call) and getattr(over.func, "id", "") in WRAPPERS and over.args:
            over = over.args[0]
        function = over.func if isinstance(over, ast.Call) else None
        if isinstance(function, ast.Attribute) and function.attr in known("streams", "few", "views"):
            return True
        binding = self.facts.names.binding(over) if isinstance(over, ast.Name) else None
        sole = binding.sole if binding else None
        return sole is not None and sole.kind is DefinitionKind.ASSIGNMENT and isinstance(sole.value, ast.List)


def conjuncts(test: ast.expr) -> Iterator[ast.expr]:
    """The conditions that must all hold for a loop to go on."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for each in test.values:
            yield from conjuncts(each)
    else:
        yield test


def leaves(block: list[ast.stmt]) -> bool:
    """Whether a block ends the loop."""
    return isinstance(block[-1], (ast.Break, ast.Raise, ast.Return))
