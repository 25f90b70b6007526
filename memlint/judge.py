"""Decides which findings count: suppression comments, per-file ignores, severity."""

from __future__ import annotations

import os
from functools import cache

from memlint.gitignore import Patterns
from memlint.model import Finding, Outcome, Severity
from memlint.registry import selects
from memlint.settings import Settings
from memlint.source import SourceFile
from memlint.syntax import CODE as SYNTAX_CODE


def judged(outcome: Outcome, source: SourceFile, settings: Settings) -> Outcome:
    """The outcome without the findings that a comment or the settings take out."""
    ignored = ignored_in_file(source.path, settings)
    outcome.findings = [
        finding
        for finding in outcome.findings
        if finding.severity >= settings.min_severity
        and not any(selects(selector, finding.code, finding.name) for selector in ignored)
        and not suppressed(finding, source)
    ]
    return outcome


def suppressed(finding: Finding, source: SourceFile) -> bool:
    """Whether a comment on one of the finding's lines names it; nothing suppresses a syntax error."""
    if finding.code == SYNTAX_CODE:
        return False
    return any(
        selects(selector, finding.code, finding.name)
        for row in finding.rows
        for selector in source.suppressions.get(row, ())
    )


def ignored_in_file(path: str, settings: Settings) -> frozenset[str]:
    """The selectors that `per-file-ignores` switches off for a path."""
    if not settings.per_file_ignores:
        return frozenset()
    relative = os.path.relpath(path, settings.root).replace(os.sep, "/")
    return frozenset(
        selector
        for pattern, selectors in settings.per_file_ignores
        if patterns(pattern).means(relative)
        for selector in selectors
    )


@cache  # memlint: ignore[ML602] one entry per pattern of the settings
def patterns(pattern: str) -> Patterns:
    return Patterns([pattern], "")


def fails(findings: list[Finding], fail_on: Severity) -> bool:
    """Whether the findings make the exit status 1."""
    return any(finding.severity >= fail_on for finding in findings)
