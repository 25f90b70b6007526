"""The gate: cheap necessary conditions over bytes, so that most source is never parsed.

A gate errs on the open side. What it lets through the rule still judges; what it holds back the rule would never
have reported.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from memlint.probe import probe

REST = rb"(?:[^\S\n]|\\\n)*"
"""Blanks that may stand between two tokens of one logical line outside brackets."""

STRING = rb'"(?:[^"\\\n]|\\[\s\S])*"' + rb"|'(?:[^'\\\n]|\\[\s\S])*'"
CONTAINER = (
    rb"""[\[{]|\([^)]*?[\[{("'#]|\w+(?:(?:\s|\\\n|#[^\n]*\n)*\.(?:\s|\\\n|#[^\n]*\n)*\w+)*(?:\s|\\\n|#[^\n]*\n)*\("""
)
CONTAINER_DEFAULT = (
    rb"def[\s\\]+[^\s(\[\\]+[\s\\]*[\[(]"
    rb"(?:[^\"'#)d]|d(?!(?<=\bd)ef[\s\\])|" + STRING + rb"|#[^\n]*\n|\)(?!\s*(?:->|:)))*?"
    rb"(?:=(?:\s|\\\n|#[^\n]*\n)*(?:" + CONTAINER + rb")|\"\"\"|'''|(?!" + STRING + rb")[\"'])"
    rb"|lambda\b(?:[^:=l]|l(?!(?<=\bl)ambda\b))*=[^:]*?(?:[\[{(\"'#]|lambda)"
)
"""A parameter's default that may be a display, a comprehension, a call or a tuple of such, in a `def` or a lambda; or a
string in front of it that no single line holds. From one `def` or `lambda` it looks as far as the next, so that many of
them without an end take no longer than others."""

LARGE_MAKERS = rb"read|load|fromfile|from_pretrained|genfromtxt|parse\b|\d[\d_]{3,}|\d\s*\*|<<|\de\d|\*\s*\*"
"""What stands in a file where some value is large: a call that reads or loads, or the numbers of a size."""

NOTEBOOK = rb"\0"
"""What stands in the bytes of a notebook alone: Python refuses it in any source."""


TOLD = (rb"memlint|noqa|NOQA|NoQA|Noqa", rb"#\s*memlint:|(?i:noqa(?:[^\nn]|n(?!oqa))*ml[0-9])")
"""A comment that speaks to memlint stands in the file."""


@dataclass(frozen=True)
class Gate:
    """A conjunction: every pattern of `statement` occurs in the top-level statement that holds the anchor, of `file`
    anywhere."""

    statement: tuple[bytes, ...] = ()
    file: tuple[bytes, ...] = ()

    def admits_file(self, scan: Scan) -> bool:
        return all(map(scan.has, self.file)) and all(map(scan.has, self.statement))

    def admits_statement(self, scan: Scan) -> bool:
        return all(map(scan.has, self.statement))


def all_of(*statement: bytes, file: Iterable[bytes] = ()) -> Gate:
    """A gate of regular expressions over UTF-8; names that an alias may hide belong in `file`."""
    return Gate(statement, tuple(file))


class Scan:
    """Some bytes, and which patterns occur in them: each is looked for once, however many gates ask."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._found: dict[bytes, bool] = {}

    def has(self, pattern: bytes) -> bool:
        found = self._found.get(pattern)
        if found is None:
            found = self._found[pattern] = probe(pattern)(self.data)
        return found
