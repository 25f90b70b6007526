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

    Patterns are looked for in each. Questions cost more: they are asked of a file alone, and only where none of the
    rules whose patterns occur does without, as such a file is read anyway. Those of `always` are asked of every file:
    what such a rule suspects costs more still.
    """

    statement: tuple[Condition, ...] = ()
    file: tuple[Condition, ...] = ()
    always: tuple[Question, ...] = ()

    @cached_property
    def of_statement(self) -> Patterns:
        return patterns(self.statement)

    @cached_property
    def of_file(self) -> Patterns:
        return patterns((*self.file, *self.statement))

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        return tuple(each for each in (*self.file, *self.statement) if not isinstance(each, bytes))

    def admits_file(self, scan: Scan) -> bool:
        """Whether the patterns occur in a file, and what is always asked of it holds."""
        return self.of_file.occur(scan) and all(map(scan.has, self.always))

    def admits_statement(self, scan: Scan) -> bool:
        """Whether those of a statement occur in one."""
        return self.of_statement.occur(scan)

    def wants(self, scan: Scan) -> bool:
        """Whether a file that is admitted has to be read: no question says that nothing is to be found."""
        return all(map(scan.has, self.questions))


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


def all_of(*statement: Condition, file: Iterable[Condition] = (), always: Iterable[Question] = ()) -> Gate:
    """A gate of conditions; names that an alias may hide belong in `file`."""
    gate = Gate(statement, tuple(file), tuple(always))
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


NAME_ALONE = re.compile(rb"\\b\w+\\b")
MOST_WORDS = 100_000
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
