"""Findings in reviewdog's diagnostic format, whose columns count bytes of UTF-8."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from memlint.model import Finding, Fix, Position, Report, Safety, Severity
from memlint.report.concise import one_liner
from memlint.report.patch import applied
from memlint.report.places import line_at, relative, utf8_column
from memlint.report.view import View

SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}
SOURCE = {"name": "memlint"}
LONGEST = 40
"""Lines of a suggestion; reviewdog shows all of them, however few differ."""


def result(report: Report, view: View) -> Iterator[str]:
    """All findings as one object."""
    diagnostics = [diagnostic(finding, view) for finding in report.findings]
    yield json.dumps({"source": SOURCE, "diagnostics": diagnostics}, indent=2)


def diagnostic(finding: Finding, view: View) -> dict[str, Any]:
    lines = view.sources(finding.path)
    told: dict[str, Any] = {
        "message": finding.message,
        "location": location(finding.path, finding.start, finding.end, lines),
        "severity": SEVERITIES[finding.severity],
        "source": SOURCE,
        "code": {"value": finding.code},
        "original_output": one_liner(finding, View()),
    }
    if finding.fix and (offered := suggestion(finding.fix, lines)):
        told["suggestions"] = [offered]
    if finding.related:
        told["related_locations"] = [
            {
                "message": each.message,
                "location": location(each.path, each.start, each.end, view.sources(each.path)),
            }
            for each in finding.related
        ]
    return told


def location(path: str, start: Position, end: Position, lines: list[str]) -> dict[str, Any]:
    return {"path": relative(path), "range": {"start": place(start, lines), "end": place(end, lines)}}


def place(position: Position, lines: list[str]) -> dict[str, int]:
    """Line and column; the line alone, which means all of it, where there is no text to count bytes in."""
    if not lines:
        return {"line": position.line}
    return {"line": position.line, "column": utf8_column(line_at(lines, position), position.column)}


def suggestion(fix: Fix, lines: list[str]) -> dict[str, Any] | None:
    """The fix as one replacement of whole lines: reviewdog offers each suggestion by itself, and edits stand or fall
    together. None where they are far apart, or may not be applied."""
    edits = sorted(fix.edits, key=lambda edit: (edit.start, edit.end))
    first, last = edits[0].start.line, max(edit.end.line for edit in edits)
    if fix.safety is Safety.SHOW or not lines or last - first >= LONGEST:
        return None
    old = [line_at(lines, Position(number, 1)) for number in range(first, last + 1)]
    end = Position(last, len(old[-1]) + 1)
    text = "\n".join(applied(old, edits, first))
    return {"range": {"start": {"line": first, "column": 1}, "end": place(end, lines)}, "text": text}
