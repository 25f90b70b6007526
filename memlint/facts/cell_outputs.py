"""Large values that IPython keeps in `Out` because a cell of a notebook ends with them."""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.names import Definition, DefinitionKind
from memlint.facts.producers import MANY

if TYPE_CHECKING:
    from memlint.facts import Facts
    from memlint.source import Cell

HANDLED = re.compile(r"\bOut\b|\b_oh\b|%reset\b|%xdel\b|\bcache_size\b")
"""What stands in a notebook whose author knows of `Out`."""

SHAPE = re.compile(
    r"\[(?P<rows>\d+) rows x (?P<columns>\d+) columns\]|\Ashape: \((?P<height>[\d_]+)(?:, (?P<width>\d+))?\)"
    r"|\A(?:array\([\s\S]*, |<tf\.Tensor: )shape=\((?P<dimensions>\d+(?:, \d+)*),?\)"
    r"|Length: (?P<length>\d+), dtype|\bdtype=\S+, length=(?P<labels>\d+)"
)
"""How pandas, polars, NumPy and TensorFlow say of what size a value is that they show in part."""

SHARING = ("array", "frame")
"""Kinds of value of which a part holds the whole."""

WHAT = {
    "array": "the array",
    "bytes": "the block of data",
    "checkpoint": "the checkpoint",
    "document": "the document",
    "frame": "the table",
    "list": "the list",
    "model": "the model",
    "rows": "the rows",
}


class CellOutput(NamedTuple):
    """A large value that is kept."""

    what: str
    name: str
    """The variable that holds it; empty where none does."""
    change: Definition | None
    """What gives the variable another value or deletes it, if anything does."""
    is_more: bool
    """Whether nothing else holds the value, or the cell makes it itself, so that each run keeps one more."""
    is_certain: bool
    """Whether its size is known: from what the notebook was saved with, or from numbers in the source."""


class CellOutputs:
    """Asks of an expression at the end of a cell what it keeps."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @cached_property
    def last(self) -> dict[ast.stmt, Cell]:
        """The expressions whose values IPython keeps, each with its cell."""
        source = self.facts.source
        if not source.cells or HANDLED.search(source.original):
            return {}
        found: dict[ast.stmt, Cell] = {}
        statements = iter([*self.facts.tree.module.body, None])
        statement = next(statements)
        for cell in source.cells:
            last = None
            while statement is not None and statement.lineno <= cell.last:
                last, statement = statement, next(statements)
            if cell.keeps and isinstance(last, ast.Expr) and not self.is_silenced(last, cell.last):
                found[last] = cell
        return found

    def is_silenced(self, statement: ast.Expr, last: int) -> bool:
        """Whether a semicolon behind the expression keeps its value from being shown and stored."""
        _, end = self.facts.tree.span(statement)
        lines = self.facts.source.lines
        return "\n".join([lines[end.line - 1][end.column - 1 :], *lines[end.line : last]]).lstrip().startswith(";")

    def kept(self, statement: ast.stmt) -> CellOutput | None:
        """The large value that a cell ends with."""
        cell = self.last.get(statement)
        if cell is None or not isinstance(statement, ast.Expr):
            return None
        shown = whole(statement.value)
        what, is_certain = self.large(shown, cell.shown, shown is not statement.value)
        if not what or not isinstance(shown, ast.Name):
            return CellOutput(what, "", None, is_new(shown), is_certain) if what else None
        makers = self.makers(shown)
        is_made_here = all(cell.first <= getattr(maker, "lineno", 0) for maker in makers)
        return CellOutput(what, shown.id, next(self.changes(shown, makers), None), is_made_here, is_certain)

    def large(self, shown: ast.expr, text: str, is_part: bool) -> tuple[str, bool]:
        """What large value an expression is, by the text that the notebook was saved with or else by what makes it, and
        whether its size is certain."""
        shape = SHAPE.search(text)
        if shape:
            counts = (int(count) for part in shape.groups() if part for count in part.split(","))
            is_table = shape["rows"] or shape["height"]
            return ("the table" if is_table else "the array") if math.prod(counts) >= MANY else "", True
        held = self.facts.producers.held(shown)
        if held is None or is_reducing(shown) or (is_part and held.kind not in SHARING):
            return "", False
        is_whole = bool(text) and "..." not in text and held.kind != "model"
        return "" if is_whole else WHAT[held.kind], held.kind not in SHARING or self.is_sized(shown)

    def is_sized(self, shown: ast.expr) -> bool:
        """Whether numbers in the source say how large an array is."""
        made: list[ast.expr | None] = [shown]
        if isinstance(shown, ast.Name) and (binding := self.facts.names.binding(shown)):
            makers = self.makers(shown)
            made = [each.value for each in binding.definitions if each.node in makers]
        producers, names = self.facts.producers, self.facts.names
        return all(
            isinstance(value, ast.Call) and producers.of_size(value, names.qualified(value.func) or "")
            for value in made
        )

    def makers(self, name: ast.Name) -> frozenset[ast.AST]:
        """What may have given a variable the value that it is shown with."""
        return self.facts.flow(self.facts.tree.module).reaching(name)

    def changes(self, name: ast.Name, makers: frozenset[ast.AST]) -> Iterator[Definition]:
        """What the variable is bound to behind the place where it is shown."""
        binding = self.facts.names.binding(name)
        for made in binding.definitions if binding else ():
            behind = (made.statement.lineno, made.statement.col_offset) > (name.lineno, name.col_offset)
            if behind and made.node not in makers and made.kind is not DefinitionKind.AUGMENTED:
                yield made


def whole(shown: ast.expr) -> ast.expr:
    """What an expression holds all of: a slice of rows, and another look at the same memory."""
    while True:
        if isinstance(shown, ast.Attribute) and shown.attr in ("T", "values"):
            return shown.value
        is_rows = isinstance(shown, ast.Subscript) and isinstance(shown.slice, ast.Slice)
        if not is_rows and not (isinstance(shown, ast.Attribute) and shown.attr == "iloc"):
            return shown
        assert isinstance(shown, (ast.Attribute, ast.Subscript))
        shown = shown.value


def is_new(shown: ast.expr) -> bool:
    """Whether an expression makes a value, and does not read one that something else holds."""
    if isinstance(shown, ast.Subscript):
        return isinstance(shown.slice, (ast.BinOp, ast.Compare, ast.List, ast.UnaryOp))
    return isinstance(shown, (ast.Await, ast.BinOp, ast.Call))


def is_reducing(shown: ast.expr) -> bool:
    """Whether a call may make something small of something large: `table.apply(len)`."""
    return isinstance(shown, ast.Call) and isinstance(shown.func, ast.Attribute) and shown.func.attr == "apply"
