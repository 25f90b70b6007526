"""What grows in a loop by being copied: `x = x + y`, `x = concatenate([x, y])`, `self.text += line`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.names import ScopeKind
from memlint.facts.rebuilding import Loop, Place
from memlint.facts.shapes import is_empty_display
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

SUMS: dict[str, tuple[type[ast.operator], ...]] = {
    "bytes": (ast.Add,),
    "dict": (ast.BitOr,),
    "frozenset": (ast.BitOr,),
    "list": (ast.Add,),
    "set": (ast.BitOr,),
    "tuple": (ast.Add,),
}
"""The operators that make a new one of two, by kind; `str` is a matter of its own."""
IN_PLACE = ("dict", "list", "set")
"""What `x += y` and `x |= y` change in place."""
SURE = frozenset({"bytes", "table"})
"""Kinds that are copied byte by byte, and mostly big; of the others a handful of items costs next to nothing."""
STREAMS = frozenset({"binary file", "cursor", "generator", "text file"})
DISPLAYS: dict[type[ast.expr], str] = {ast.Dict: "dict", ast.List: "list", ast.Set: "set", ast.Tuple: "tuple"}
SMALL = 65_536
"""Items up to which a limit of the length makes copies cheap."""
CELLS = (3, 11)
"""The version from which on only `x += y` of a local variable appends to a text in place."""


class Growth(NamedTuple):
    """What is made anew in each turn of a loop, of which kind it is, what makes it; doubtful if parts may be few."""

    place: Place
    kind: str
    by: str
    loop: Loop
    is_doubtful: bool


class Accumulation:
    """Finds the statements of loops that copy all that there is, to add something to it."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree
        self.names = facts.names
        self.rebuilding = facts.rebuilding

    def growth(self, statement: ast.Assign | ast.AugAssign) -> Growth | None:
        """What a statement makes anew in each turn of a long loop that uses it for nothing else."""
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        place = self.rebuilding.place(targets[0]) if len(targets) == 1 else None
        if place is None or not self.is_candidate(statement, place):
            return None
        loops = self.rebuilding.carriers(statement, place)
        if not loops or not self.rebuilding.is_long(loops) or self.facts.loops.is_compiled(statement):
            return None
        found = self.summed(statement, place) or self.joined(statement, place)
        if found is None or not (found[0] in SURE or self.is_certain(loops, found[0])):
            return None
        if self.is_few(found[0], loops, place) or self.is_asked_whole(statement, place, loops[0]):
            return None
        if self.is_limited(loops[-1], place) or not self.rebuilding.values(place):
            return None
        if not all(map(self.only_tells, self.rebuilding.reads(loops[-1], place, statement))):
            return None
        is_doubtful = self.facts.few_parts.are_likely(statement, place, found[0], loops)
        return Growth(place, *found, loops[-1], is_doubtful)

    def is_certain(self, loops: list[Loop], kind: str) -> bool:
        """Whether loops may take a great many turns: one in the other, or over a range or what is given one by one."""
        turning = [loop for loop in loops if self.rebuilding.turns(loop) is None]
        first = turning[0] if turning else loops[0]
        if isinstance(first, ast.While):
            return kind not in ("str", "tuple")
        maker = self.names.qualified(first.iter.func) if isinstance(first.iter, ast.Call) else None
        if len(turning) > 1 and isinstance(turning[1], ast.For) and (kind, maker) != ("tuple", "builtins.range"):
            return True
        is_stream = isinstance(first, ast.AsyncFor) or self.facts.kind(first.iter) in STREAMS
        return is_stream or (kind != "tuple" and maker == "builtins.range")

    def is_few(self, kind: str, loops: list[Loop], place: Place) -> bool:
        """Whether there are few parts: a table that does not start empty is widened; few bytes come of a view."""
        values = self.rebuilding.values(place)
        if kind == "table" and not all(map(is_empty, values)):
            return True
        if kind == "bytes" and not any(map(begins_stream, values)):
            return True
        if kind in SURE and self.is_over_functions(loops[0]):
            return True
        over = loops[0].iter if isinstance(loops[0], ast.For) and len(loops) == 1 else None
        function = over.func if isinstance(over, ast.Call) else None
        is_view = isinstance(function, ast.Attribute) and function.attr in known("streams", "few", "views")
        return (kind == "bytes" and is_view) or (kind in SURE and isinstance(over, ast.Subscript))

    def is_over_functions(self, loop: Loop) -> bool:
        """Whether a loop calls what it runs over: there are never many functions."""
        target = loop.target if isinstance(loop, (ast.For, ast.AsyncFor)) else None
        calls = (node.func for node in walk(loop) if isinstance(node, ast.Call))
        return isinstance(target, ast.Name) and any(getattr(each, "id", "") == target.id for each in calls)

    def is_asked_whole(self, statement: ast.Assign | ast.AugAssign, place: Place, loop: Loop) -> bool:
        """Whether each part is all that is still missing, `read(size - len(x))` or `read(n)` with `n -= len(part)`, so
        that it mostly comes at once."""
        for part in self.parts(statement):
            for call in walk(part):
                for given in call.args if isinstance(call, ast.Call) else ():
                    if isinstance(given, ast.Name) and any(self.facts.few_parts.shrinking(loop, given.id)):
                        return True
                    is_rest = isinstance(given, ast.BinOp) and isinstance(given.op, ast.Sub)
                    if is_rest and any(self.rebuilding.is_same(node, place) for node in walk(given)):
                        return True
        return False

    def parts(self, statement: ast.Assign | ast.AugAssign) -> list[ast.expr]:
        """What a statement adds, and the values of the names in it."""
        names = [node for node in walk(statement.value) if isinstance(node, ast.Name)]
        bindings = [binding for name in names if (binding := self.names.binding(name))]
        made = [each.value for binding in bindings if len(binding.definitions) == 1 for each in binding.definitions]
        return [statement.value, *(each for each in made if each is not None)]

    def is_limited(self, loop: Loop, place: Place) -> bool:
        """Whether the loop leaves off, or complains, when there are more than so many."""
        for node in walk(loop):
            is_length = isinstance(node, ast.Compare) and isinstance(node.left, ast.Call)
            if is_length and any(self.rebuilding.is_same(part, place) for part in node.left.args):  # type: ignore
                limit = self.facts.sizes.number(node.comparators[0])  # type: ignore[attr-defined]
                if limit is not None and limit <= SMALL:
                    return True
        return False

    def is_candidate(self, statement: ast.Assign | ast.AugAssign, place: Place) -> bool:
        """Whether a statement is of a form that may make something of itself."""
        if isinstance(statement, ast.AugAssign):
            is_number = isinstance(statement.value, ast.Constant) and isinstance(statement.value.value, (int, float))
            return isinstance(statement.op, (ast.Add, ast.BitOr)) and not is_number
        value = statement.value
        if not isinstance(value, (ast.BinOp, ast.Call, ast.JoinedStr, *DISPLAYS)):
            return False
        return sum(self.rebuilding.is_same(part, place) for part in walk(value)) == 1

    def joined(self, statement: ast.Assign | ast.AugAssign, place: Place) -> tuple[str, str] | None:
        """The kind and the maker of `x = concatenate([x, y])` and `x = append(x, y)`."""
        call = statement.value
        if not isinstance(statement, ast.Assign) or not isinstance(call, ast.Call) or not call.args:
            return None
        if isinstance(call.func, ast.Attribute) and self.rebuilding.is_same(call.func.value, place):
            method = f"{self.rebuilding.starting_kind(place)}.{call.func.attr}"
            return ("table", ast.unparse(call.func)) if method in known("streams", "joined", "methods") else None
        maker = self.names.qualified(call.func) or ""
        if maker in known("streams", "joined", "first"):
            parts = call.args[0].elts if isinstance(call.args[0], (ast.List, ast.Tuple)) else []
        else:
            parts = call.args[:2] if maker in known("streams", "joined", "both") else []
        return (
            ("table", ast.unparse(call.func)) if any(self.rebuilding.is_same(part, place) for part in parts) else None
        )

    def summed(self, statement: ast.Assign | ast.AugAssign, place: Place) -> tuple[str, str] | None:
        """The kind and the operator of what is added to itself, or unpacked into a new display."""
        kind = self.rebuilding.starting_kind(place)
        value = statement.value
        if kind is None:
            return None
        if isinstance(statement, ast.AugAssign):
            is_copied = self.copies_text(statement, place) if kind == "str" else kind not in IN_PLACE
            is_sum = isinstance(statement.op, (ast.Add,) if kind == "str" else SUMS.get(kind, ()))
            return (kind, "+=" if isinstance(statement.op, ast.Add) else "|=") if is_copied and is_sum else None
        if isinstance(value, ast.BinOp):
            is_side = self.rebuilding.is_same(value.left, place) or self.rebuilding.is_same(value.right, place)
            if kind == "str":
                return (kind, "+") if self.copies_text(statement, place) else None
            if kind == "list" and not self.rebuilding.is_same(value.left, place):
                return None
            is_sum = isinstance(value.op, SUMS.get(kind, ()))
            return (kind, "+" if isinstance(value.op, ast.Add) else "|") if is_side and is_sum else None
        if DISPLAYS.get(type(value)) == kind and self.is_unpacked(value, place):
            return kind, "*" if kind != "dict" else "**"
        return None

    def is_unpacked(self, display: ast.expr, place: Place) -> bool:
        """Whether a display has all of something in it: `[*x, y]`, `{**x, k: y}`."""
        if isinstance(display, ast.Dict):
            pairs = zip(display.keys, display.values, strict=True)
            return any(key is None and self.rebuilding.is_same(value, place) for key, value in pairs)
        parts = getattr(display, "elts", [])
        return any(isinstance(each, ast.Starred) and self.rebuilding.is_same(each.value, place) for each in parts)

    def copies_text(self, statement: ast.Assign | ast.AugAssign, place: Place) -> bool:
        """Whether Python cannot append to a text in place: not to an attribute, not where it comes last."""
        value = statement.value
        if isinstance(statement, ast.Assign) and isinstance(value, ast.BinOp):
            if not isinstance(value.op, ast.Add):
                return False
            if not self.rebuilding.is_same(value.left, place):
                return self.is_term(value, place)
        if isinstance(place, ast.Attribute):
            return True
        is_module = self.names.scope_of(place).kind is ScopeKind.MODULE
        return is_module and self.facts.project.target >= CELLS

    def is_term(self, value: ast.expr, place: Place) -> bool:
        """Whether one of the terms of a sum is the place."""
        if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
            return self.is_term(value.left, place) or self.is_term(value.right, place)
        return self.rebuilding.is_same(value, place)

    def only_tells(self, read: ast.expr) -> bool:
        """Whether a read keeps nothing of the value, or leaves the loop with it."""
        parent = self.tree.parents[read]
        if isinstance(self.tree.statement(read), ast.Return):
            return True
        if isinstance(parent, ast.Call):
            return (self.names.qualified(parent.func) or "") in known("streams", "told", "functions")
        if isinstance(parent, ast.Compare):
            return parent.comparators[-1:] == [read] and isinstance(
                parent.ops[-1], (ast.In, ast.NotIn, ast.Is, ast.IsNot)
            )
        if not isinstance(parent, ast.Attribute):
            return isinstance(parent, (ast.UnaryOp, ast.If, ast.While, ast.BoolOp))
        return parent.attr in known("streams", "told", "attributes") | known("streams", "told", "methods")


def is_empty(value: ast.expr) -> bool:
    """Whether a value is an array, frame or tensor that is made with nothing in it: `array([])`, `zeros((0, 3))`."""
    if isinstance(value, ast.Constant):
        return value.value is None
    if not isinstance(value, ast.Call):
        return is_empty_display(value)
    first = value.args[0] if value.args else None
    sizes = first.elts if isinstance(first, (ast.List, ast.Tuple)) else [first] if first else []
    return not sizes or any(isinstance(size, ast.Constant) and size.value == 0 for size in sizes)


def begins_stream(value: ast.expr) -> bool:
    """Whether bytes start with nothing, or with the first part of what is read."""
    if isinstance(value, ast.Constant):
        return not value.value
    made = value.value if isinstance(value, ast.Await) else value
    if isinstance(made, ast.Call) and not made.args:
        return True
    return isinstance(made, ast.Call) and getattr(made.func, "attr", "") in ("read", "recv")
