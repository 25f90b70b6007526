"""Reads a file's syntax with `ast`; what Python refuses becomes ML000."""

from __future__ import annotations

import ast
import re
import sys
import warnings

from memlint.facts.layout import Tree
from memlint.memory import LEFT, collector
from memlint.model import Effect, Finding, Outcome, Position, Severity, Unchecked
from memlint.source import SourceFile

CODE, NAME = "ML000", "syntax-error"
TOO_DEEP = "nested too deeply"
UNNAMED_PLACE = re.compile(r" \(<unknown>, line \d+\)$")

NEWER_SYNTAX = (
    ((3, 11), re.compile(r"\bexcept\s*\*")),
    ((3, 12), re.compile(r"^\s*type\s+\w+\s*(\[.*\])?\s*=|\b(def|class)\s+\w+\s*\[")),
    ((3, 13), re.compile(r"\b(def|class|type)\s+\w+\s*\[.*=.*\]")),
    ((3, 14), re.compile(r"\b[tT][rR]?[\"']")),
    ((3, 15), re.compile(r"^\s*lazy\s+(import|from)\b")),
)
"""The Python that first read a construct, newest last, and how a line that uses it looks."""


def read(source: SourceFile, outcome: Outcome) -> Tree | None:
    """The tree of a file; None, with the reason entered in `outcome`, where there is none to analyse."""
    before, null, _ = source.text.partition("\0")
    if null:
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        outcome.findings.append(refused(source, "source code cannot contain null bytes", line, column))
        return None
    collector.count(len(source.text) // LEFT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(source.text)
    except SyntaxError as error:
        outcome.findings.append(refused(source, error.msg, error.lineno or 1, error.offset or 1))
        return None
    except UnicodeEncodeError as error:  # a surrogate, which a cookie such as unicode_escape can bring in
        outcome.findings.append(refused(source, str(error), 1, 1))
        return None
    except (RecursionError, MemoryError):
        outcome.unchecked.append(Unchecked(source.path, 1, TOO_DEEP))
        return None
    return Tree(source, module)


def is_within_reach(tree: Tree, outcome: Outcome) -> bool:
    """Whether a tree can be analysed; where it is nested too deep, `outcome` says so."""
    if tree.is_too_deep:
        outcome.unchecked.append(Unchecked(tree.source.path, 1, TOO_DEEP))
    return not tree.is_too_deep


def refused(source: SourceFile, message: str, line: int, column: int) -> Finding:
    """ML000 at the place that Python names."""
    line = min(max(line, 1), len(source.lines))
    text = source.lines[line - 1]
    column = min(max(column, 1), len(text) + 1)
    needed = [version for version, look in NEWER_SYNTAX if version > sys.version_info[:2] and look.search(text)]
    if needed:
        major, minor = needed[-1]
        running = f"{sys.version_info[0]}.{sys.version_info[1]}"
        message = f"this line needs Python {major}.{minor} to be read; memlint runs on {running}"
    end = Position(line, min(column + 1, len(text) + 1))
    return syntax_error(source.path, UNNAMED_PLACE.sub("", message), Position(line, column), end)


def syntax_error(path: str, message: str, start: Position, end: Position) -> Finding:
    """ML000, which no rule reports: the file could not be read as Python."""
    return Finding(path, start, end, CODE, NAME, Effect.NONE, Severity.ERROR, message, rows=(start.line,))
