"""What a run produces, as plain data: it crosses processes and becomes JSON, and holds no tree."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import NamedTuple


class Effect(enum.Enum):
    """What a fault does to memory, the dearest first; the value is the word that users read."""

    KEPT = "kept"
    LATE = "late"
    PEAK = "peak"
    SHARED = "shared"
    LOST = "lost"
    TIME = "time"
    NONE = "none"

    @property
    def phrase(self) -> str:
        """The effect as it reads in a summary: `3 freed late`."""
        return PHRASES[self]

    @property
    def why(self) -> str:
        """Why the effect matters, in one line."""
        return REASONS[self]


PHRASES = {
    Effect.KEPT: "kept",
    Effect.LATE: "freed late",
    Effect.PEAK: "peak",
    Effect.SHARED: "shared",
    Effect.LOST: "lost",
    Effect.TIME: "time",
    Effect.NONE: "other",
}

REASONS = {
    Effect.KEPT: "kept for good: not even the garbage collector can free it",
    Effect.LATE: "freed late: only the garbage collector frees a cycle, and it counts objects, not bytes",
    Effect.PEAK: "peak: the process needs a multiple of the memory that the work needs",
    Effect.SHARED: "shared: two names change one object",
    Effect.LOST: "lost: freed too early, or never run",
    Effect.TIME: "time: costs time, no memory",
    Effect.NONE: "other",
}


class Severity(enum.IntEnum):
    """How bad a finding is, in rising order."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        return self.name.lower()


class Safety(enum.Enum):
    """How far a fix can be trusted; the value is ruff's word for it."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    SHOW = "display"


class Position(NamedTuple):
    """A place between two characters: line and column count from 1, columns in characters."""

    line: int
    column: int


def place(start: Position, cell: int) -> str:
    """A place as reports tell it: `3:5`, in a notebook `cell 2:3:5` as ruff does."""
    return f"cell {cell}:{start.line}:{start.column}" if cell else f"{start.line}:{start.column}"


class Edit(NamedTuple):
    """Replace the text from `start` up to `end` by `content`, whose lines end in `\\n`."""

    start: Position
    end: Position
    content: str


class Fix(NamedTuple):
    """Edits of one file that stand or fall together."""

    message: str
    safety: Safety
    edits: tuple[Edit, ...]


class Related(NamedTuple):
    """Another place that a finding is about: the far end of a cycle, the write to a shared default."""

    path: str
    start: Position
    end: Position
    message: str
    cell: int = 0
    """In a notebook the number of the cell in which its lines are counted."""

    @property
    def place(self) -> str:
        return place(self.start, self.cell)


@dataclass(frozen=True)
class Finding:
    """One fault at one place."""

    path: str
    start: Position
    end: Position
    code: str
    name: str
    effect: Effect
    severity: Severity
    message: str
    related: tuple[Related, ...] = ()
    cycle: tuple[str, ...] = ()
    """The links of a cycle in order, the first repeated at the end: `A.child`, `C.owner`, `A`."""
    flow: tuple[Related, ...] = ()
    """Where each link of the cycle is made, in the same order, with the link as its message."""
    fix: Fix | None = None
    unfixed: str = ""
    """Why a fix that exists in principle is not offered here."""
    scope: str = ""
    """The qualified name of the function or class that it is in."""
    anchor: str = ""
    """What stays of rule, scope and code when lines move, the layout changes or locals are renamed, as a digest."""
    fingerprint: str = ""
    """The anchor within its file: of equal ones each has its own."""
    is_optional: bool = False
    """Whether it is shown only where the settings select its rule: of a rule that is on, what is not on by default."""
    rows: tuple[int, ...] = ()
    """Lines on which a suppression comment counts; a new one belongs on the first."""
    claim: int = 0
    """The line of a claim that answers it, which the code does not contradict; 0 where there is none."""
    cell: int = 0
    """In a notebook the number of the cell in which all its lines are counted, those of its fix too: from 1, as ruff
    counts."""

    @property
    def place(self) -> str:
        """Where it is in its file: `3:5`, or `cell 2:3:5`."""
        return place(self.start, self.cell)


class Failure(NamedTuple):
    """Something that memlint could not do; the rest of the run went on."""

    path: str
    message: str
    rule: str = ""


class Unchecked(NamedTuple):
    """Source that was deliberately not analysed, and why."""

    path: str
    line: int
    reason: str
    cell: int = 0
    is_usual: bool = False
    """Whether nobody expects it to be analysed, so that only --verbose tells of it."""


class Rewrite(NamedTuple):
    """The bytes that a fixed file is to hold, and a digest of those that were read."""

    before: bytes
    data: bytes
    diff: str


class Dependencies(NamedTuple):
    """What an outcome depends on, by which a later run knows whether it still holds."""

    stamp: str
    """Size and time of the file."""
    digest: bytes
    """Of its bytes."""
    states: tuple[tuple[str, str, str], ...] = ()
    """Of other files, folders and packages: sort, path, state."""


@dataclass
class Outcome:
    """What one file gave."""

    path: str
    findings: list[Finding] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    unchecked: list[Unchecked] = field(default_factory=list)
    fixed: list[Finding] = field(default_factory=list)
    """Findings whose fix is in `rewrite`, in order of application."""
    rewrite: Rewrite | None = None
    withheld: int = 0
    """Findings that are told only where their rules are selected."""
    looked_for: frozenset[str] = frozenset()
    """Paths of other files, there or not, that the findings depend on."""
    searched: frozenset[str] = frozenset()
    """Folders of packages in any of whose files a rule has looked for something."""
    depends: Dependencies | None = None
    """The same for the cache, where it is to keep the outcome."""


@dataclass
class Report:
    """A whole run: its outcomes merged, in the order of discovery."""

    files: int = 0
    paths: list[str] = field(default_factory=list)
    """Of all these files."""
    findings: list[Finding] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    unchecked: list[Unchecked] = field(default_factory=list)
    fixed: list[Finding] = field(default_factory=list)
    withheld: int = 0
    hidden: int = 0
    """Findings that a baseline lists."""
    stale: int = 0
    """Entries of a baseline whose findings are gone."""
    unchanged: int = 0
    """Findings that are left out because they are on no changed line."""
    deed: str = "Fixed"
    """What was done about the findings in `fixed`, as a summary says it."""

    def fails(self, fail_on: Severity) -> bool:
        """Whether the findings make the exit status 1."""
        return any(finding.severity >= fail_on for finding in self.findings)

    def add(self, outcome: Outcome) -> None:
        self.files += 1
        self.paths.append(outcome.path)
        self.findings.extend(outcome.findings)
        self.failures.extend(outcome.failures)
        self.unchecked.extend(outcome.unchecked)
        self.fixed.extend(outcome.fixed)
        self.withheld += outcome.withheld
