"""Findings as workflow commands, which GitHub Actions shows beside the changed lines."""

from __future__ import annotations

from collections.abc import Iterator

from memlint.model import Effect, Finding, Report, Severity
from memlint.report.ruff_json import absolute
from memlint.report.view import View

COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}
COST = {effect: rank for rank, effect in enumerate(Effect)}


def commands(report: Report, view: View) -> Iterator[str]:
    # GitHub shows ten annotations of a kind for each step and drops the rest, so the dearest go first;
    # `Effect` lists what is never freed before what is freed late, and that before a peak.
    for finding in sorted(report.findings, key=lambda finding: (-finding.severity, COST[finding.effect])):
        yield command(finding, view)


def command(finding: Finding, view: View) -> str:
    start, end = finding.start, finding.end
    title = property_text(f"memlint ({finding.code})")
    file = property_text(absolute(finding.path))
    place = f"line={start.line},col={start.column},endLine={end.line},endColumn={end.column}"
    if finding.cell:
        # The lines of the file are those of its JSON.
        place = "line=1"
    elif start.line != end.line:
        # GitHub takes columns only within one line.
        place = f"line={start.line},endLine={end.line}"
    message = message_text(f"{finding.path}:{finding.place}: {finding.code} {finding.message}")
    return view.text(f"::{COMMANDS[finding.severity]} title={title},file={file},{place}::{message}")


def message_text(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def property_text(text: str) -> str:
    return message_text(text).replace(":", "%3A").replace(",", "%2C")
