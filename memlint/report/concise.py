"""One line a finding, in the shape that editors' error formats know from ruff."""

from __future__ import annotations

from collections.abc import Iterator

from memlint.model import Finding, Report, Safety
from memlint.report.view import View


def one_liners(report: Report, view: View) -> Iterator[str]:
    for finding in report.findings:
        yield one_liner(finding, view)


def one_liner(finding: Finding, view: View) -> str:
    """`path:line:column: CODE [*] message`, with `[*]` where `--fix` would mend it; in a notebook `path:cell n:…`."""
    place = f"{view.paint(finding.path, 'path')}:{finding.place}:"
    mark = f"[{view.paint('*', 'fixable')}] " if fixable(finding) else ""
    return f"{place} {view.paint(finding.code, 'code')} {mark}{view.text(finding.message)}"


def fixable(finding: Finding) -> bool:
    return finding.fix is not None and finding.fix.safety is Safety.SAFE
