"""Write a report in the format that a person, an editor or a build server reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from importlib import import_module
from typing import TextIO

from memlint.model import Report
from memlint.report.view import Rules, Sources, View, no_rule

Format = Callable[[Report, View], Iterator[str]]

FORMATS: dict[str, str] = {
    "full": "full:blocks",
    "concise": "concise:one_liners",
    "json": "ruff_json:array",
    "json-lines": "ruff_json:objects",
    "grouped": "grouped:groups",
    "markdown": "markdown:page",
    "github": "github:commands",
    "gitlab": "gitlab:issues",
    "azure": "azure:issues",
    "sarif": "sarif:log",
    "rdjson": "rdjson:result",
    "junit": "junit:suites",
    "pylint": "pylint:parseable",
}
"""Each format's name and where its function is, imported when the format is used and not before."""

STATISTICS = {
    "full": "statistics:table",
    "concise": "statistics:table",
    "json": "statistics:array",
    "json-lines": "statistics:objects",
    "grouped": "statistics:table",
    "github": "statistics:table",
}
"""Formats that can count instead of list."""

BY_CELL = {"full", "concise", "json", "json-lines", "github"}
"""Formats that tell in which cell of a notebook a finding is; the others have it on line 1."""

SUMMARIZED = {"full", "concise", "grouped", "markdown"}
"""Formats that people read, which close with a summary."""


def write(
    report: Report,
    format: str,
    out: TextIO,
    *,
    color: bool,
    sources: Sources,
    rules: Rules = no_rule,
    statistics: bool = False,
    quiet: bool = False,
    verbose: bool = False,
) -> None:
    """Write the report to `out`, in one of `FORMATS`.

    `color` alone decides about colors: the caller knows of `--color`, NO_COLOR and the terminal. It counts
    for full, concise, grouped and the table of statistics; formats for programs have none. `sources(path)` gives
    a file's lines without their ends, or none when the file cannot be read; `rules(code)` what is known of a rule.
    `statistics` counts by rule instead of listing findings, in the formats of `STATISTICS`. `quiet` leaves out the
    summary; `verbose` says of each finding why it matters, not only of the first with its effect, and lists each
    place that was not checked.

    Failures are written where a format has a place for them; `summary.failure_lines` gives them for standard
    error, whatever the format.
    """
    known = STATISTICS if statistics else FORMATS
    if format not in known:
        raise ValueError(f"no format {format!r}; the formats are {', '.join(known)}")
    view = View(
        sources=lru_cache(maxsize=4)(sources),
        color=color,
        encoding=getattr(out, "encoding", None) or "utf-8",
        verbose=verbose,
        rules=rules,
    )
    if format not in BY_CELL and any(finding.cell for finding in report.findings):
        from memlint.report.places import on_first_line

        report = replace(report, findings=list(map(on_first_line, report.findings)))
    for line in loaded(known[format])(report, view):
        out.write(line + "\n")
    if format in SUMMARIZED and not quiet:
        for line in loaded("summary:closing")(report, view):
            out.write(line + "\n")


def loaded(place: str) -> Format:
    """The function at `module:function`, below this package."""
    module, _, function = place.partition(":")
    found: Format = getattr(import_module(f"{__name__}.{module}"), function)
    return found
