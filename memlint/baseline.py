"""The baseline: a file that lists the findings which a project lives with, so that a check tells of new ones only.

An entry holds for one finding in the file of its path: by the rule, the enclosing function or class, and the normal
form of the code. Of equal entries each hides one finding. Paths are relative to the folder of the baseline. Severity
and message are for people; the severity tells, too, whether a run could have found what an entry is about.
"""

from __future__ import annotations

import json
import os
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from memlint.layers import place
from memlint.mistakes import UsageError, quoted
from memlint.model import Finding, Outcome, Position
from memlint.settings import Settings
from memlint.values import SEVERITIES

NAME = "memlint-baseline.json"
MARK, VERSION = "memlint-baseline", 1
TEXTS = ("rule", "scope", "message", "severity", "anchor")
CONFLICT = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)
WAY_OUT = "take it back from version control, or remove it and run memlint baseline create"


class Entry(NamedTuple):
    """One finding that the baseline hides."""

    rule: str
    scope: str
    message: str
    severity: str
    anchor: str
    optional: bool = False
    """Whether it is told only where its rule is selected."""

    @property
    def key(self) -> tuple[str, str]:
        return self.rule, self.anchor


Entries = dict[str, list[Entry]]


class Baseline:
    """The entries of a file, and what becomes of them as outcomes are held against them."""

    def __init__(self, file: Path, entries: Entries) -> None:
        self.file = file
        self.folder = os.path.realpath(file.parent)
        self.unseen = entries
        """Of files that were not checked."""
        self.kept: Entries = {}
        """Of findings that are there still, and of those that this run could not have found."""
        self.renewed: Entries = {}
        """The same, with today's words."""
        self.new: Entries = {}
        self.stale: Entries = {}
        self.hidden = 0

    @classmethod
    def read(cls, file: Path) -> Baseline:
        """The baseline in a file; raises `UsageError` where it is none."""
        return cls(file, entries_of(file))

    def hide(self, outcome: Outcome, path: str, settings: Settings) -> None:
        """Take the findings of a file that are listed out of its outcome; `path` is absolute."""
        name = self.name_of(path)
        listed: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        for entry in self.unseen.pop(name, ()):
            listed[entry.key].append(entry)
        new = []
        for finding in outcome.findings:
            entry = entry_of(finding)
            if equal := listed[entry.key]:
                self.kept.setdefault(name, []).append(equal.pop(0))
                self.renewed.setdefault(name, []).append(entry)
                self.hidden += 1
            else:
                self.new.setdefault(name, []).append(entry)
                new.append(finding)
        for entry in (entry for equal in listed.values() for entry in equal):
            if could_be_found(entry, outcome, settings):
                self.stale.setdefault(name, []).append(entry)
            else:
                self.kept.setdefault(name, []).append(entry)
                self.renewed.setdefault(name, []).append(entry)
        outcome.findings = new

    def name_of(self, path: str) -> str:
        folder, name = os.path.split(path)
        return os.path.relpath(os.path.join(os.path.realpath(folder), name), self.folder).replace(os.sep, "/")

    def close(self, folders: Sequence[str]) -> None:
        """Note as stale the entries of files below the checked folders that are no more."""
        checked = [os.path.realpath(folder) for folder in folders]
        for name in list(self.unseen):
            path = Path(os.path.normpath(os.path.join(self.folder, name)))
            if not path.exists() and any(path.is_relative_to(folder) for folder in checked):
                self.stale[name] = self.unseen.pop(name)

    def pruned(self) -> Entries:
        """The entries without the stale ones."""
        return {**self.unseen, **self.kept}

    def updated(self, accept_new: bool) -> Entries:
        """The entries without the stale ones, in today's words, with the new findings where these are accepted."""
        entries = {**self.unseen, **self.renewed}
        for name, new in self.new.items() if accept_new else ():
            entries[name] = [*entries.get(name, ()), *new]
        return entries


def entry_of(finding: Finding) -> Entry:
    return Entry(
        finding.code, finding.scope, finding.message, finding.severity.label, finding.anchor, finding.is_optional
    )


