"""Moves the lines of a statement in front of another one further out, with the comments that are theirs."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cached_property

from memlint.facts import Facts
from memlint.facts.layout import first_line, last_line
from memlint.fixes.imports import is_alone
from memlint.model import Edit, Position


class MovedLines:
    """The edits that take a statement out of its block and put it in front of another."""

    def __init__(self, facts: Facts, statement: ast.stmt, place: ast.stmt) -> None:
        self.facts = facts
        self.lines = facts.source.lines
        self.statement = statement
        self.place = place

    def objection(self) -> str:
        """Why the lines cannot be moved as they are; empty where they can."""
        inner = self.indentation(self.statement)
        if len(self.block) == 1:
            return "it is all that its block has"
        if not is_alone(self.facts, self.statement) or not starts_line(self.facts, self.place):
            return "a statement shares its line"
        numbers = self.own(range(first_line(self.statement), last_line(self.statement) + 1))
        if any(line.strip() and not line.startswith(inner) for line in (self.lines[each - 1] for each in numbers)):
            return "a line of it stands further out than its first"
        behind = next((line for line in self.lines[last_line(self.statement) :] if line.strip()), "")
        if behind.lstrip().startswith("#") and behind.startswith(inner) and behind[len(inner)] != "#":
            return "a comment stands at its end"
        return ""

    def edits(self, gap: int, renamed: Iterable[tuple[int, int, str, str]] = ()) -> tuple[Edit, Edit]:
        """The insertion, `gap` blank lines in front of the place, and the removal; names are put in other words as
        told: line, column, old, new."""
        inner, outer = self.indentation(self.statement), self.indentation(self.place)
        lines = {number: self.lines[number - 1] for number in range(self.first, last_line(self.statement) + 1)}
        for number, column, old, new in sorted(renamed, reverse=True):
            line = lines[number]
            lines[number] = line[: column - 1] + new + line[column - 1 + len(old) :]
        own = set(self.own(lines))
        moved = [
            outer + line[len(inner) :] if number in own and line.strip() else line for number, line in lines.items()
        ]
        start = above(self.facts, self.place)
        return Edit(start, start, "\n".join(moved) + "\n" * (gap + 1)), self.removal()

    def own(self, numbers: Iterable[int]) -> list[int]:
        """Those of some lines that do not begin inside a string."""
        return [number for number in numbers if number not in self.facts.source.lines_in_strings]

    @cached_property
    def block(self) -> list[ast.stmt]:
        holder = self.facts.tree.parents[self.statement]
        blocks = (value for _, value in ast.iter_fields(holder) if isinstance(value, list) and self.statement in value)
        return next(blocks)

    @property
    def first(self) -> int:
        """The first line that goes along: comments directly above a statement are its own."""
        line, indentation = first_line(self.statement), self.indentation(self.statement)
        while self.lines[line - 2].startswith(f"{indentation}#"):
            line -= 1
        return line

    def removal(self) -> Edit:
        """Takes the lines out, with the blank ones behind them, and those above where nothing else is left there."""
        first, last = self.first, last_line(self.statement)
        is_last = self.block[-1] is self.statement
        top = first
        while not self.lines[top - 2].strip():
            top -= 1
        is_first = self.block[0] is self.statement and not self.lines[top - 2].lstrip().startswith("#")
        first = top if is_last or is_first else first
        while not is_last and not self.lines[last].strip():
            last += 1
        return Edit(Position(first, 1), Position(last + 1, 1), "")

    def indentation(self, statement: ast.stmt) -> str:
        return indentation(self.facts, statement)


def indentation(facts: Facts, statement: ast.stmt) -> str:
    """The blanks in front of the line where a statement begins."""
    line = facts.source.lines[statement.lineno - 1]
    return line[: len(line) - len(line.lstrip())]


def starts_line(facts: Facts, statement: ast.stmt) -> bool:
    """Whether nothing but blanks stands in front of a statement."""
    lines, line = facts.source.lines, first_line(statement)
    column = facts.source.column(statement.lineno, statement.col_offset)
    before = lines[statement.lineno - 1][: column - 1]
    return not before.strip() and (line == 1 or not lines[line - 2].endswith("\\"))


def above(facts: Facts, statement: ast.stmt) -> Position:
    """Where lines are put in front of a statement: above the comments on it, but not on top of the file."""
    top = line = first_line(statement)
    while line > 1 and facts.source.lines[line - 2].startswith(f"{indentation(facts, statement)}#"):
        line -= 1
    return Position(top if line == 1 else line, 1)
