"""A rule's page: Markdown that is its documentation, its tests and its measurement at once."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

BLOCK = re.compile(r"^```python ([a-z-]+)[ \t]*\n(.*?)^```[ \t]*$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^## (.+?)\s*$", re.MULTILINE)
TITLE = re.compile(r"\A# ([A-Z]+[0-9]+) ([a-z0-9-]+)\n\n(.+?)(?:\n\n|\Z)", re.DOTALL)
CONTEXTS = re.compile(r"^contexts:(.*)$", re.MULTILINE)
OTHER_FIX = re.compile(r"^other fix in:(.*)$", re.MULTILINE)
NOTEBOOK = re.compile(r"^notebook:", re.MULTILINE)
MARK = re.compile(r"[ \t]*# error: ([A-Z0-9, ]+?)[ \t]*$", re.MULTILINE)
KINDS = ("bad", "fixed", "good", "measure-bad", "measure-good")
HEADINGS = ("Why", "Bad", "Good", "Fix", "Measured", "Sources")


@dataclass(frozen=True)
class Block:
    """A fenced block: its kind, its code, the page's line where the code starts."""

    kind: str
    code: str
    line: int


@dataclass
class Example:
    """Code with the findings that it must give, as (line, rule code), and what its fix writes."""

    code: str
    line: int
    expected: list[tuple[int, str]] = field(default_factory=list)
    fixed: str | None = None


class Page:
    """The parts of a page."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def title(self) -> tuple[str, str]:
        """Code and name of the rule, or two empty strings where the first line is no title."""
        found = TITLE.match(self.text)
        return (found[1], found[2]) if found else ("", "")

    @property
    def summary(self) -> str:
        """The paragraph under the title, on one line."""
        found = TITLE.match(self.text)
        return " ".join(found[3].split()) if found else ""

    @property
    def headings(self) -> tuple[str, ...]:
        return tuple(HEADING.findall(self.text))

    @property
    def contexts(self) -> frozenset[str]:
        """Where else the bad examples are bad: inside a `function`, a `class`, an `async` function."""
        found = CONTEXTS.search(self.text)
        return frozenset(re.findall(r"[a-z]+", found[1])) if found else frozenset()

    @property
    def refitted(self) -> frozenset[str]:
        """In which of the contexts a fix writes other text than in the module, or none: `other fix in: function`."""
        found = OTHER_FIX.search(self.text)
        return frozenset(re.findall(r"[a-z]+", found[1])) if found else frozenset()

    @property
    def is_notebook(self) -> bool:
        """Whether the examples are notebooks, whose cells begin at lines `# %%`: the page has a line `notebook: …`."""
        return NOTEBOOK.search(self.text) is not None

    @cached_property
    def blocks(self) -> list[Block]:
        return [
            Block(found[1], found[2], self.text.count("\n", 0, found.start(2)) + 1)
            for found in BLOCK.finditer(self.text)
        ]

    @cached_property
    def bad(self) -> list[Example]:
        """The bad examples, their marks taken out of the code, each with the `fixed` block that follows it."""
        examples: list[Example] = []
        previous = ""
        for block in self.blocks:
            if block.kind == "bad":
                examples.append(Example(MARK.sub("", block.code), block.line, marks(block.code)))
            elif block.kind == "fixed" and previous == "bad":
                examples[-1].fixed = block.code
            previous = block.kind
        return examples

    @cached_property
    def good(self) -> list[Example]:
        return [Example(block.code, block.line) for block in self.blocks if block.kind == "good"]

    def only(self, kind: str) -> str | None:
        """The code of the only block of a kind, None where there is none or more than one."""
        found = [block.code for block in self.blocks if block.kind == kind]
        return found[0] if len(found) == 1 else None


def marks(code: str) -> list[tuple[int, str]]:
    """The findings that `# error: …` comments announce, as (line, rule code)."""
    found = []
    for number, line in enumerate(code.split("\n"), 1):
        for mark in MARK.findall(line):
            found += [(number, each.strip()) for each in mark.split(",")]
    return sorted(found)
