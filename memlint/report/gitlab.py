"""Findings as GitLab's code quality report."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from memlint.model import Finding, Report, Severity
from memlint.report.places import relative
from memlint.report.view import View

SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.INFO: "info"}


def issues(report: Report, view: View) -> Iterator[str]:
    """All findings as one array."""
    seen: Counter[str] = Counter()
    rows = []
    for finding in report.findings:
        path = relative(finding.path)
        identity = f"{path}\0{finding.code}\0{finding.fingerprint or finding.message}"
        seen[identity] += 1
        rows.append(issue(finding, path, digest(f"{identity}\0{seen[identity]}")))
    yield json.dumps(rows, indent=2)


def issue(finding: Finding, path: str, fingerprint: str) -> dict[str, Any]:
    return {
        "type": "issue",
        "check_name": finding.code,
        "description": f"{finding.code}: {finding.message}",  # the only field that a merge request shows
        "categories": ["Performance"],
        "severity": SEVERITIES[finding.severity],
        "fingerprint": fingerprint,
        "location": {"path": path, "lines": {"begin": finding.start.line, "end": finding.end.line}},
    }


def digest(identity: str) -> str:
    # GitLab takes two findings of one fingerprint for one, and a finding's own counts within its project alone.
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()
