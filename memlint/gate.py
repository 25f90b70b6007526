"""The gate: cheap necessary conditions over bytes, so that most source is never parsed.

A gate errs on the open side. What it lets through the rule still judges; what it holds back the rule would never
have reported.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Probe = Callable[[bytes], bool]

REST = rb"(?:[^\S\n]|\\\n)*"
"""Blanks that may stand between two tokens of one logical line outside brackets."""

STRING = rb'"(?:[^"\\\n]|\\[\s\S])*"' + rb"|'(?:[^'\\\n]|\\[\s\S])*'"
CONTAINER = rb"""[\[{]|\([^)]*?[\[{("'#]|[\w.]+(?:\s|\\\n)*\("""
CONTAINER_DEFAULT = (
    rb"def[\s\\]+[^\s(\[\\]+[\s\\]*[\[(](?:[^\"'#)]|" + STRING + rb"|#[^\n]*\n|\)(?!\s*(?:->|:)))*?"
    rb"(?:=(?:\s|\\\n|#[^\n]*\n)*(?:" + CONTAINER + rb")|\"\"\"|'''|(?!" + STRING + rb")[\"'])"
    rb"|lambda\b[^:]*?=[^:]*?(?:[\[{(\"'#]|lambda)"
)
"""A parameter's default that may be a display, a comprehension, a call or a tuple of such, in a `def` or a lambda; or a
string in front of it that no single line holds."""


@dataclass(frozen=True)
class Gate:
    """A conjunction: every pattern of `statement` occurs in the top-level statement that holds the anchor, of `file`
    anywhere."""

    statement: tuple[bytes, ...] = ()
    file: tuple[bytes, ...] = ()

    def admits_file(self, data: bytes) -> bool:
        return all(probe(pattern)(data) for pattern in (*self.file, *self.statement))

    def admits_statement(self, data: bytes) -> bool:
        return all(probe(pattern)(data) for pattern in self.statement)


def all_of(*statement: bytes, file: Iterable[bytes] = ()) -> Gate:
    """A gate of regular expressions over UTF-8; names that an alias may hide belong in `file`."""
    return Gate(statement, tuple(file))


@functools.cache  # memlint: ignore[ML602] one entry per pattern of a rule
def probe(pattern: bytes) -> Probe:
    """A test for the pattern; a plain literal needs no regular expression."""
    if re.escape(pattern) == pattern:
        return lambda data: pattern in data
    search = re.compile(pattern).search
    return lambda data: search(data) is not None
