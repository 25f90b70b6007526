"""The rules of a SARIF log: what GitHub shows beside an alert, and sorts alerts by."""

from __future__ import annotations

from typing import Any

from memlint.model import Effect, Report, Severity
from memlint.report.view import RuleText, View

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}
LONGEST = 1024
"""Characters that GitHub takes of a description."""


def descriptors(report: Report, view: View) -> list[dict[str, Any]]:
    """Every rule that has a finding or has failed."""
    # A syntax error is no rule's: what is known of it is in the finding.
    known = {each.code: RuleText(each.name, each.effect, each.severity) for each in report.findings}
    known |= {each.rule: RuleText(each.rule, Effect.NONE, Severity.WARNING) for each in report.failures if each.rule}
    return [descriptor(code, view.rules(code) or text) for code, text in known.items()]


def descriptor(code: str, rule: RuleText) -> dict[str, Any]:
    title = rule.name.replace("-", " ").capitalize()
    page = rule.page or title
    return {
        "id": code,
        "name": rule.name,
        "shortDescription": {"text": title},
        "fullDescription": {"text": rule.summary[:LONGEST] or title},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "precision": "high" if rule.is_default else "medium",
            "problem.severity": PROBLEMS[rule.severity],
            "tags": ["memory", rule.effect.value],
        },
    }
