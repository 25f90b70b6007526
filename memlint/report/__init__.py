"""Write a report in the format that a person, an editor or a build server reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib import import_module
from typing import TextIO

from memlint.model import Report
from memlint.report.view import Sources, View

Format = Callable[[Report, View], Iterator[str]]

FORMATS: dict[str, str] = {
    "full": "full:blocks",
    "concise": "concise:one_liners",
    "json": "ruff_json:array",
    "json-lines": "ruff_json:objects",
    "github": "github:commands",
}
"""Each format's name and where its function is, imported when the format is used and not before."""

STATISTICS = {"json": "statistics:array", "json-lines": "statistics:objects"}
"""Formats whose statistics a program reads; those of all others are a table."""

SUMMARIZED = {"full", "concise"}
"""Formats that people read, which close with a summary."""


def write(
    report: Report,
    format: str,
    out: TextIO,
    *,
    color: bool,
    sources: Sources,
    statistics: bool = False,
    quiet: bool = False,
    verbose: bool = False,
) -> None:
    """Write the report to `out`, in one of `FORMATS`.

    `color` alone decides about colors: the caller knows of `--color`, NO_COLOR and the terminal. It counts
    for full, concise and the table of statistics; formats for programs have none. `sources(path)` gives a
    file's lines without their ends, or none when the file cannot be read. `statistics` counts by rule instead
    of listing findings. `quiet` leaves out the summary; `verbose` says of each finding why it matters, not
    only of the first with its effect, and lists each place that was not checked.

    Failures are not written: `summary.failure_lines` gives them for standard error, whatever the format.
    """
    if format not in FORMATS:
        raise ValueError(f"no format {format!r}; the formats are {', '.join(FORMATS)}")
    view = View(
        sources=lru_cache(maxsize=4)(sources),
        color=color,
        encoding=getattr(out, "encoding", None) or "utf-8",
        verbose=verbose,
    )
    chosen = STATISTICS.get(format, "statistics:table") if statistics else FORMATS[format]
    for line in loaded(chosen)(report, view):
        out.write(line + "\n")
    if format in SUMMARIZED and not quiet:
        for line in loaded("summary:closing")(report, view):
            out.write(line + "\n")


def loaded(place: str) -> Format:
    """The function at `module:function`, below this package."""
    module, _, function = place.partition(":")
    found: Format = getattr(import_module(f"{__name__}.{module}"), function)
    return found
