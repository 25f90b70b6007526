"""Places as programs elsewhere name them: paths below the repository, columns in their own units."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import cache
from types import ModuleType

from memlint.model import Finding, Position
from memlint.report.ruff_json import STDIN, absolute


@cache
def repository(folder: str) -> str:
    """The nearest folder from `folder` upwards that holds `.git`, which is a file in a worktree; else the folder."""
    outer = folder
    while not os.path.exists(os.path.join(outer, ".git")):
        if outer == os.path.dirname(outer):
            return folder
        outer = os.path.dirname(outer)
    return outer


def below(path: str, root: str, system: ModuleType = os.path) -> str | None:
    """The path from the root on, with slashes; None where the file is elsewhere, also once links are followed."""
    for full in (system.abspath(path), system.realpath(path)):
        if full.startswith(system.join(root, "")):
            inner: str = full[len(system.join(root, "")) :]
            return inner.replace(system.sep, "/")
    return None


def relative(path: str) -> str:
    """The path from the repository on, with slashes; the absolute one where the file is elsewhere.

    Undecodable bytes are spelled `\\udcff`, as in `absolute`.
    """
    inner = None if path == STDIN else below(path, repository(os.getcwd()))
    if inner is None:
        return absolute(path).replace(os.sep, "/")
    return inner.encode("utf-8", "backslashreplace").decode("utf-8")


def on_first_line(finding: Finding) -> Finding:
    """A finding of a notebook for a format that knows no cells: the lines of the file are those of its JSON, so the
    message tells the place."""
    if not finding.cell:
        return finding
    start, message = Position(1, 1), f"{finding.place}: {finding.message}"
    return replace(finding, start=start, end=start, message=message, cell=0, related=(), flow=(), fix=None)


def line_at(lines: list[str], position: Position) -> str:
    """The line of a position; empty past the end, where syntax errors and insertions are."""
    return lines[position.line - 1] if position.line <= len(lines) else ""


def utf8_column(line: str, column: int) -> int:
    """A column in bytes of UTF-8."""
    return column + extra(line, column, "utf-8", 1)


def utf16_column(line: str, column: int) -> int:
    """A column in code units of UTF-16."""
    return column + extra(line, column, "utf-16-le", 2)


def extra(line: str, column: int, encoding: str, unit: int) -> int:
    """By how much the units before a column outnumber the characters."""
    before = line[: column - 1]
    return 0 if before.isascii() else len(before.encode(encoding, "surrogatepass")) // unit - len(before)
