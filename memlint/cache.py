"""What earlier runs found, kept in one SQLite file: a file that nothing has changed for is not read again.

A row holds for a file as long as its own text, and what its findings depended on elsewhere, are as they were: other
files; the names in folders where a file was looked for in vain; and, where a rule searched a whole package, all files
of it. The key of a row says under which settings, and by which memlint, rules,
libcst and Python, it was worked out. A cache that cannot be used is left alone: the run goes on without.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache, cached_property
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from memlint.installed import GROUP, declared, releases
from memlint.model import (
    Dependencies,
    Edit,
    Effect,
    Finding,
    Fix,
    Outcome,
    Position,
    Related,
    Safety,
    Severity,
    Unchecked,
)
from memlint.profile import PACKAGING
from memlint.settings import Settings
from memlint.stamps import Stamps, digest, digest_of, stamp_of
from memlint.version import VERSION

if TYPE_CHECKING:
    from memlint.run import Task

NAME, FILE = ".memlint_cache", "files.db"
SCHEMA = "CREATE TABLE IF NOT EXISTS files (path BLOB PRIMARY KEY, key TEXT, stamp TEXT, digest BLOB, result TEXT)"
SELECT = "SELECT path, key, stamp, digest, result FROM files"
AT_ONCE = 500
"""Rows that are written together."""
UNUSABLE = (sqlite3.Error, ValueError, KeyError, TypeError, IndexError)
"""What reading a row raises that another program has written, or nobody."""
PATIENCE = 2.0
"""Seconds that a run waits for another one to write."""


def folder_for(named: str | None, root: Path) -> Path:
    """Where outcomes are kept: in the folder that is named, else in that of the project."""
    return Path(named) if named else root / NAME


class Row(NamedTuple):
    """What is known of a file: size and time, a digest of its bytes, and the outcome as JSON, with what it depends
    on."""

    path: str
    key: str
    stamp: str
    digest: bytes
    result: str


class Cache:
    """The rows of one cache file. Where there is trouble with it, `trouble` says so, and it is empty and keeps
    nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.trouble = ""
        self.waiting: list[Row] = []
        self.stamps = Stamps(self.digest_at)
        self.here = os.getcwd()
        self.connection: sqlite3.Connection | None = None
        if self.file.is_file():
            self.open()

    @property
    def file(self) -> Path:
        return self.folder / FILE

    def open(self) -> None:
        try:
            self.connection = sqlite3.connect(self.file, timeout=PATIENCE)
            self.connection.execute(f"{SELECT} LIMIT 0")
        except (sqlite3.Error, OSError) as error:
            self.give_up(error)

    def give_up(self, error: Exception) -> None:
        self.trouble = f"the cache in {self.folder} is not used: {error}"
        self.waiting.clear()
        self.close()

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def known(self, tasks: Sequence[Task]) -> dict[int, Outcome]:
        """The outcomes of an earlier run that still hold, each by its place among the tasks."""
        known: dict[int, Outcome] = {}
        try:
            for index, task in enumerate(tasks):
                row = self.rows.get(self.absolute(task.path))
                if row and (outcome := self.checked(task, row)):
                    known[index] = outcome
        except UNUSABLE as error:
            self.give_up(error)
        return known

    def digest_at(self, path: str, stamp: str) -> bytes:
        """The digest of a file's bytes as a row has it for that stamp; empty where none does."""
        row = self.rows.get(path)
        return row.digest if row and row.stamp == stamp else b""

    @cached_property
    def rows(self) -> dict[str, Row]:
        """All rows, by path, as they were before this run."""
        if self.connection is None:
            return {}
        try:
            found = self.connection.execute(SELECT).fetchall()
            return {row[0]: Row(*row) for row in ((os.fsdecode(path), *others) for path, *others in found)}
        except UNUSABLE as error:
            self.give_up(error)
            return {}

    def absolute(self, path: str | Path) -> str:
        """The absolute path of one from the working directory, which is asked for once."""
        return os.path.normpath(os.path.join(self.here, path))

    def checked(self, task: Task, row: Row) -> Outcome | None:
        """The outcome in a row, where neither the file nor what its findings depended on has changed."""
        if row.key != key_of(task.settings, task.named):
            return None
        stamp = self.stamps.of("file", row.path)
        is_same = bool(stamp) and stamp == row.stamp
        if not is_same and digest_of(task.path) != row.digest:
            return None
        stored = json.loads(row.result) if row.result else None
        if stored and not (stored["path"] == task.path and self.stamps.hold(stored["depends"])):
            return None
        if stamp != row.stamp:
            self.enter(row._replace(stamp=stamp))
        return outcome_of(task.path, stored) if stored else Outcome(task.path)

    def keep(self, task: Task, outcome: Outcome) -> None:
        """Enter an outcome; one with a failure is worked out anew each time."""
        depends = outcome.depends
        if outcome.failures or depends is None or self.trouble:
            return
        is_plain = not (outcome.findings or outcome.unchecked or outcome.withheld or depends.states)
        result = "" if is_plain else json.dumps(plain_of(outcome), separators=(",", ":"))
        key = key_of(task.settings, task.named)
        self.enter(Row(self.absolute(task.path), key, depends.stamp, depends.digest, result))

    def profile(self, root: Path, paths: Iterable[str], guess: Callable[[], tuple[str, str]]) -> tuple[str, str]:
        """The kind of program that a project is, and why, as it was guessed from the same files before, or anew."""
        read = chain(paths, (str(root / name) for name in PACKAGING))
        states = (f"{path} {self.stamps.of('content', self.absolute(path))}" for path in read)
        path, key = f"{root}{os.sep}?", digest([program(), *states])
        try:
            row = self.rows.get(path)
            if row and row.key == key:
                kind, reason = json.loads(row.result)
                return kind, reason
        except UNUSABLE as error:
            self.give_up(error)
        kind, reason = guess()
        if not self.trouble:
            self.enter(Row(path, key, "", b"", json.dumps([kind, reason])))
        return kind, reason

    def enter(self, row: Row) -> None:
        self.waiting.append(row)
        if len(self.waiting) >= AT_ONCE:
            self.write()

    def write(self) -> None:
        """Write what is new; where another run holds the file, or it cannot be written, nothing is."""
        if not self.waiting or self.trouble:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not (self.folder / ".gitignore").exists():
                (self.folder / ".gitignore").write_text("# Made by memlint.\n*\n", "utf-8")
            if self.connection is None:
                self.connection = sqlite3.connect(self.file, timeout=PATIENCE)
                self.connection.execute("PRAGMA journal_mode=WAL")
                self.connection.execute(SCHEMA)
            with self.connection:
                rows = [(os.fsencode(row.path), *row[1:]) for row in self.waiting]
                self.connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)", rows)
            self.waiting.clear()
        except (sqlite3.Error, OSError) as error:
            self.give_up(error)


