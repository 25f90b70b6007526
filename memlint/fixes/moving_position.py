"""Moves a position through bytes or text that a loop cuts the front off, in the place of the cuts."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memlint.facts import Facts
from memlint.facts.fronts import Front
from memlint.facts.layout import Slice
from memlint.facts.shapes import end, place
from memlint.fixes.local_alias import REFLECTION, identifiers
from memlint.model import Edit, Fix, Position, Safety

TIGHT = (ast.Attribute, ast.BinOp, ast.Call, ast.Constant, ast.Name, ast.Subscript)
"""Expressions that can stand behind a plus without parentheses, but for some operators."""
LOOSE = (ast.BitAnd, ast.BitOr, ast.BitXor, ast.LShift, ast.RShift)


class MovingPosition:
    """The rewrite for a local variable that is cut in one statement, and only looked at, indexed and sliced besides."""

    def __init__(self, facts: Facts, part: Slice, statement: ast.Assign, front: Front) -> None:
        self.facts = facts
        self.slice = part
        self.statement = statement
        self.front = front
        self.name = ast.unparse(front.place)
        self.position = f"{self.name}_position"

    def fix(self) -> tuple[Fix | None, str]:
        """The fix, or why there is none."""
        cut, name = self.statement.value, self.front.place
        if not isinstance(cut, ast.Subscript) or not isinstance(cut.slice, ast.Slice):
            return None, "it is not cut by a slice in a statement of its own"
        loop, step = self.front.loop, cut.slice.lower
        if self.front.kind == "bytearray" and step is not None:
            return self.deleted(step), ""
        binding = self.facts.names.binding(name) if isinstance(name, ast.Name) else None
        if binding is None:
            return None, "others may see the attribute, and where it begins"
        function = self.facts.tree.function(self.statement)
        taken = identifiers(function)
        (first, column), (last, behind) = self.slice.span(self.statement)
        lines = self.facts.source.lines
        is_shared = bool(
            lines[first - 1][: column - 1].strip() or lines[last - 1][behind - 1 :].strip().startswith(";")
        )
        if step is None or first != last or is_shared or self.position in taken or taken & REFLECTION:
            return None, "the lines cannot be changed without touching others"
        made = [each for each in binding.definitions if each.statement is not self.statement]
        if len(made) != 1 or place(made[0].node) > place(loop):
            return None, f"`{self.name}` is bound in more than one place"
        edits: list[Edit] = []
        for use in binding.uses:
            if use is cut.value or (place(use) < place(loop) and self.facts.tree.function(use) is function):
                continue
            moved = self.moved(use) if place(use) <= end(loop) and self.facts.tree.function(use) is function else None
            if moved is None:
                return None, f"`{self.name}` is used in a way that a position does not change"
            edits += moved
        start, stop = self.slice.span(self.statement), self.slice.span(step)
        begin = self.slice.span(loop)[0]
        indentation = lines[begin.line - 1][: begin.column - 1]
        edits += [
            Edit(begin, begin, f"{self.position} = 0\n{indentation}"),
            Edit(start[0], stop[0], f"{self.position} += "),
            Edit(stop[1], start[1], ""),
        ]
        return Fix("move a position", Safety.UNSAFE, tuple(edits)), ""

    def deleted(self, step: ast.expr) -> Fix:
        """Take the front off in place, which moves the rest but makes no second one."""
        start, stop = self.slice.span(self.statement), self.slice.span(step)
        edits = (Edit(start[0], stop[0], f"del {self.name}[:"), Edit(stop[1], start[1], "]"))
        return Fix("delete the front in place", Safety.UNSAFE, edits)

    def moved(self, use: ast.Name) -> list[Edit] | None:
        """The edits that make a use one of what lies behind the position; None where that is not known."""
        parent = self.facts.tree.parents[use]
        if isinstance(parent, ast.Subscript) and parent.value is use and isinstance(parent.ctx, ast.Load):
            return self.shifted(parent)
        if isinstance(parent, ast.Call) and parent.args == [use] and not parent.keywords:
            is_length = self.facts.names.qualified(parent.func) == "builtins.len"
            outer = self.facts.tree.parents[parent]
            is_compared = is_length and isinstance(outer, ast.Compare)
            behind = self.slice.span(parent)[1]
            return [Edit(behind, behind, f" - {self.position}")] if is_compared else None
        if isinstance(parent, ast.UnaryOp) and isinstance(parent.op, ast.Not) and self.is_test(parent):
            return [Edit(*self.slice.span(parent), f"{self.position} >= len({self.name})")]
        return [Edit(*self.slice.span(use), f"{self.position} < len({self.name})")] if self.is_test(use) else None

    def is_test(self, value: ast.expr) -> bool:
        """Whether only the truth of an expression counts."""
        parent = self.facts.tree.parents[value]
        if isinstance(parent, ast.BoolOp):
            return self.is_test(parent)
        return isinstance(parent, (ast.If, ast.IfExp, ast.While)) and parent.test is value

    def shifted(self, subscript: ast.Subscript) -> list[Edit] | None:
        """The edits of `x[i]` and `x[i:j]`; None for what counts from the end, or with a step."""
        index = subscript.slice
        if not isinstance(index, ast.Slice):
            return list(self.behind(index)) if is_from_front(index) else None
        bounds = [each for each in (index.lower, index.upper) if each is not None]
        if index.step is not None or not all(map(is_from_front, bounds)):
            return None
        edits = [edit for bound in bounds for edit in self.behind(bound)]
        if index.lower is None:
            opening = self.slice.span(subscript.value)[1]
            colon = self.facts.source.lines[opening.line - 1].find("[:", opening.column - 1) + 1
            if colon != opening.column:
                return None
            opening = Position(opening.line, colon + 1)
            edits.append(Edit(opening, opening, self.position))
        return edits

    def behind(self, index: ast.expr) -> Iterator[Edit]:
        """The edits that add the position to an index."""
        start, stop = self.slice.span(index)
        if isinstance(index, ast.Constant) and index.value == 0:
            yield Edit(start, stop, self.position)
            return
        is_loose = not isinstance(index, TIGHT) or (isinstance(index, ast.BinOp) and isinstance(index.op, LOOSE))
        yield Edit(start, start, f"{self.position} + {'(' if is_loose else ''}")
        if is_loose:
            yield Edit(stop, stop, ")")


def is_from_front(index: ast.expr) -> bool:
    """Whether an index is none that certainly counts from the end."""
    parts = [index.left, index.right] if isinstance(index, ast.BinOp) and isinstance(index.op, ast.Sub) else [index]
    is_number = isinstance(parts[0], ast.UnaryOp) or (
        isinstance(parts[0], ast.Constant) and not isinstance(parts[0].value, int)
    )
    return not is_number and not isinstance(index, (ast.Tuple, ast.Starred)) and len(parts) == 1
