"""Findings under the name of their file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from memlint.model import Finding, Report
from memlint.report.concise import fixable
from memlint.report.view import View


def groups(report: Report, view: View) -> Iterator[str]:
    """Every file's name and findings, each file followed by an empty line."""
    for path, findings in groupby(report.findings, key=lambda finding: finding.path):
        yield f"{view.paint(path, 'path')}:"
        yield from rows(list(findings), view)
        yield ""


def rows(findings: list[Finding], view: View) -> Iterator[str]:
    """Line and column below each other, then what `concise` says."""
    lines = max(len(str(finding.start.line)) for finding in findings)
    columns = max(len(str(finding.start.column)) for finding in findings)
    for finding in findings:
        place = f"{finding.start.line:>{lines}}:{finding.start.column:<{columns}}"
        mark = f"[{view.paint('*', 'fixable')}] " if fixable(finding) else ""
        yield f"  {place} {view.paint(finding.code, 'code')} {mark}{view.text(finding.message)}"
