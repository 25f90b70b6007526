"""Findings as JSON with ruff's fields and their meanings, so that whatever reads ruff's reads memlint's.

What ruff has no field for is below the one key `memlint`. Rows and columns count from 1, columns in
characters, and ends are exclusive.
"""

from __future__ import annotations

import json
import os.path
from collections.abc import Iterator
from typing import Any

from memlint.model import Edit, Finding, Fix, Position, Related, Report
from memlint.report.view import View

STDIN = "-"


def array(report: Report, view: View) -> Iterator[str]:
    """All findings as one array."""
    yield json.dumps([diagnostic(finding) for finding in report.findings], indent=2, sort_keys=True)


def objects(report: Report, view: View) -> Iterator[str]:
    """Each finding as an object on a line of its own."""
    for finding in report.findings:
        yield json.dumps(diagnostic(finding), separators=(",", ":"), sort_keys=True)


def diagnostic(finding: Finding) -> dict[str, Any]:
    return {
        "cell": finding.cell or None,
        "code": finding.code,
        "end_location": location(finding.end),
        "filename": absolute(finding.path),
        "fix": fix_object(finding.fix) if finding.fix else None,
        "location": location(finding.start),
        "memlint": {
            "cycle": list(finding.cycle),
            "effect": finding.effect.value,
            "fingerprint": finding.fingerprint,
            "optional": finding.is_optional,
            "related": [related_object(related) for related in finding.related],
        },
        "message": finding.message,
        "name": finding.name,
        "noqa_row": finding.rows[0] if finding.rows else None,
        "severity": finding.severity.label,
        "url": None,
    }


def location(position: Position) -> dict[str, int]:
    return {"column": position.column, "row": position.line}


def fix_object(fix: Fix) -> dict[str, Any]:
    edits = [edit_object(edit) for edit in fix.edits]
    return {"applicability": fix.safety.value, "edits": edits, "message": fix.message}


def edit_object(edit: Edit) -> dict[str, Any]:
    return {"content": edit.content, "end_location": location(edit.end), "location": location(edit.start)}


def related_object(related: Related) -> dict[str, Any]:
    return {
        "cell": related.cell or None,
        "end_location": location(related.end),
        "filename": absolute(related.path),
        "location": location(related.start),
        "message": related.message,
    }


def absolute(path: str) -> str:
    """The path from the root without `..`, symbolic links kept; standard input without a name stays `-`.

    Undecodable bytes are spelled `\\udcff`: many parsers refuse a document with a lone surrogate, all of it.
    """
    if path == STDIN:
        return path
    rooted = os.path.abspath(path)  # pathlib keeps `..`, or else follows links
    return rooted.encode("utf-8", "backslashreplace").decode("utf-8")
