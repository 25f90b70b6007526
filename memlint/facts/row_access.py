"""Data frames that are read row by row, where their columns hold the same."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.names import Binding, DefinitionKind
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

FEW = 10
"""Rows for which it does not matter."""
LOOPS = (ast.For, ast.AsyncFor, ast.comprehension)


class Rows(NamedTuple):
    """What is made for each row, and which of its columns are read by name; none where the row is not used."""

    method: str
    columns: tuple[str, ...]


class RowAccess:
    """Asks of calls whether they make an object for each row of a frame, only to read some columns of it."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree

    def of(self, call: ast.Call) -> Rows | None:
        """The rows that a call makes."""
        method = call.func
        if not isinstance(method, ast.Attribute) or not self.facts.frameworks.uses("pandas") or is_few(method.value):
            return None
        if method.attr == "apply":
            return self.applied(call)
        if method.attr == "iterrows":
            is_listed = not call.args and not call.keywords
        else:
            given = [*call.args, *(each.value for each in call.keywords if each.arg == "orient")]
            is_listed = method.attr == "to_dict" and [getattr(each, "value", "") for each in given] == ["records"]
        row = self.row(call, method.attr) if is_listed else None
        loop = self.tree.parents[call]
        columns = (
            self.columns(row, self.tree.parents[loop] if isinstance(loop, ast.comprehension) else loop) if row else None
        )
        return Rows(method.attr, tuple(columns)) if columns is not None else None

    def row(self, call: ast.Call, method: str) -> Binding | None:
        """What the loop over a call binds to each row."""
        loop = self.tree.parents[call]
        if not isinstance(loop, LOOPS) or loop.iter is not call:
            return None
        if isinstance(loop, ast.For) and any(isinstance(each, (ast.Break, ast.Return)) for each in loop.body):
            return None
        target = loop.target
        if method == "iterrows":
            if not isinstance(target, ast.Tuple) or len(target.elts) != 2:
                return None
            target = target.elts[1]
        binding = self.facts.names.binding(target) if isinstance(target, ast.Name) else None
        return binding if binding and all(each.kind is DefinitionKind.LOOP for each in binding.definitions) else None

    def applied(self, call: ast.Call) -> Rows | None:
        """The rows that `frame.apply(function, axis=1)` makes for its function."""
        told = {each.arg: getattr(each.value, "value", None) for each in call.keywords}
        if told.get("axis") not in (1, "columns") or not told.keys() <= {"axis"} or len(call.args) != 1:
            return None
        function = call.args[0]
        if isinstance(function, ast.Name):
            binding = self.facts.names.binding(function)
            made: ast.AST | None = binding.sole.node if binding and binding.sole else None
        else:
            made = function
        if not isinstance(made, (ast.Lambda, ast.FunctionDef)) or len(made.args.args) != 1:
            return None
        row = self.facts.names.binding_of(made.args.args[0])
        if row is not None and self.looks_up(made, row):
            return None
        columns = self.columns(row, made) if row else None
        return Rows("apply", tuple(columns)) if columns else None

    def looks_up(self, function: ast.Lambda | ast.FunctionDef, row: Binding) -> bool:
        """Whether a function of a row indexes something else, such as a table, beside which a row costs little."""
        indexed = (node.value for node in walk(function) if isinstance(node, ast.Subscript))
        return any(not isinstance(each, ast.Name) or self.facts.names.binding(each) is not row for each in indexed)

    def columns(self, row: Binding, inside: ast.AST) -> list[str] | None:
        """The columns that a loop or function reads of a row; None where anything else is done with it."""
        found: dict[str, None] = {}
        if sum(inside in self.tree.ancestors(each.node) for each in row.definitions) != 1:
            return None
        for use in row.uses:
            is_inside = inside in self.tree.ancestors(use)
            column = self.column(use) if is_inside else None
            if column is None and (is_inside or len(row.definitions) == 1):
                return None
            if column is not None:
                found[column] = None
        return list(found)

    def column(self, use: ast.Name) -> str | None:
        """The column that one use of a row reads: `row["x"]`, `row.x`, `row.get("x")`."""
        parent = self.tree.parents[use]
        if isinstance(parent, ast.Subscript) and parent.value is use and isinstance(parent.ctx, ast.Load):
            key = parent.slice
            return str(key.value) if isinstance(key, ast.Constant) and isinstance(key.value, (str, int)) else None
        if not isinstance(parent, ast.Attribute) or not isinstance(parent.ctx, ast.Load):
            return None
        call = self.tree.parents[parent]
        if isinstance(call, ast.Call) and call.func is parent:
            name = call.args[0] if parent.attr == "get" and call.args else None
            return str(name.value) if isinstance(name, ast.Constant) else None
        return None if parent.attr in known("requests", "rows", "whole") else parent.attr


def is_few(frame: ast.expr) -> bool:
    """Whether an expression takes a few rows of a frame: `frame.head(3)`, `frame[:3]`."""
    if isinstance(frame, ast.Call) and isinstance(frame.func, ast.Attribute):
        counts = [*frame.args, *(each.value for each in frame.keywords if each.arg == "n")]
        sizes = [each.value for each in counts if isinstance(each, ast.Constant) and isinstance(each.value, int)]
        is_cut = frame.func.attr in ("head", "nlargest", "nsmallest", "sample", "tail")
        return is_cut and all(size <= FEW for size in sizes)
    bound = frame.slice.upper if isinstance(frame, ast.Subscript) and isinstance(frame.slice, ast.Slice) else None
    size = getattr(bound, "value", None)
    return isinstance(size, int) and size <= FEW
