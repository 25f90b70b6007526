"""One line a finding in pylint's `parseable` shape, which Jenkins and diff-quality read."""

from __future__ import annotations

from collections.abc import Iterator

from memlint.model import Report
from memlint.report.view import View


def parseable(report: Report, view: View) -> Iterator[str]:
    for finding in report.findings:
        yield view.text(f"{finding.path}:{finding.start.line}: [{finding.code}] {finding.message}")
