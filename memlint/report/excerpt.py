"""Lines of source as a terminal shows them, with carets that stay under the characters they mean."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from memlint.model import Position
from memlint.report.view import View

TAB = 4
WIDEST = 300


class Row(NamedTuple):
    """One row of a block: its line number if it has one, the sign in the gutter, and the text as shown."""

    number: str
    sign: str
    text: str


def excerpt(
    lines: list[str], start: Position, end: Position, view: View, *, context: int, style: str, mark: str = "^"
) -> Iterator[Row]:
    """The anchor's first line, marked from `start` to `end`, with `context` lines on either side.

    Nothing if there is no such line; one line past the last is there, because syntax errors point at it.
    """
    if not lines or start.line > len(lines) + 1:
        return
    for number in range(max(1, start.line - context), start.line + context + 1):
        if number == start.line:
            line = lines[number - 1] if number <= len(lines) else ""
            stop = end.column if end.line == start.line else len(line) + 1
            text, marks = marked(line, start.column, stop, view, mark)
            yield Row(str(number), "|", text)
            yield Row("", "|", view.paint(marks, style))
        elif number <= len(lines):
            yield Row(str(number), "|", shown(lines[number - 1], view))


def marked(line: str, start: int, stop: int, view: View, mark: str) -> tuple[str, str]:
    """The line as shown, and the row of marks below columns `start` to `stop`: one mark at least."""
    skipped = max(0, start - 1 - TAB * 10) if len(line) > WIDEST else 0
    cells = expanded(line[skipped : skipped + WIDEST], view)
    front = "..." if skipped else ""
    back = "..." if len(line) > skipped + WIDEST else ""
    first = start - 1 - skipped
    indent = width(front) + sum(map(width, cells[:first]))
    covered = sum(map(width, cells[first : stop - 1 - skipped]))
    return front + "".join(cells) + back, " " * indent + mark * max(1, covered)


def shown(line: str, view: View) -> str:
    """The line with its tabs expanded, cut where it gets absurdly long."""
    return "".join(expanded(line[:WIDEST], view)) + ("..." if len(line) > WIDEST else "")


def expanded(line: str, view: View) -> list[str]:
    """What stands on the screen for each character of the line."""
    cells: list[str] = []
    column = 0
    for char in line:
        cell = " " * (TAB - column % TAB) if char == "\t" else view.text(char)
        cells.append(cell)
        column += width(cell)
    return cells


def width(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return len(text) if text.isascii() else sum(map(columns, text))


def columns(char: str) -> int:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