def could_be_found(entry: Entry, outcome: Outcome, settings: Settings) -> bool:
    """Whether the run would have told of an entry's finding, so that it is gone: its rule ran over the whole file, and
    no setting keeps such findings back."""
    from memlint.judge import heard, judged
    from memlint.run import rules_for
    from memlint.source import SourceFile
    from memlint.syntax import CODE as SYNTAX_CODE

    if outcome.failures or outcome.unchecked or any(finding.code == SYNTAX_CODE for finding in outcome.findings):
        return False
    if entry.rule == SYNTAX_CODE:
        return is_python(outcome.path)
    start, severity = Position(1, 1), SEVERITIES[entry.severity]
    for rule in rules_for(settings):
        if rule.code == entry.rule and rule.since <= settings.target_version and heard([rule], outcome.path, settings):
            finding = Finding(outcome.path, start, start, rule.code, rule.name, rule.effect, severity, "")
            finding = replace(finding, is_optional=entry.optional)
            return bool(judged(Outcome(outcome.path, [finding]), SourceFile(outcome.path, ""), settings).findings)
    return False


def is_python(path: str) -> bool:
    """Whether a file can be read by now: a check that is sure to find nothing does not parse it."""
    from memlint.source import SourceFile, Undecodable
    from memlint.syntax import read

    try:
        return read(SourceFile.from_bytes(path, Path(path).read_bytes()), Outcome(path)) is not None
    except (OSError, Undecodable):
        return False


def entries_of(file: Path) -> Entries:
    """What a baseline file lists; raises `UsageError` where it is none, or cannot be read."""
    where = place(str(file))
    try:
        text = file.read_bytes().decode()
        found = json.loads(text)
    except FileNotFoundError:
        raise UsageError(f"{where}: no such baseline; make it: memlint baseline create --baseline {where}") from None
    except OSError as error:
        raise UsageError(f"{where}: cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{where}: not UTF-8; {WAY_OUT}") from None
    except (ValueError, RecursionError) as error:
        if conflict := CONFLICT.search(text):
            line = text.count("\n", 0, conflict.start()) + 1
            raise UsageError(f"{where}:{line}: marks of a merge conflict; keep the lines of both sides") from None
        line = getattr(error, "lineno", 1)
        raise UsageError(f"{where}:{line}: not JSON: {getattr(error, 'msg', error)}; {WAY_OUT}") from None
    version = found.get(MARK) if isinstance(found, dict) else None
    if type(version) is not int:
        raise UsageError(f"{where}: no baseline of memlint, as it has no {quoted(MARK)}; name another file")
    if version > VERSION:
        newer = f"written by a newer memlint, in version {version} of the format, where this one reads {VERSION}"
        raise UsageError(f"{where}: {newer}; update memlint")
    try:
        return {str(name): [entry_from(row) for row in rows] for name, rows in found["findings"].items()}
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{where}: damaged: {type(error).__name__}: {error}; {WAY_OUT}") from None


def entry_from(row: dict[str, Any]) -> Entry:
    rule, scope, message, severity, anchor = texts = [row[field] for field in TEXTS]
    if not all(isinstance(text, str) for text in texts) or severity not in SEVERITIES:
        raise ValueError(f"no entry: {json.dumps(row)}")
    return Entry(rule, scope, message, severity, anchor, bool(row.get("optional")))


def text_of(entries: Entries) -> str:
    """The entries as JSON, each on a line of its own, in the order of paths, rules and names."""
    parts = []
    for name in sorted(entries):
        rows = ",\n".join(f"      {json.dumps(row(entry), ensure_ascii=False)}" for entry in sorted(entries[name]))
        if rows:
            parts.append(f"    {json.dumps(name, ensure_ascii=False)}: [\n{rows}\n    ]")
    findings = "{\n" + ",\n".join(parts) + "\n  }" if parts else "{}"
    return f'{{\n  "{MARK}": {VERSION},\n  "findings": {findings}\n}}\n'


def row(entry: Entry) -> dict[str, object]:
    return {**dict(zip(TEXTS, entry, strict=False)), **({"optional": True} if entry.optional else {})}


def write(file: Path, entries: Entries) -> None:
    """Write a baseline in one step; a link stays a link, the mode is kept."""
    from memlint.fixing import replace_file

    target = Path(os.path.realpath(file))
    try:
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
        # Half of a surrogate pair, in a name that is not UTF-8, becomes what JSON writes for it.
        replace_file(target, text_of(entries).encode("utf-8", "backslashreplace"), mode)
    except OSError as error:
        raise UsageError(f"{place(str(file))}: cannot be written: {error.strerror or error}") from None


def count(entries: Entries) -> int:
    return sum(map(len, entries.values()))
