"""Reads what comments say to memlint: which findings they switch off, and what they claim of a container or a class.

x = cache()  # memlint: ignore[ML602, ML604] reason     this line; without codes all rules
x = cache()  # noqa: ML602                              the same, as other linters write it
# memlint: ignore-file[ML602]                           the whole file
# memlint: off[ML602]                                   from here to the next `on[ML602]`, or to the end
x = {}  # memlint: bounded(max=1000, because="one per tenant")
class Pool:  # memlint: singleton
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from memlint.model import Finding, Position

HEAD = re.compile(r"#\s*(?:(memlint):|[nN][oO][qQ][aA]\b(?!-))")
NEXT = re.compile(r"\s+#(?=\s*[A-Za-z])")
"""Where a comment begins inside a comment; `#123` is part of what stands before it."""
WORD = re.compile(r"\s*([\w-]*)(?:\s*\[([^\]]*)\])?\s*")
NAME = re.compile(r"[^\s,]+")
NOQA = re.compile(r"\s*:\s*((?:[A-Za-z]+[0-9]+(?:\s*,\s*|\s+)?)+)")
CODE = re.compile(r"[\s:=(,]*([A-Z]+[0-9]{3})\b")
EVERYTHING = "ALL"
LAST = 1 << 31
"""Behind the last line of any file."""

ALONE = ("ignore-file", "off", "on")
"""What stands on a line of its own, as it means more than that line."""
CLAIMS = ("bounded", "singleton")
WORDS = ("ignore", *ALONE, *CLAIMS)
CLAIMED = "the claim"
"""What a finding calls a claim that the code contradicts."""


@dataclass(frozen=True)
class Code:
    """A selector as a comment spells it, or `ALL` of no length where it names none, and the lines where it holds."""

    text: str
    start: Position
    end: Position
    first: int
    last: int
    partner: Code | None = None
    """The one in an `on` comment that ends this range."""

    @property
    def is_written(self) -> bool:
        return self.start != self.end


@dataclass(frozen=True)
class Suppression:
    """One comment, or the part of one, that speaks to linters."""

    word: str
    """`noqa`, or one of `WORDS`, or any other that stands in its place."""
    start: Position
    end: Position
    codes: tuple[Code, ...] = ()
    reason: str = ""
    """The text behind it."""
    fault: str = ""
    """Why it says nothing."""
    is_alone: bool = False
    """Whether no code stands on its line."""

    def holding(self, finding: Finding, also: frozenset[str] = frozenset()) -> Iterator[Code]:
        """The codes that switch a finding off; `also` is what other linters call its rule."""
        if self.fault or self.word in ("on", *CLAIMS):
            return
        is_own = self.start <= finding.start < self.end
        for code in self.codes:
            if not any(code.first <= row <= code.last for row in finding.rows):
                continue
            if is_own and code.text not in (finding.code, finding.name):
                continue  # what is said of a comment is not switched off by that comment, unless it names the rule
            if selects(code.text, finding.code, finding.name) or code.text in also:
                yield code


def selects(selector: str, code: str, name: str) -> bool:
    """Whether a selector (a code, the beginning of one, a name, or ALL) means a rule."""
    return selector in (EVERYTHING, name) or code.startswith(selector)


class Open(NamedTuple):
    """A range that no `on` has ended yet: its place among the suppressions, and its code."""

    place: int
    code: Code


def suppressions(comments: Iterable[tuple[Position, str]], lines: Sequence[str]) -> list[Suppression]:
    """Every suppression and claim of a file, in order, each range with its end."""
    found = [each for place, comment in comments for each in parts(place, comment, lines)]
    waiting: list[Open] = []
    for index, each in enumerate(found):
        if each.fault:
            continue
        if each.word == "off":
            waiting += [Open(index, code) for code in each.codes]
        elif each.word == "on":
            found[index] = closed(each, waiting, found)
    return found


def closed(on: Suppression, waiting: list[Open], found: list[Suppression]) -> Suppression:
    """An `on` whose codes end the last range of that code still open, or else hold nowhere; without codes it ends all
    that the last `off` began."""
    if not on.codes[0].is_written and waiting:
        ended = [(on.codes[0], each) for each in waiting if each.place == waiting[-1].place]
    else:
        open_now = {each.code.text: each for each in waiting}
        ended = [(code, open_now[code.text]) for code in on.codes if code.text in open_now]
    for code, each in ended:
        waiting.remove(each)
        off, ranged = found[each.place], replace(each.code, last=on.start.line, partner=code)
        codes = tuple(ranged if other is each.code else other for other in off.codes)
        found[each.place] = replace(off, codes=codes)
    ending = {code for code, _ in ended}
    return replace(on, codes=tuple(code if code in ending else replace(code, last=0) for code in on.codes))


def parts(place: Position, comment: str, lines: Sequence[str]) -> Iterator[Suppression]:
    """The suppressions of one comment."""
    is_alone = not lines[place.line - 1][: place.column - 1].strip()
    at = 0
    while head := HEAD.search(comment, at):
        further = NEXT.search(comment, head.end())
        at = further.start() if further else len(comment)
        text = comment[:at].rstrip()
        reader = Reader(place, head, text, is_alone)
        each = reader.directive() if head[1] else reader.noqa()
        if each is not None:
            yield each


@dataclass
class Reader:
    """Reads one part of a comment, `text` up to its end."""

    place: Position
    head: re.Match[str]
    text: str
    is_alone: bool

    @property
    def line(self) -> int:
        return self.place.line

    def at(self, offset: int) -> Position:
        return Position(self.line, self.place.column + offset)

    def noqa(self) -> Suppression | None:
        """What every linter reads; None where a colon follows and no code."""
        at = self.head.end()
        found = NOQA.match(self.text, at)
        if found:
            codes = self.codes(found.start(1), found.end(1), self.line, self.line)
            codes = tuple(replace(each, text=each.text.upper()) for each in codes)
            return self.made("noqa", codes, self.text[found.end() :])
        if self.text[at:].lstrip().startswith(":"):
            return None
        return self.made("noqa", (self.everything(at, self.line, self.line),), self.text[at:])

    def directive(self) -> Suppression:
        """What is said to memlint alone."""
        at = self.head.end()
        found = WORD.match(self.text, at)
        assert found is not None
        word, rest = found[1], self.text[found.end() :]
        if word in CLAIMS:
            return self.made(word, (), rest, claim_fault(word, self.text[found.start(1) :]))
        first, last = (1, LAST) if word == "ignore-file" else (self.line, LAST if word == "off" else self.line)
        if found[2] is None:
            codes: tuple[Code, ...] = (self.everything(found.end(1), first, last),)
        else:
            codes = self.codes(found.start(2), found.end(2), first, last)
        return self.made(word, codes, rest, self.fault(word, found[2], rest))

    def fault(self, word: str, listed: str | None, rest: str) -> str:
        """Why a comment that names rules does not switch them off."""
        if word not in WORDS:
            return "unknown word"
        if word in ALONE and not self.is_alone:
            return f"`{word}` counts on a line of its own; write `ignore[...]` for this line"
        if listed is None and rest.startswith("["):
            return "the bracket is not closed: add `]` behind the last code"
        if listed is None and (code := CODE.match(rest)):
            return f"codes stand in brackets: write `{word}[{code[1]}]`"
        if listed is not None and not NAME.search(listed):
            return f"the brackets name no rule: write `{word}[ML101]`, or `{word}` alone for all"
        return ""

    def codes(self, start: int, end: int, first: int, last: int) -> tuple[Code, ...]:
        found = NAME.finditer(self.text, start, end)
        return tuple(Code(each[0], self.at(each.start()), self.at(each.end()), first, last) for each in found)

    def everything(self, offset: int, first: int, last: int) -> Code:
        return Code(EVERYTHING, self.at(offset), self.at(offset), first, last)

    def made(self, word: str, codes: tuple[Code, ...], rest: str, fault: str = "") -> Suppression:
        start = self.at(self.head.start())
        return Suppression(word, start, self.at(len(self.text)), codes, rest.strip(), fault, self.is_alone)


def claim_fault(word: str, text: str) -> str:
    """What is wrong with a claim; empty where nothing is."""
    if word == "singleton":
        return "" if re.match(r"singleton(?:\s|$)", text) else "`singleton` takes no arguments; a reason may follow it"
    wanted = 'write `bounded(max=1000, because="one per tenant")`'
    if not text[len(word) :].lstrip().startswith("("):
        return f"the bound and the reason are missing: {wanted}"
    try:
        call = ast.parse(text[: text.rfind(")") + 1], mode="eval").body
    except (SyntaxError, ValueError):
        return f"the claim cannot be read: {wanted}"
    if not isinstance(call, ast.Call) or call.args or {each.arg for each in call.keywords} - {"max", "because"}:
        return f"a claim has `max` and `because`, by name: {wanted}"
    given = {each.arg: getattr(each.value, "value", None) for each in call.keywords}
    if "max" not in given or type(given["max"]) is not int or given["max"] < 1:
        return f"`max` must be a positive integer: {wanted}"
    because = given.get("because")
    if not isinstance(because, str) or not because.strip():
        return f"`because` must say why the bound holds: {wanted}"
    return ""
