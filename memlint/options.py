"""Every setting, in one table: what it may hold, what it means and what it bears on.

Settings files, flags, `memlint config`, the JSON Schema and the key of the cache are all read off this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from memlint.mistakes import UsageError, quoted, suggestion
from memlint.profile import PROFILES
from memlint.values import SEVERITIES, TARGETS, Additions, Ignores, Required, Strings, Switch, Target, Text, Value, Word


class Scope(Enum):
    """What a setting bears on."""

    FINDINGS = "findings"
    """Of each file; what the cache keeps depends on these."""
    FILES = "files"
    """Which files are read."""
    RUN = "run"
    """The whole run, as the working folder's settings have it."""


RULES, FILES, FIXES, REPORT, CODE, RUN = "Rules", "Files", "Fixes", "Report", "Code", "Run"
GROUPS = (RULES, FILES, CODE, FIXES, REPORT, RUN)
"""Of flags, as --help lists them."""


class Option(NamedTuple):
    """One setting."""

    value: Value
    help: str
    scope: Scope = Scope.FINDINGS
    group: str = ""
    """Of its flag; none where it has no flag."""
    adds: bool = False
    """What several places say is joined, where else the last place is heeded."""
    field: str = ""
    """The field of `Settings` that it ends in, where that is not its own."""
    only: str = ""
    """`file` or `flag`, where it may not stand in both."""

    @property
    def described(self) -> str:
        """The help, with the words that the setting may hold."""
        return self.help.format(words=", ".join(self.value.words())) if isinstance(self.value, Word) else self.help


def formats() -> Mapping[str, object]:
    from memlint.report import FORMATS

    return {name: name for name in FORMATS}


SELECTORS, PATTERNS, SWITCH, IGNORES = Strings("RULES"), Strings("PATTERNS"), Switch(), Ignores()
SEVERITY = Word("LEVEL", "{} is no severity", lambda: SEVERITIES)
FINDINGS, WALK, WHOLE = Scope.FINDINGS, Scope.FILES, Scope.RUN

OPTIONS: dict[str, Option] = {
    "extend": Option(Text("FILE"), "The settings file that this one builds on.", WHOLE, only="file"),
    "required-version": Option(
        Required("VERSIONS"), "The versions of memlint that may read this file.", WHOLE, only="file"
    ),
    "select": Option(SELECTORS, "Run these alone: ML1, ML102, names, or ALL.", FINDINGS, RULES),
    "ignore": Option(SELECTORS, "Leave these rules out.", FINDINGS, RULES, adds=True),
    "extend-select": Option(SELECTORS, "Run these rules, too.", FINDINGS, RULES, adds=True),
    "extend-ignore": Option(SELECTORS, "Leave these rules out, too.", FINDINGS, RULES, adds=True, field="ignore"),
    "per-file-ignores": Option(IGNORES, "Leave rules out by path, as tests/*:ML1.", FINDINGS, RULES),
    "extend-per-file-ignores": Option(
        IGNORES, "Leave more rules out by path.", FINDINGS, RULES, adds=True, field="per-file-ignores"
    ),
    "min-severity": Option(SEVERITY, "Show findings from: {words}.", FINDINGS, RULES),
    "ignore-noqa": Option(SWITCH, "Heed no comment that suppresses findings.", FINDINGS, RULES, only="flag"),
    "exclude": Option(PATTERNS, "Skip what matches, as in a .gitignore.", WALK, FILES),
    "extend-exclude": Option(
        PATTERNS, "Skip what matches these patterns, too.", WALK, FILES, adds=True, field="exclude"
    ),
    "force-exclude": Option(SWITCH, "Skip what is excluded even where named.", WALK, FILES),
    "respect-gitignore": Option(SWITCH, "Skip what git ignores (the default).", WALK, FILES),
    "target-version": Option(
        Target("VERSION", "{} is no target version", lambda: TARGETS),
        "The oldest Python to run on: py37 to py315.",
        FINDINGS,
        CODE,
    ),
    "profile": Option(
        Word("KIND", "{} is no profile", lambda: {word: word for word in PROFILES}),
        "{words} (else guessed).",
        FINDINGS,
        CODE,
    ),
    "src": Option(Strings("FOLDERS"), "Where imports begin."),
    "knowledge": Option(Additions(), "Names that are added to what memlint knows of libraries.", adds=True),
    "fix": Option(SWITCH, "Apply safe fixes.", WHOLE, FIXES),
    "unsafe-fixes": Option(SWITCH, "Apply those that may change behaviour, too.", WHOLE, FIXES),
    "fix-only": Option(SWITCH, "Apply fixes; report nothing that is left.", WHOLE, FIXES),
    "show-fixes": Option(SWITCH, "List the fixes that were applied.", WHOLE, FIXES),
    "fixable": Option(SELECTORS, "Apply fixes of these rules alone.", FINDINGS, FIXES),
    "unfixable": Option(SELECTORS, "Apply no fix of these rules.", FINDINGS, FIXES, adds=True),
    "extend-fixable": Option(
        SELECTORS, "Apply fixes of these rules, too.", FINDINGS, FIXES, adds=True, field="fixable"
    ),
    "output-format": Option(Word("FORMAT", "there is no format {}", formats), "One of {words}.", WHOLE, REPORT),
    "fail-on": Option(SEVERITY, "Exit with 1 from this level (else warning).", WHOLE, REPORT),
    "baseline": Option(Text("FILE"), "The file that lists the findings which are not told.", WHOLE),
    "cache-dir": Option(Text("FOLDER"), "Where to keep results (else .memlint_cache).", WHOLE, RUN),
}


def checked(table: Mapping[str, object], holder: str, prefix: str, source: str = "file") -> dict[str, Any]:
    """The values of a table, each checked, by the names of their settings.

    `holder` is what has no such key, `prefix` what stands before the name of a key whose value is wrong.
    """
    known = [key for key, option in OPTIONS.items() if option.only in ("", source)]
    found = {}
    for key in sorted(table, key=lambda key: key != "required-version"):  # another version may have other keys
        if key not in known:
            raise UsageError(f"{holder} has no key {quoted(key)}{way_out(key, known)}")
        found[key] = OPTIONS[key].value.check(table[key], f"{prefix}{key}", key)
    return found


def way_out(key: str, known: list[str]) -> str:
    """What to do where there is no such setting."""
    from memlint.ruff import SETTINGS

    if key in OPTIONS:
        return "; it stands in a settings file" if OPTIONS[key].only == "file" else f"; give it as --{key}"
    if key in SETTINGS:
        return f"; {SETTINGS[key]}"
    return suggestion(key, known) or f"; its keys are {', '.join(known)}"
