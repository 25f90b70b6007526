from __future__ import annotations

import ast
import functools
import re

from memlint.api import Effect, Facts, Fix, Rule, Safety, Scan, Slice, all_of, cst, known

BLANKS = rb"(?:[\s\\(\[]|#[^\n]*\n)*"
BIG = (
    re.compile(rb"\*\*(?:(?:(?<=[\w)\]]\*\*)|(?<=[\w)\]] \*\*)|(?<=\\\n\*\*))[\s\\(]*\w|(?<=\s\s\*\*)[\s\\(]*\d)"),
    re.compile(rb"<<[\s\\(]*\w"),
    re.compile(rb"\d(?:(?<!\w\d)(?:[\d_.]*[eE]\d|[\d_]{6,}(?![\w.]))|(?<=0)[xXoObB])"),
)
FACTOR = re.compile(rb"\d(?<![\w.\"']\d)(?:[\d_]{2,}(?![\w.\"'])|\d[\s\\]*[,*][\s\\]*\d\d[\s\\]*[,*])")
PRODUCT = re.compile(rb"\*(?:(?<=[\w)\]]\*)|(?<=[\w)\]] \*)|(?<=\s\s\*))[\s\\(]*\w")
"""What a number of a million or more is made of."""

NAME = rb"([A-Za-z_\x80-\xff][\w\x80-\xff]*)(?![\w\x80-\xff])(?![\s\\]*[.(\[])"
COUNT = rb"(?:\d[\d_]{6,}|\d[\d_]*[\s\\]*(?:\*|<<)|\d[\d_.]*[eE]|0[xXoObB]|int\b|[(-]|" + NAME + rb")"
TEXT = rb"[bBrRuU]{0,2}[\"']"
REPEAT = re.compile(
    rb"\*(?:(?:(?<=\w\*)|(?<=\w \*)|(?<=\)\*)|(?<=\) \*)|(?<=\s\s\*))[\s\\]*(?:\[|\([^\n(),]*[\n(,]|" + TEXT + rb")"
    rb"|(?:(?<=[\])\"']\*)|(?<=[\])\"'] \*)|(?<=\s\s\*))[\s\\]*" + COUNT + rb")"
)
READ = re.compile(
    rb"(?:read1?|recv|readexactly|bytes|bytearray)[\s\\)]*\(" + BLANKS + COUNT + rb"|=[\s\\(]*byte\w+[\s\\)]*[\n;#]"
)
RANGE = re.compile(rb"range[\s\\)]*(?:\(" + BLANKS + rb"(?:-?\d|int\b|" + NAME + rb")|[^\s\\()])")
BOUND = rb"\b%b\b[^\n=]*=(?!=)[\s\\(]*(?:[^\n]*\d|int\b|\w+[\s\\)]*[\n;#])"
"""A name that may be bound to a number."""
WHOLE = frozenset({b"read", b"read_bytes", b"read_text", b"readlines"})


@functools.cache  # memlint: ignore[ML602] one entry per list of a table
def spelled(section: str, *keys: str) -> list[frozenset[bytes]]:
    """The words that a file has of each name of some lists, but for builtins."""
    names = (name for key in keys for name in known("producers", section, key))
    return [frozenset(name.encode().split(b".")) for name in names if not name.startswith("builtins.")]


@functools.cache  # memlint: ignore[ML602] a single one
def data_paths() -> re.Pattern[bytes]:
    """Finds strings that are called like data."""
    listed = (known("producers", "path", key) for key in ("ends", "words"))
    ends, words = (b"|".join(re.escape(each).encode() for each in sorted(names)) for names in listed)
    return re.compile(rb"(?i)(?:%b)[\"'{]|[\"'/}][^\"'\n/.]*(?<![a-z])(?:%b)(?![a-z])[^\"'\n/.]*\." % (ends, words))


def makes_large(scan: Scan) -> bool:
    """Whether a known call, a file of data, a range, a repeat or a size may give something large."""
    words, data = scan.words, scan.data

    def has(section: str, *keys: str) -> bool:
        return any(name <= words for name in spelled(section, *keys))

    def holds(*patterns: re.Pattern[bytes]) -> bool:
        return any(pattern.search(data) for pattern in patterns)

    def counts(pattern: re.Pattern[bytes]) -> bool:
        found = {each[1] for each in pattern.finditer(data)}
        return None in found or any(re.search(BOUND % re.escape(name), data) for name in found if name)

    if has("made_by", "frame", "array", "checkpoint", "model") or (b"from_pretrained" in words and b"Model" in data):
        return True
    if (not WHOLE.isdisjoint(words) or has("plausible", "document")) and holds(data_paths()):
        return True
    if (b"range" in words and counts(RANGE)) or has("sized", "first", "third", "dimensions"):
        return holds(FACTOR, *BIG)
    return (counts(REPEAT) or counts(READ)) and (holds(*BIG) or (holds(FACTOR) and holds(PRODUCT)))


class DeadLargeLocal(Rule):
    """A local name holds its value until the function ends, however long nothing has used it."""

    code = "ML401"
    name = "dead-large-local"
    effect = Effect.PEAK
    fixes = (Safety.SAFE, Safety.UNSAFE)
    gate = all_of(rb"=", file=(makes_large,))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.temporaries.dead(each) for each in facts.temporaries.candidates(part.first, part.last))

    def visit_Assign(self, node: cst.Assign) -> None:
        self.examine(self.twin(node, ast.Assign))

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self.examine(self.twin(node, ast.AnnAssign))

    def examine(self, statement: ast.Assign | ast.AnnAssign | None) -> None:
        found = self.facts.temporaries.dead(statement) if statement else None
        if statement is None or found is None:
            return
        fix = None if found.unfixed else self.deletion(found.name, found.last)
        self.report(
            statement,
            f"`{found.name}` is used no more, but holds {found.what} while {found.how}: "
            f"`del {found.name}` after its last use",
            related=[(found.last, "its last use"), (found.event, "what it is held through")],
            fix=fix,
            unfixed=found.unfixed or ("" if fix else "the last use shares its line"),
            optional=isinstance(self.facts.tree.function(statement), ast.Module) and not self.facts.closures.is_program,
        )

    def deletion(self, name: str, last: ast.stmt) -> Fix | None:
        """Delete the name on a line of its own behind the last use."""
        insertion = self.insertion_behind(last, f"del {name}")
        is_module = isinstance(self.facts.tree.function(last), ast.Module)
        safety = Safety.UNSAFE if is_module else Safety.SAFE
        return Fix(f"delete `{name}` after its last use", safety, (insertion,)) if insertion else None
