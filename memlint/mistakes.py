"""What is said of a mistake of the caller: one line that names the place and the way out."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

KINDS = {bool: "a boolean", str: "a string", int: "a number", float: "a number", list: "a list", dict: "a table"}


class UsageError(Exception):
    """A mistake of the caller: its text is one line that names the place and the way out."""


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean "select"?` for the nearest known word, of near ones the one that begins alike, or nothing."""
    import difflib

    spellings = {spelling.casefold(): spelling for spelling in known}
    near = difflib.get_close_matches(word.casefold(), spellings, n=20)

    def shared(spelling: str) -> int:
        """How many letters both begin with."""
        pairs = zip(word.casefold(), spelling, strict=False)
        return len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)))

    nearest = max(near, key=shared, default=None)
    return f"; did you mean {quoted(spellings[nearest])}?" if nearest else ""


def listed(words: Iterable[str]) -> str:
    """`info, warning or error`."""
    *rest, last = words
    return f"{', '.join(rest)} or {last}" if rest else last


def kind(value: object) -> str:
    return KINDS.get(type(value), "a date")


def quoted(text: str) -> str:
    return f'"{printable(text)}"'


def printable(text: str) -> str:
    """The text on one line that any terminal can show; what cannot be shown is escaped."""
    return "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in text)
