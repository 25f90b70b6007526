"""What loops take from the front of a sequence, turn after turn, and so move or copy all the rest."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.rebuilding import ENDS, Loop, Place
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts


FEW = 8
"""Items of a list that are taken at a time where it is used up item by item."""


READERS = frozenset({"getvalue", "read", "read_text", "recv"})


class Front(NamedTuple):
    """What a loop shortens or lengthens at its front, of which kind it is."""

    place: Place
    kind: str
    loop: Loop
    is_long: bool = True
    """Whether a list is long for certain, or as long as what it is made of; other queues hold a handful, mostly."""


class Fronts:
    """Finds `x = x[n:]`, `x.pop(0)`, `x.insert(0, y)` and `del x[0]` in long loops."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree
        self.names = facts.names
        self.rebuilding = facts.rebuilding

    def advanced(self, statement: ast.Assign, kinds: frozenset[str]) -> Front | None:
        """What a statement binds to its own rest in each turn of a long loop, if it is of one of the kinds."""
        place = self.rest(statement)
        if place is None or (kind := self.rebuilding.starting_kind(place)) not in kinds or kind is None:
            return None
        if kind == "list" and not self.is_slow(statement.value):
            return None
        if kind == "str" and not self.is_read(place):
            return None
        loops = self.rebuilding.carriers(statement, place, is_growing=kind == "list")
        if not loops or not self.rebuilding.is_long(loops) or self.facts.loops.is_compiled(statement):
            return None
        is_wanted = kind != "list" or self.is_queue(loops, place)
        return Front(place, kind, loops[-1], self.is_sequence(place)) if is_wanted else None

    def is_pending(self, statement: ast.Assign, front: Front) -> bool:
        """Whether what is cut is a buffer of little more than was received last: filled anew by `async for`, or kept
        below a limit."""
        for outer in self.tree.ancestors(statement):
            filled = [node.target for node in walk(outer) if isinstance(node, ast.AugAssign)]
            is_filled = any(self.rebuilding.is_same(each, front.place) for each in filled)
            if isinstance(outer, ast.AsyncFor) and is_filled:
                return True
            if isinstance(outer, (ast.For, ast.While)) and is_filled and any(self.is_cut(outer, front.place)):
                return True
        return False

    def is_cut(self, loop: ast.AST, place: Place) -> Iterator[bool]:
        """Whether a loop keeps no more than so many of the last of something: `x = x[-n:]`."""
        for node in walk(loop):
            cut = node.value.slice if isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript) else None
            if isinstance(cut, ast.Slice) and isinstance(cut.lower, ast.UnaryOp) and cut.upper is None:
                yield isinstance(node, ast.Assign) and self.rebuilding.is_same(node.targets[0], place)

    def is_queue(self, loops: list[Loop], place: Place) -> bool:
        """Whether a loop works off a list that it fills as well, or that may be long; one that it sorts is none."""
        drain = next((loop for loop in loops if self.is_drained(loop, place)), None)
        if drain is None or any(self.is_sorted(node, place) for node in walk(drain)):
            return False
        return self.is_filled(drain, place) or self.is_large(place)

    def is_sorted(self, node: ast.AST, place: Place) -> bool:
        return isinstance(node, ast.Attribute) and node.attr == "sort" and self.rebuilding.is_same(node.value, place)

    def is_read(self, place: Place) -> bool:
        """Whether a text is one that was read, all of a file or of what came; others are mostly short."""
        values = self.rebuilding.values(place)
        calls = [value.func for value in values if isinstance(value, ast.Call)]
        is_all = bool(values) and len(calls) == len(values)
        return is_all and all(isinstance(call, ast.Attribute) and call.attr in READERS for call in calls)

    def is_slow(self, value: ast.expr) -> bool:
        """Whether a slice leaves out but a few items, so that it takes many to get to the end."""
        cuts = (part for part in walk(value) if isinstance(part, ast.Slice) and part.lower and not part.upper)
        steps = [self.facts.sizes.number(cut.lower) for cut in cuts if cut.lower]
        return any(step is not None and step <= FEW for step in steps)

    def rest(self, statement: ast.Assign) -> Place | None:
        """The variable that gets its own value without the first so many items."""
        target, value = statement.targets[0], statement.value
        if len(statement.targets) > 1:
            return None
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
            pairs = zip(target.elts, value.elts, strict=True)
            return next((place for each, given in pairs if (place := self.cut(each, given))), None)
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            place = self.rebuilding.place(target.elts[-1])
            is_own = place is not None and self.rebuilding.is_same(value.func.value, place)
            return place if is_own and self.is_split(value, value.func.attr) else None
        return self.cut(target, value)

    def cut(self, target: ast.expr, value: ast.expr) -> Place | None:
        """The variable of `x = x[n:]`; `x = x[-n:]` keeps an end of fixed length."""
        place = self.rebuilding.place(target)
        if place is None or not isinstance(value, ast.Subscript) or not isinstance(value.slice, ast.Slice):
            return None
        lower, upper, step = value.slice.lower, value.slice.upper, value.slice.step
        if lower is None or upper or step or isinstance(lower, ast.UnaryOp):
            return None
        return place if self.rebuilding.is_same(value.value, place) else None

    def is_split(self, call: ast.Call, method: str) -> bool:
        """Whether a call cuts a text in two at the first of some separator."""
        if method == "partition":
            return True
        limits = [*call.args[1:], *(keyword.value for keyword in call.keywords if keyword.arg == "maxsplit")]
        return method == "split" and any(self.facts.sizes.number(limit) == 1 for limit in limits)

    def shifted(self, node: ast.Call | ast.Delete) -> Front | None:
        """The list of which a call or a deletion in a long loop moves all items by one place."""
        changed = shifted(node)
        place = self.rebuilding.place(changed) if changed else None
        statement = self.tree.statement(node)
        if place is None or statement is None:
            return None
        if self.rebuilding.starting_kind(place) != "list" and not self.is_large(place):
            return None
        loops = self.rebuilding.carriers(statement, place, is_growing=True)
        if not loops or not self.rebuilding.is_long(loops) or self.is_window(node, place, loops[-1]):
            return None
        if self.facts.loops.is_compiled(node):
            return None
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "insert":
            reads = self.rebuilding.reads(loops[-1], place, statement)
            is_many = isinstance(loops[0], ast.For) and self.facts.accumulation.is_certain(loops, "list")
            is_queue = is_many and not any(True for _ in reads)
            return Front(place, "list", loops[-1], is_long=False) if is_queue else None
        is_long = self.is_sequence(place) and not any(map(is_cut_off, walk(loops[-1])))
        return Front(place, "list", loops[-1], is_long) if self.is_queue(loops, place) else None

    def is_window(self, node: ast.AST, place: Place, loop: Loop) -> bool:
        """Whether a test of the length keeps what is shortened short."""
        for outer in self.tree.ancestors(node):
            tests = list(walk(outer.test)) if isinstance(outer, (ast.If, ast.While)) else []
            if any(isinstance(test, ast.Compare) and self.is_limit(test, place) for test in tests):
                return True
            if outer is loop:
                return False
        return False

    def is_limit(self, test: ast.Compare, place: Place) -> bool:
        """Whether a comparison is of a length with more than nothing."""
        if not isinstance(test.left, ast.Call) or not isinstance(test.ops[0], (ast.Gt, ast.GtE, ast.Eq)):
            return False
        least = self.facts.sizes.number(test.comparators[0])
        is_length = any(self.rebuilding.is_same(part, place) for part in test.left.args)
        return is_length and (least is None or least > isinstance(test.ops[0], ast.GtE))

    def is_drained(self, loop: Loop, place: Place) -> bool:
        """Whether a loop goes on until nothing is left, whatever comes first."""
        if not isinstance(loop, ast.While):
            return False
        tests = [
            loop.test,
            *(each.test for each in loop.body if isinstance(each, ast.If) and isinstance(each.body[-1], ENDS)),
        ]
        parts = [part for test in tests for part in walk(test)]
        read = [part for part in parts if self.rebuilding.is_same(part, place)]
        return bool(read) and not any(isinstance(self.tree.parents[part], ast.Subscript) for part in read)

    def is_filled(self, loop: Loop, place: Place) -> bool:
        """Whether a loop also puts in more than one item for each that it takes; class trees and causes are small."""
        few = known("streams", "few", "attributes")
        if any(getattr(node, "attr", getattr(node, "value", None)) in few for node in walk(loop) if is_plain(node)):
            return False
        appends = 0
        for node in walk(loop):
            if isinstance(node, ast.AugAssign) and self.rebuilding.is_same(node.target, place):
                return True
            function = node.func if isinstance(node, ast.Call) else None
            if not isinstance(function, ast.Attribute) or not self.rebuilding.is_same(function.value, place):
                continue
            if function.attr == "extend" or (function.attr == "append" and self.is_repeated(node, loop)):
                return True
            appends += function.attr == "append"
        return appends > 1

    def is_repeated(self, node: ast.AST, loop: Loop) -> bool:
        """Whether a loop within the loop repeats a node."""
        statement = self.tree.statement(node)
        return statement is not None and next(self.rebuilding.loops(statement), loop) is not loop

    def is_large(self, place: Place) -> bool:
        """Whether a list is made of something that may be long: lines of text, an iterable of unknown size."""
        values = self.rebuilding.values(place)
        return bool(values) and all(map(self.may_be_long, values))

    def is_sequence(self, place: Place) -> bool:
        """Whether a list is one of lines, or a sorted copy of another; no queue of steps, nor names of a few things."""
        values = self.rebuilding.values(place)
        return self.is_large(place) and not any(isinstance(each, ast.ListComp) for each in values)

    def may_be_long(self, value: ast.expr) -> bool:
        if isinstance(value, ast.ListComp):
            over = value.generators[0].iter
            return isinstance(over, (ast.Call, ast.Name)) and self.facts.sizes.most(over) is None
        if not isinstance(value, ast.Call):
            return False
        if isinstance(value.func, ast.Attribute) and value.func.attr in ("readlines", "splitlines"):
            return True
        maker = self.names.qualified(value.func)
        return maker == "builtins.sorted" and self.facts.sizes.most(value) is None


def shifted(node: ast.Call | ast.Delete) -> ast.expr | None:
    """What `x.pop(0)`, `x.insert(0, y)` and `del x[0]` shift."""
    if isinstance(node, ast.Delete):
        first = node.targets[0]
        return first.value if isinstance(first, ast.Subscript) and is_zero(first.slice) else None
    function = node.func
    if not isinstance(function, ast.Attribute) or not node.args or not is_zero(node.args[0]):
        return None
    return function.value if (function.attr, len(node.args)) in (("pop", 1), ("insert", 2)) else None


def is_cut_off(node: ast.AST) -> bool:
    """Whether a loop is left as soon as a length has been reached."""
    if not isinstance(node, ast.If) or not isinstance(node.body[-1], (ast.Break, ast.Return)):
        return False
    calls = (part for part in walk(node.test) if isinstance(part, ast.Call))
    return isinstance(node.test, ast.Compare) and any(getattr(each.func, "id", "") == "len" for each in calls)


def is_zero(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int and node.value == 0


def is_plain(node: ast.AST) -> bool:
    """Whether a node is an attribute or a text, as in `getattr(error, "exceptions")`."""
    return isinstance(node, ast.Attribute) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
