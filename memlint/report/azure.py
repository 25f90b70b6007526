"""Findings as logging commands, which Azure Pipelines lists as issues of the run."""

from __future__ import annotations

from collections.abc import Iterator

from memlint.model import Failure, Finding, Report, Severity
from memlint.report.ruff_json import absolute
from memlint.report.view import View

TYPES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "warning"}
"""Azure has no third type."""


def issues(report: Report, view: View) -> Iterator[str]:
    """A command for each finding and each failure."""
    for finding in report.findings:
        yield view.text(issue(finding))
    for failure in report.failures:
        yield view.text(trouble(failure))


def issue(finding: Finding) -> str:
    place = f"linenumber={finding.start.line};columnnumber={finding.start.column}"
    file, code = property_text(absolute(finding.path)), property_text(finding.code)
    properties = f"type={TYPES[finding.severity]};sourcepath={file};{place};code={code};"
    return f"##vso[task.logissue {properties}]{message_text(finding.message)}"


def trouble(failure: Failure) -> str:
    said = ": ".join(filter(None, ("memlint", failure.path, failure.rule, failure.message)))
    return f"##vso[task.logissue type=error;]{message_text(said)}"


def message_text(text: str) -> str:
    return text.replace("%", "%AZP25").replace("\r", "%0D").replace("\n", "%0A")


def property_text(text: str) -> str:
    return message_text(text).replace("]", "%5D").replace(";", "%3B")
