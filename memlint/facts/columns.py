"""Frames that are read from a file with all columns, though a few of known names are all that is used."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.names import DefinitionKind
from memlint.facts.shapes import last_name
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

MOST = 4
"""Columns that are still few."""


class Loaded(NamedTuple):
    """The columns that are used of what a call reads, the keyword that limits it to them, and the uses."""

    columns: tuple[str, ...]
    keyword: str
    uses: tuple[ast.expr, ...]


class Columns:
    """Asks of a call that reads a frame which columns of it are used."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree

    def loaded(self, call: ast.Call) -> Loaded | None:
        """The few columns that are all that is used of what a call reads from a file."""
        keyword = self.keyword(call)
        uses = list(self.uses(call)) if keyword else []
        used: list[str] = []
        for use in uses:
            taken = self.used(use)
            if taken is None:
                return None
            used += taken
        columns = tuple(dict.fromkeys(used))
        return Loaded(columns, keyword, tuple(uses)) if 0 < len(columns) <= MOST else None

    def keyword(self, call: ast.Call) -> str:
        """The keyword that would limit a reading call to some columns; empty where it is limited, or gives no frame of
        known columns."""
        qualified = self.facts.names.qualified(call.func)
        keyword = next(
            (each for each in ("usecols", "columns") if qualified in known("frameworks", "frames", each)), ""
        )
        if not keyword or len(call.args) != 1 or isinstance(call.args[0], ast.Starred) or self.is_text(call.args[0]):
            return ""
        for each in call.keywords:
            is_sheet = (
                each.arg == "sheet_name" and isinstance(each.value, ast.Constant) and each.value.value is not None
            )
            if not is_sheet and each.arg not in known("frameworks", "frames", "neutral"):
                return ""
        return keyword

    def is_text(self, source: ast.expr) -> bool:
        """Whether what is read is in memory already."""
        binding = self.facts.names.binding(source) if isinstance(source, ast.Name) else None
        made = binding.sole.value if binding and binding.sole else source
        return isinstance(made, ast.Call) and last_name(made.func) in known("frameworks", "frames", "texts")

    def uses(self, call: ast.Call) -> Iterator[ast.expr]:
        """Where a frame is used: the call itself, or the reads of the only name that it ever has."""
        statement = self.tree.parents[call]
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
            yield call
            return
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        binding = self.facts.names.binding(targets[0]) if isinstance(targets[0], ast.Name) else None
        is_sole = binding is not None and binding.sole is not None and binding.sole.kind is DefinitionKind.ASSIGNMENT
        if (
            binding is None
            or not is_sole
            or len(targets) > 1
            or isinstance(binding.scope.node, (ast.Module, ast.ClassDef))
        ):
            yield call
            return
        yield from binding.uses

    def used(self, frame: ast.expr) -> list[str] | None:
        """The columns that the code around a frame takes of it; None where it may take others."""
        parent = self.tree.parents[frame]
        if isinstance(parent, ast.Call) and frame in parent.args:
            return [] if self.facts.names.qualified(parent.func) == "builtins.len" else None
        if isinstance(parent, ast.Subscript) and parent.value is frame and isinstance(parent.ctx, ast.Load):
            return self.taken(parent, parent.slice)
        if not isinstance(parent, ast.Attribute) or not isinstance(parent.ctx, ast.Load):
            return None
        around = self.tree.parents[parent]
        if parent.attr == "loc" and isinstance(around, ast.Subscript) and isinstance(around.ctx, ast.Load):
            both = around.slice.elts if isinstance(around.slice, ast.Tuple) else []
            return constants(both[1]) if len(both) == 2 else self.used(around) if is_choice(around.slice) else None
        if parent.attr in known("frameworks", "frames", "rowwise"):
            return []
        is_method = isinstance(around, ast.Call) and around.func is parent
        return self.called(around, parent.attr) if is_method and isinstance(around, ast.Call) else None

    def taken(self, part: ast.Subscript, key: ast.expr) -> list[str] | None:
        """The columns in `frame[key]`, or those that are taken of the rows that it chooses."""
        columns = constants(key)
        return columns if columns is not None else self.used(part) if is_choice(key) else None

    def called(self, call: ast.Call, method: str) -> list[str] | None:
        """The columns that a method looks at, and those that are taken of the rows that it gives."""
        if method not in known("frameworks", "frames", "choosing"):
            return None
        looked: list[str] = []
        for each in (*call.args, *(each.value for each in call.keywords if each.arg in ("by", "keys", "subset"))):
            columns = constants(each)
            if columns is None and not (isinstance(each, ast.Constant) and isinstance(each.value, int)):
                return None
            looked += columns or []
        is_told = all(each.arg in known("frameworks", "frames", "choosing_by") for each in call.keywords)
        is_whole = method in known("frameworks", "frames", "told") and not looked
        rest = self.used(call) if is_told and not is_whole else None
        return None if rest is None else [*looked, *rest]


def constants(key: ast.expr) -> list[str] | None:
    """The names in `"a"` or `["a", "b"]`."""
    items = key.elts if isinstance(key, ast.List) else [key]
    names = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return names if names and len(names) == len(items) else None


def is_choice(key: ast.expr) -> bool:
    """Whether a key is a condition on rows: `frame["a"] > 3`, also several of them."""
    if isinstance(key, ast.BinOp):
        return isinstance(key.op, (ast.BitAnd, ast.BitOr)) and is_choice(key.left) and is_choice(key.right)
    if isinstance(key, ast.UnaryOp):
        return isinstance(key.op, ast.Invert) and is_choice(key.operand)
    if isinstance(key, ast.Call) and isinstance(key.func, ast.Attribute):
        return key.func.attr in known("frameworks", "frames", "conditions")
    return isinstance(key, ast.Compare)