def dependencies(data: bytes, stamp: str, outcome: Outcome, stamps: Stamps) -> Dependencies:
    """What an outcome depends on, as a row keeps it: of paths that are not there, the names in their folders. `data`
    and `stamp` are those of the file itself, the stamp from before it was read."""
    asked = {stamps.telling(each) for each in outcome.looked_for} | {("package", each) for each in outcome.searched}
    states = tuple((sort, path, stamps.of(sort, path)) for sort, path in sorted(asked))
    return Dependencies(stamp, hashlib.blake2b(data).digest(), states)


@cache
def key_of(settings: Settings, named: bool) -> str:
    """What an outcome depends on beside source text and the path in its findings: settings, whether the file is named,
    and the program that reads them."""
    return digest([*settings.bearing_on_findings(), str(named), program()])


@cache
def program() -> str:
    """memlint and all modules with rules, the knowledge, Python, and what releases are installed: libcst's counts."""
    installed = releases()
    modules = {"memlint", "memlint.rules", *chain.from_iterable(map(offering, installed))}
    own = sorted(file for module in modules for file in sources(module))
    return digest(
        [
            VERSION,
            sys.version,
            *(name for _, name in installed),
            *(f"{path} {stamp_of(path, fresh=0)}" for path in own),
        ]
    )


def offering(release: tuple[str, str]) -> Iterator[str]:
    """The top-level modules by which an installed distribution offers rules."""
    group = declared(release).partition(f"[{GROUP}]")[2].partition("\n[")[0]
    for line in group.splitlines():
        name, is_entry, value = line.partition("=")
        if is_entry and name.strip():
            yield value.strip().partition(":")[0].partition(".")[0]


def sources(module: str) -> Iterator[str]:
    """The files of a module or package, and the tables beside them."""
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        yield from [spec.origin] if spec and spec.origin else []
        return
    for root in spec.submodule_search_locations:
        for folder, _, names in os.walk(root):
            yield from (os.path.join(folder, name) for name in names if name.endswith((".py", ".json")))


def plain_of(outcome: Outcome) -> dict[str, Any]:
    """An outcome as JSON holds it, with its path as the user wrote it."""
    assert outcome.depends is not None
    return {
        "path": outcome.path,
        "findings": [plain(each) for each in outcome.findings],
        "unchecked": [plain(each) for each in outcome.unchecked],
        "withheld": outcome.withheld,
        "depends": outcome.depends.states,
    }


def plain(value: Any) -> Any:
    if is_dataclass(value):
        return [plain(getattr(value, each.name)) for each in fields(value)]
    if isinstance(value, Enum):
        return value.value
    return [plain(each) for each in value] if isinstance(value, tuple) else value


def outcome_of(path: str, stored: dict[str, Any]) -> Outcome:
    findings = [finding_of(path, each) for each in stored["findings"]]
    unchecked = [Unchecked(path, *rest) for _, *rest in stored["unchecked"]]
    return Outcome(path, findings, unchecked=unchecked, withheld=stored["withheld"])


def finding_of(path: str, row: list[Any]) -> Finding:
    found = dict(zip((each.name for each in fields(Finding)), row, strict=True))
    found |= {
        "path": path,
        "start": Position(*found["start"]),
        "end": Position(*found["end"]),
        "effect": Effect(found["effect"]),
        "severity": Severity(found["severity"]),
        "related": tuple(map(related_of, found["related"])),
        "cycle": tuple(found["cycle"]),
        "flow": tuple(map(related_of, found["flow"])),
        "fix": fix_of(found["fix"]) if found["fix"] else None,
        "rows": tuple(found["rows"]),
    }
    return Finding(**found)


def related_of(row: list[Any]) -> Related:
    path, start, end, *rest = row
    return Related(path, Position(*start), Position(*end), *rest)


def fix_of(row: list[Any]) -> Fix:
    message, safety, edits = row
    return Fix(message, Safety(safety), tuple(Edit(Position(*a), Position(*b), content) for a, b, content in edits))
