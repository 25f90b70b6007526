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
from typing import TypeAlias

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

GAP = rb"(?:[\s\\]|#[^\n]*\n)*"
"""What may stand between two tokens of one expression, in brackets or out of them."""
OPENING = rb"(?:[\s\\(]|#[^\n]*\n)*"
"""The same, and brackets around what follows."""
FAR = 80
"""Bytes in front of an assignment's sign that may hold the name."""

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
        return (SPACED_DOT.sub(b".", text) if b" ." in text or b". " in text else text).split(b"\n")


Condition: TypeAlias = bytes | Callable[[Scan], bool]
"""A regular expression over UTF-8, or a question to the text."""


@dataclass(frozen=True)
class Gate:
    """A conjunction: every condition of `statement` holds for the top-level statement that holds the anchor, and for
    the file; every one of `file` for the file."""

    statement: tuple[Condition, ...] = ()
    file: tuple[Condition, ...] = ()

    def admits_file(self, scan: Scan) -> bool:
        return all(map(scan.has, self.file)) and all(map(scan.has, self.statement))

    def admits_statement(self, scan: Scan) -> bool:
        return all(map(scan.has, self.statement))


def all_of(*statement: Condition, file: Iterable[Condition] = ()) -> Gate:
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
        self._known: dict[bytes, frozenset[bytes]] = {}

    def is_of_word(self, pattern: bytes) -> bool:
        """Whether a pattern matches within one word; one that is new makes all words new."""
        found = self._patterns.get(pattern)
        if found is None:
            found = self._patterns[pattern] = WORD.fullmatch(pattern) is not None
            self._known.clear()
        return found

    def told(self, words: frozenset[bytes]) -> frozenset[bytes]:
        """The patterns that any of some words matches."""
        new = words - self._known.keys()
        if len(self._known) + len(new) > MOST_WORDS:
            self._known.clear()
            new = words
        if new:
            either = self._any(tuple(pattern for pattern, is_word in self._patterns.items() if is_word))
            for word in new:
                self._known[word] = self._matched(word) if either(word) else NOTHING
        return NOTHING.union(*filter(None, map(self._known.__getitem__, words)))

    def _matched(self, word: bytes) -> frozenset[bytes]:
        return frozenset(each for each, is_word in self._patterns.items() if is_word and compiled(each)(word))

    @staticmethod
    @functools.lru_cache(maxsize=1)
    def _any(patterns: tuple[bytes, ...]) -> Callable[[bytes], object]:
        return re.compile(b"|".join(b"(?:%s)" % each for each in patterns)).search


MOST_WORDS = 50_000
"""Words that are remembered."""
NOTHING: frozenset[bytes] = frozenset()
LEXICON = Lexicon()


class Called:
    """Tells, of functions by their full names, which ones a file may call."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names: list[tuple[frozenset[bytes], bytes]] = []
        """What must occur for each name, and a pattern of its last part."""
        for name in names:
            *owners, last = name.encode().split(b".")
            self.names.append((frozenset((*owners, last)), last + rb"(?<!\w" + last + rb")"))
            if owners == [b"builtins"]:
                self.names.append((frozenset((last,)), last + rb"(?<![\w.]" + last + rb")"))

    def spelled(self, scan: Scan) -> Calls | None:
        """What to look for where all parts of one of the names occur."""
        found = frozenset(last for words, last in self.names if words <= scan.words)
        return calls(found) if found else None


@functools.cache  # memlint: ignore[ML602] one entry per set of names that occur together
def calls(names: frozenset[bytes]) -> Calls:
    return Calls(rb"(" + b"|".join(sorted(names)) + rb")\b")


class Calls:
    """Patterns of what a file does with some functions."""

    def __init__(self, name: bytes) -> None:
        dotted = rb"(?:\w+" + GAP + rb"\." + GAP + rb")*"
        arguments = rb"\((?:[^()\n]|\([^()\n]*\))*\)"
        self.name = name
        self.call = re.compile(name + GAP + rb"\(")
        self.assigned = re.compile(rb"=" + OPENING + rb"(?:await\b" + OPENING + rb")?" + dotted + name + GAP + rb"\(")
        """A call that is all of what is assigned, or its beginning."""
        self.managed = re.compile(rb"\bwith[ \t]+[\w.]*" + name + arguments + rb"[ \t]+as[ \t]+\w+:")
        """A call in a `with` of its own, as it is mostly written."""
        self.imported = re.compile(name + GAP + rb"as\b")
        self.given = re.compile(rb"=(?:[^=:;]*,)?" + OPENING + dotted + name + rb"[\s\\]*(?:[,;)\]#=]|$)", re.MULTILINE)

    def are_unmanaged(self, scan: Scan) -> bool:
        """Whether there may be a call that has no `with` of its own."""
        return len(self.call.findall(scan.data)) > len(self.managed.findall(scan.data))

    def are_renamed(self, scan: Scan) -> bool:
        """Whether an import or an assignment may give a function another name than its own."""
        if self.imported.search(scan.data):
            return True
        for each in self.given.finditer(scan.data):
            before = scan.data[max(each.start() - FAR, 0) : each.start()]
            if not before.rstrip(b" \t\\").endswith(each[1]):
                return True
        return False
