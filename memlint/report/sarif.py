"""Findings as SARIF 2.1.0, in the shape that GitHub's code scanning asks for."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from memlint.model import Edit, Failure, Finding, Fix, Position, Related, Report, Safety, Unchecked
from memlint.report.line_hash import line_hashes
from memlint.report.places import below, line_at, repository, utf16_column
from memlint.report.ruff_json import STDIN
from memlint.report.sarif_rules import LEVELS, descriptors
from memlint.report.view import View
from memlint.version import VERSION

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "SRCROOT"
LINK = re.compile(r"\[([^\[\]]*)\]\(")
Object = dict[str, Any]


def log(report: Report, view: View) -> Iterator[str]:
    """The whole run as one object."""
    run = Log(report, view).run(report)
    yield json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


class Log:
    """What the parts of a log refer to: the rules, and the root at which paths begin."""

    def __init__(self, report: Report, view: View) -> None:
        self.sources = view.sources
        self.root = repository(os.getcwd())
        self.rules = descriptors(report, view)
        self.numbers = {rule["id"]: number for number, rule in enumerate(self.rules)}
        self.hashes: dict[str, list[str]] = {}

    def run(self, report: Report) -> Object:
        notifications = [*map(self.failure, report.failures), *map(self.passed_over, report.unchecked)]
        return {
            "tool": {"driver": {"name": "memlint", "semanticVersion": VERSION, "rules": self.rules}},
            # Most readers know no other columns, whatever a log says.
            "columnKind": "utf16CodeUnits",
            "originalUriBaseIds": {ROOT: {"uri": Path(self.root, "x").as_uri()[:-1]}},
            "invocations": [{"executionSuccessful": not report.failures, "toolExecutionNotifications": notifications}],
            "results": [self.result(finding) for finding in report.findings],
        }

    def failure(self, failure: Failure) -> Object:
        notification: Object = {"level": "error", "message": {"text": failure.message}}
        if failure.path:
            notification["locations"] = [{"physicalLocation": {"artifactLocation": self.artifact(failure.path)}}]
        if failure.rule:
            notification["associatedRule"] = {"id": failure.rule, "index": self.numbers[failure.rule]}
        return notification

    def passed_over(self, place: Unchecked) -> Object:
        physical = {"artifactLocation": self.artifact(place.path), "region": {"startLine": place.line}}
        text = f"not checked: {place.reason}"
        return {"level": "note", "message": {"text": text}, "locations": [{"physicalLocation": physical}]}

    def result(self, finding: Finding) -> Object:
        result: Object = {
            "ruleId": finding.code,
            "ruleIndex": self.numbers[finding.code],
            "level": LEVELS[finding.severity],
            "message": {"text": message(finding)},
            "locations": [self.location(finding.path, finding.start, finding.end)],
            "partialFingerprints": self.fingerprints(finding),
            "properties": {"effect": finding.effect.value},
        }
        if finding.related:
            places = enumerate(finding.related, 1)
            result["relatedLocations"] = [{"id": number, **self.related(place)} for number, place in places]
        if finding.flow:
            steps = zip(finding.flow, finding.cycle[1:], strict=True)
            locations = [{"location": self.related(made, f" → {following}")} for made, following in steps]
            result["codeFlows"] = [{"threadFlows": [{"locations": locations}]}]
        if finding.fix and finding.fix.safety is not Safety.SHOW:
            result["fixes"] = [self.fix(finding.path, finding.fix)]
        return result

    def fingerprints(self, finding: Finding) -> Object:
        """memlint's own, which is the same on another line, and GitHub's."""
        known = {"memlint/v1": finding.fingerprint} if finding.fingerprint else {}
        if finding.path not in self.hashes:
            self.hashes = {finding.path: line_hashes(self.sources(finding.path))}
        hashes = self.hashes[finding.path]
        if finding.start.line <= len(hashes):
            known["primaryLocationLineHash"] = hashes[finding.start.line - 1]
        return known

    def related(self, place: Related, more: str = "") -> Object:
        text = literal(place.message + more)
        return {**self.location(place.path, place.start, place.end), "message": {"text": text}}

    def location(self, path: str, start: Position, end: Position) -> Object:
        """A place by its first line: GitHub shows an alert beside a change only where all of its lines are changed."""
        lines = self.sources(path)
        physical: Object = {"artifactLocation": self.artifact(path), "region": region(start, end, lines)}
        if start.line != end.line:
            first = Position(start.line, len(line_at(lines, start)) + 1)
            physical["contextRegion"] = physical["region"]
            physical["region"] = region(start, first, lines) if lines else {"startLine": start.line}
        return {"physicalLocation": physical}

    def artifact(self, path: str) -> Object:
        """A path below the root, percent-encoded; the whole address of a file that is elsewhere."""
        if path == STDIN:
            return {"uri": path}
        inner = below(path, self.root)
        if inner is None:
            return {"uri": Path(os.path.abspath(path)).as_uri()}
        return {"uri": quote(os.fsencode(inner)), "uriBaseId": ROOT}

    def fix(self, path: str, fix: Fix) -> Object:
        lines = self.sources(path)
        replacements = [replacement(edit, lines) for edit in fix.edits]
        change = {"artifactLocation": self.artifact(path), "replacements": replacements}
        return {"description": {"text": literal(f"{fix.message} ({fix.safety.value})")}, "artifactChanges": [change]}


def region(start: Position, end: Position, lines: list[str]) -> Object:
    return {
        "startLine": start.line,
        "startColumn": utf16_column(line_at(lines, start), start.column),
        "endLine": end.line,
        "endColumn": utf16_column(line_at(lines, end), end.column),
    }


def replacement(edit: Edit, lines: list[str]) -> Object:
    return {"deletedRegion": region(edit.start, edit.end, lines), "insertedContent": {"text": edit.content}}


def message(finding: Finding) -> str:
    """The message, and links to the related places: GitHub shows those alone that a text leads to."""
    labels = (re.sub(r"[\\\[\]]", r"\\\g<0>", place.message) for place in finding.related)
    links = (f"[{label}]({number})" for number, label in enumerate(labels, 1))
    return "\n".join([literal(finding.message), *links])


def literal(text: str) -> str:
    """The text, with nothing in it that reads as a link."""
    return LINK.sub(r"\\[\1\\](", text)
