"""The gate: cheap necessary conditions over bytes, so that most source is never parsed.

A gate errs on the open side. What it lets through the rule still judges; what it holds back the rule would never
have reported.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

WORD = re.compile(rb"(?!\(\?[a-z]+\))(?:\w|\\b|\\w|[|()*+?:]|\[\w+\])+")
"""A pattern that can only match within one identifier."""

REST = rb"(?:[^\S\n]|\\\n)*"
"""Blanks that may stand between two tokens of one logical line outside brackets."""

STRING = rb'"(?:[^"\\\n]|\\[\s\S])*"' + rb"|'(?:[^'\\\n]|\\[\s\S])*'"
CONTAINER = (
    rb"""[\[{]|\([^)]*?[\[{("'#]|\w+(?:(?:\s|\\\n|#[^\n]*\n)*\.(?:\s|\\\n|#[^\n]*\n)*\w+)*(?:\s|\\\n|#[^\n]*\n)*\("""
)
CONTAINER_DEFAULT = (
    rb"def[\s\\]+[^\s(\[\\]+[\s\\]*[\[(](?:[^\"'#)]|" + STRING + rb"|#[^\n]*\n|\)(?!\s*(?:->|:)))*?"
    rb"(?:=(?:\s|\\\n|#[^\n]*\n)*(?:" + CONTAINER + rb")|\"\"\"|'''|(?!" + STRING + rb")[\"'])"
    rb"|lambda\b[^:]*?=[^:]*?(?:[\[{(\"'#]|lambda)"
)
"""A parameter's default that may be a display, a comprehension, a call or a tuple of such, in a `def` or a lambda; or a
string in front of it that no single line holds."""


LARGE_MAKERS = rb"read|load|fromfile|from_pretrained|genfromtxt|parse\b|\d[\d_]{3,}|\d\s*\*|<<|\de\d|\*\s*\*"
"""What stands in a file where some value is large: a call that reads or loads, or the numbers of a size."""

IDENTIFIER = re.compile(rb"[^\W\d]\w*")

LONG_STRING = rb'"""[^"\\]*(?:(?:\\[\s\S]|"(?!""))[^"\\]*)*"""' + rb"|'''[^'\\]*(?:(?:\\[\s\S]|'(?!''))[^'\\]*)*'''"
TEXT = re.compile(rb"#[^\n]*|" + LONG_STRING + rb"|" + STRING)
"""A comment or a string: what begins with one of three signs, which are looked for fast."""
WITH_CODE = re.compile(rb"\b(?:[fFtT][rR]?|[rR][fFtT])\Z")
LETTERS = frozenset({b"f", b"F", b"t", b"T", b"r", b"R"})
SPACED_DOT = re.compile(rb"(?<=[\w\])\"'])(?<!\bfrom)(?:[^\S\n]+\.[^\S\n]*|\.[^\S\n]+)(?=[^\W\d])")
BRACKET = re.compile(rb"[()\[\]{}\n]")
NAME_ALONE = re.compile(rb"\\b\w+\\b")
MOST_WORDS = 100_000
"""Words that are remembered."""
NOTHING: frozenset[bytes] = frozenset()


def kept(found: re.Match[bytes]) -> bytes:
    """What logical lines keep of a comment or a string: the quotes, and code in it on one line, with what it lacks of
    brackets behind it."""
    text, start = found[0], found.start()
    if text.startswith(b"#"):
        return b""
    if found.string[start - 1 : start] not in LETTERS or not WITH_CODE.search(found.string[max(start - 3, 0) : start]):
        return text[:1] * 2
    unclosed = len(text.translate(None, b")]}")) - len(text.translate(None, b"([{"))
    return text.replace(b"\n", b" ") + b")" * unclosed + b"(" * -unclosed


class Scan:
    """Some bytes, and what occurs in them: each thing is looked for once, however many gates ask."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self._found: dict[Condition, bool] = {}

    def has(self, condition: Condition) -> bool:
        found = self._found.get(condition)
        if found is None:
            found = self._found[condition] = condition(self) if callable(condition) else self._matches(condition)
        return found

    def _matches(self, pattern: bytes) -> bool:
        if LEXICON.is_of_word(pattern):
            return pattern in self.told
        return compiled(pattern)(self.data) is not None

    @cached_property
    def words(self) -> frozenset[bytes]:
        """Every identifier and keyword; those in comments and strings as well."""
        return frozenset(IDENTIFIER.findall(self.data))

    @cached_property
    def told(self) -> frozenset[bytes]:
        """The patterns of a word that some word matches."""
        return LEXICON.told(self.words)

    @cached_property
    def lines(self) -> list[bytes]:
        """The logical lines, each with its indentation; without comments, what is in strings, and blanks by dots."""
        return self.code.split(b"\n")

    @cached_property
    def code(self) -> bytes:
        """The logical lines together."""
        text = TEXT.sub(kept, self.data).replace(b"\\\n", b" ")
        depth, start, parts = 0, 0, []
        for found in BRACKET.finditer(text):
            sign = found[0]
            if sign != b"\n":
                depth += 1 if sign in b"([{" else -1
            elif depth > 0:
                parts.append(text[start : found.start()])
                start = found.end()
        parts.append(text[start:])
        text = b" ".join(parts)
        return SPACED_DOT.sub(b".", text) if b" ." in text or b". " in text else text


Question: TypeAlias = Callable[[Scan], bool]
"""What a text is asked where no pattern can say it."""
Condition: TypeAlias = bytes | Question
"""A regular expression over UTF-8, or a question."""


@dataclass(frozen=True)
class Gate:
    """A conjunction: every condition of `statement` holds for the top-level statement that holds the anchor, and for
    the file; every one of `file` for the file.

    Patterns are looked for in each. Questions cost more: they are asked of a file, and last.
    """

    statement: tuple[bytes, ...] = ()
    file: tuple[Condition, ...] = ()

    @cached_property
    def of_statement(self) -> Patterns:
        return patterns(self.statement)

    @cached_property
    def of_file(self) -> Patterns:
        return patterns((*self.file, *self.statement))

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        return tuple(each for each in self.file if not isinstance(each, bytes))

    def admits_file(self, scan: Scan) -> bool:
        return self.of_file.occur(scan) and all(map(scan.has, self.questions))

    def admits_statement(self, scan: Scan) -> bool:
        return self.of_statement.occur(scan)


class Patterns(NamedTuple):
    """Patterns by what they cost: of a word, and others."""

    words: frozenset[bytes]
    others: tuple[bytes, ...]

    def occur(self, scan: Scan) -> bool:
        return self.words <= scan.told and all(map(scan.has, self.others))


def patterns(conditions: Iterable[Condition]) -> Patterns:
    found = [each for each in conditions if isinstance(each, bytes)]
    words = frozenset(filter(LEXICON.is_of_word, found))
    return Patterns(words, tuple(each for each in found if each not in words))


def all_of(*statement: bytes, file: Iterable[Condition] = ()) -> Gate:
    """A gate of conditions; names that an alias may hide belong in `file`."""
    gate = Gate(statement, tuple(file))
    for each in (*gate.statement, *gate.file):
        if isinstance(each, bytes):
            LEXICON.is_of_word(each)
    return gate


@functools.cache  # memlint: ignore[ML602] one entry per pattern of a rule
def compiled(pattern: bytes) -> Callable[[bytes], object]:
    """The search for a pattern."""
    return re.compile(pattern).search


class Lexicon:
    """The patterns that match within one word, and what is known of the words that were met: a word is asked for all
    of them once."""

    def __init__(self) -> None:
        self._patterns: dict[bytes, bool] = {}
        """Every pattern that a gate has, and whether it is one of a word."""
        self._met: set[bytes] = set()
        self._telling: dict[bytes, frozenset[bytes]] = {}
        """The patterns that match a word, where any do."""
        self._words: set[bytes] = set()

    def is_of_word(self, pattern: bytes) -> bool:
        """Whether a pattern matches within one word; one that is new makes all words new."""
        found = self._patterns.get(pattern)
        if found is None:
            found = self._patterns[pattern] = WORD.fullmatch(pattern) is not None
            self._forget()
        return found

    def told(self, words: frozenset[bytes]) -> frozenset[bytes]:
        """The patterns that any of some words matches."""
        new = words - self._met
        if len(self._met) + len(new) > MOST_WORDS:
            self._forget()
            new = words
        if new:
            self._meet(new)
        return NOTHING.union(*map(self._telling.__getitem__, words & self._words))

    def _meet(self, words: frozenset[bytes]) -> None:
        names, parts = telling(tuple(pattern for pattern, is_word in self._patterns.items() if is_word))
        for word in words:
            if word in names or parts(word):
                self._telling[word] = self._matched(word)
        self._met |= words
        self._words = set(self._telling)

    def _forget(self) -> None:
        self._met.clear()
        self._telling.clear()
        self._words.clear()

    def _matched(self, word: bytes) -> frozenset[bytes]:
        return frozenset(each for each, is_word in self._patterns.items() if is_word and compiled(each)(word))


@functools.lru_cache(maxsize=1)
def telling(patterns: tuple[bytes, ...]) -> tuple[frozenset[bytes], Callable[[bytes], object]]:
    """The words that patterns mean as a whole, and the search for what else matches any of them. What begins with one
    letter stands together: that is found several times as fast."""
    choices = {each for pattern in patterns for each in (pattern.split(b"|") if b"(" not in pattern else [pattern])}
    names = {each[2:-2] for each in choices if NAME_ALONE.fullmatch(each)}
    by_letter: dict[bytes, list[bytes]] = {}
    for each in sorted(choices):
        if not NAME_ALONE.fullmatch(each):
            by_letter.setdefault(each[:1] if IDENTIFIER.fullmatch(each) else b"", []).append(each)
    others = by_letter.pop(b"", [])
    together = [letter + b"(?:" + b"|".join(each[1:] for each in found) + b")" for letter, found in by_letter.items()]
    return frozenset(names), re.compile(b"|".join([*together, *(b"(?:%s)" % each for each in others)])).search


LEXICON = Lexicon()
