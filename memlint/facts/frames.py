"""Data frames that a loop grows row by row, copying all of them each time."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.shapes import is_empty_display, last_name
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

FEW = 10
"""Turns of a loop for which it does not matter."""
LOOPS = (ast.For, ast.AsyncFor, ast.While)


class GrownFrame(NamedTuple):
    """The frame that grows, and the loop that copies it at each turn."""

    frame: ast.expr
    loop: ast.stmt


class Frames:
    """Asks of an assignment whether it grows a frame."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree

    def grown(self, statement: ast.Assign) -> GrownFrame | None:
        """The frame that an assignment in a loop copies, with more rows, into its own place."""
        if len(statement.targets) != 1:
            return None
        target = statement.targets[0]
        frame = self.joined(target, statement.value) or self.appended(target, statement.value) or located(target)
        loop = self.tree.enclosing(statement, *LOOPS, ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        if frame is None or not isinstance(loop, LOOPS) or not self.lives_on(frame, statement, loop):
            return None
        most = None if isinstance(loop, ast.While) else self.facts.sizes.most(loop.iter)
        return GrownFrame(frame, loop) if most is None or most > FEW else None

    def joined(self, target: ast.expr, value: ast.expr) -> ast.expr | None:
        """`x` of `x = pd.concat([x, more])`, with a tidying method behind it or not."""
        while isinstance(value, ast.Call) and last_name(value.func) in known("frameworks", "frames", "tidying"):
            value = getattr(value.func, "value", value.func)
        if not isinstance(value, ast.Call) or not value.args or not isinstance(value.args[0], (ast.List, ast.Tuple)):
            return None
        is_joining = self.facts.names.qualified(value.func) in known("frameworks", "frames", "joining")
        is_wide = any(
            each.arg == "axis" and getattr(each.value, "value", 1) not in (0, "index") for each in value.keywords
        )
        parts = [ast.unparse(part) for part in value.args[0].elts]
        return target if is_joining and not is_wide and ast.unparse(target) in parts else None

    def appended(self, target: ast.expr, value: ast.expr) -> ast.expr | None:
        """`x` of `x = x.append(more)`, where `x` begins as a frame."""
        function = value.func if isinstance(value, ast.Call) else None
        if not isinstance(function, ast.Attribute) or function.attr != "append" or not isinstance(target, ast.Name):
            return None
        binding = self.facts.names.binding(target)
        made = [each.value for each in binding.definitions if each.value is not None] if binding else []
        is_frame = any(isinstance(each, ast.Call) and self.facts.kinds.made(each) == "frame" for each in made)
        return target if is_frame and ast.unparse(function.value) == target.id else None

    def lives_on(self, frame: ast.expr, statement: ast.stmt, loop: ast.AST) -> bool:
        """Whether nothing else in the loop gives the frame its value, and the turn goes on after it."""
        name = ast.unparse(frame)
        places = (node for node in walk(loop) if isinstance(node, (ast.Name, ast.Attribute)))
        stored = (node for node in places if not isinstance(node.ctx, ast.Load) and ast.unparse(node) == name)
        if any(self.tree.statement(node) is not statement for node in stored):
            return False
        block = self.tree.parents[statement]
        return not any(isinstance(each, (ast.Break, ast.Return)) for each in getattr(block, "body", ()))


def located(target: ast.expr) -> ast.expr | None:
    """`x` of `x.loc[len(x)] = row`."""
    if not isinstance(target, ast.Subscript) or last_name(target.value) != "loc":
        return None
    frame = getattr(target.value, "value", target)
    key = (
        target.slice.elts[0]
        if isinstance(target.slice, ast.Tuple) and not is_empty_display(target.slice)
        else target.slice
    )
    if isinstance(key, ast.BinOp):
        key = key.left
    text = ast.unparse(frame)
    return frame if ast.unparse(key) in (f"len({text})", f"len({text}.index)", f"{text}.shape[0]") else None
