"""Findings as a table for a merge request or the summary page of a build."""

from __future__ import annotations

import re
from collections.abc import Iterator

from memlint.model import Finding, Report
from memlint.report.concise import fixable
from memlint.report.summary import failure_lines
from memlint.report.view import View

MARKUP = re.compile(r"[\\`*_\[\]<>|~&#$]")


def page(report: Report, view: View) -> Iterator[str]:
    """A heading, a table of all findings, what could not be done; the summary follows."""
    yield "## memlint"
    yield ""
    if report.findings:
        yield "| place | rule | severity | effect | finding |"
        yield "|---|---|---|---|---|"
        for finding in report.findings:
            yield row(finding, view)
        yield ""
    for line in failure_lines(report):
        yield f"- not done: {prose(line)}"
    if report.failures:
        yield ""


def row(finding: Finding, view: View) -> str:
    place = code(f"{finding.path}:{finding.start.line}:{finding.start.column}", view)
    rule = f"{finding.code} {finding.name}"
    message = f"{sentence(view.text(finding.message))}{' (fixable)' if fixable(finding) else ''}"
    return f"| {place} | {prose(rule)} | {finding.severity.label} | {finding.effect.phrase} | {message} |"


def sentence(text: str) -> str:
    """A message whose code stays code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return prose(text)
    return "".join(quoted(part) if number % 2 and part else prose(part) for number, part in enumerate(parts))


def code(text: str, view: View) -> str:
    shown = view.text(text)
    return prose(shown) if "`" in shown else quoted(shown)


def quoted(text: str) -> str:
    """A code span; a bar ends the cell of a table even there."""
    return f"`{text}`".replace("|", "\\|")


def prose(text: str) -> str:
    return MARKUP.sub(r"\\\g<0>", text)
