"""How a report is shown: its colors, and the characters that may and can reach the stream."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import click

from memlint.model import Effect, Severity

Sources = Callable[..., list[str]]
"""The lines of a file by its path, without their ends; of one cell of a notebook by its path and number."""


class RuleText(NamedTuple):
    """What a report may say of a rule; `page` is Markdown."""

    name: str
    effect: Effect
    severity: Severity
    summary: str = ""
    page: str = ""
    is_default: bool = True


Rules = Callable[[str], RuleText | None]
"""What is known of the rule with a code."""

STYLES: dict[str, dict[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "info": {"fg": "cyan", "bold": True},
    "message": {"bold": True},
    "path": {"bold": True},
    "code": {"fg": "red", "bold": True},
    "fixable": {"fg": "cyan"},
    "gutter": {"fg": "blue", "bold": True},
    "label": {"bold": True},
    "-": {"fg": "red"},
    "+": {"fg": "green"},
}

# They only join letters and emoji, and text in many languages is unreadable when they are spelled out.
JOINERS = "\u200c\u200d"


def no_lines(path: str) -> list[str]:
    return []


def no_rule(code: str) -> RuleText | None:
    return None


@dataclass(frozen=True)
class View:
    """What a format knows of its reader, besides the report."""

    sources: Sources = no_lines
    color: bool = False
    encoding: str = "utf-8"
    verbose: bool = False
    rules: Rules = no_rule

    def lines(self, path: str, cell: int) -> list[str]:
        """The lines of a file, or of a cell where it is a notebook."""
        return self.sources(path, cell) if cell else self.sources(path)

    def text(self, text: str) -> str:
        """The text, with all that a terminal would obey or the stream cannot encode spelled as an escape.

        That is control and invisible characters, bidirectional overrides, and the lone surrogates that stand
        for the undecodable bytes of a path.
        """
        if text.isascii() and text.isprintable():
            return text
        shown = "".join(char if char.isprintable() or char in JOINERS else escaped(char) for char in text)
        return shown.encode(self.encoding, "backslashreplace").decode(self.encoding)

    def paint(self, text: str, style: str) -> str:
        """The text, made safe and in one of `STYLES`."""
        shown = self.text(text)
        return click.style(shown, **STYLES[style]) if self.color else shown

    @property
    def arrow(self) -> str:
        return "→" if self.text("→") == "→" else "->"


def escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
