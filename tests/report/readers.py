"""Reads reports as the programs do that they are for: by their schemas, or by parsers of others."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import xmlschema
from diff_cover.violationsreporters.violations_reporter import PylintDriver
from junitparser import JUnitXml, TestSuite
from markdown_it import MarkdownIt

SCHEMAS = Path(__file__).parent / "schemas"


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


@cache
def junit_schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")


def sarif(text: str) -> dict[str, Any]:
    """The only run of a log that is SARIF, and has what GitHub asks for."""
    log = json.loads(text)
    validator("sarif-2.1.0").validate(log)
    assert log["$schema"]
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for rule in rules:
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert rule["help"]["text"] and rule["help"]["markdown"]
        assert rule["properties"]["precision"] in {"very-high", "high", "medium", "low"}
        assert rule["properties"]["problem.severity"] in {"error", "warning", "recommendation"}
        assert len(rule["properties"]["tags"]) <= 10
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["locations"] and result["message"]["text"]
        for location in placed(result):
            physical = location["physicalLocation"]
            region = physical["region"]
            assert region["startLine"] == region.get("endLine", region["startLine"])
            assert region.get("startColumn", 1) <= region.get("endColumn", region.get("startColumn", 1))
            file = physical["artifactLocation"]
            assert ("uriBaseId" in file) != (re.match("[a-z]+:/|-$", file["uri"]) is not None), file
            assert not file["uri"].startswith(("/", "..")), file
        ids = [str(each["id"]) for each in result.get("relatedLocations", [])]
        assert ids == re.findall(r"(?<!\\)\]\((\d+)\)", result["message"]["text"])
    return run


def placed(result: dict[str, Any]) -> list[dict[str, Any]]:
    """All locations of a result."""
    flows = [flow for code in result.get("codeFlows", []) for flow in code["threadFlows"]]
    steps = [step["location"] for flow in flows for step in flow["locations"]]
    return [*result["locations"], *result.get("relatedLocations", []), *steps]


def gitlab(text: str) -> list[dict[str, Any]]:
    """The issues, none of which GitLab would take for another."""
    issues: list[dict[str, Any]] = json.loads(text)
    validator("gitlab").validate(issues)
    fingerprints = [issue["fingerprint"] for issue in issues]
    assert len(set(fingerprints)) == len(fingerprints)
    return issues


def rdjson(text: str) -> list[dict[str, Any]]:
    result = json.loads(text)
    validator("rdjson").validate(result)
    diagnostics: list[dict[str, Any]] = result["diagnostics"]
    return diagnostics


def junit(text: str) -> list[TestSuite]:
    """The suites, whose tests have names of their own, and whose counts are right."""
    junit_schema().validate(text)
    parsed = JUnitXml.fromstring(text.encode("ascii"))
    suites = list(parsed)
    for suite in suites:
        names = [(case.classname, case.name) for case in suite]
        assert len(set(names)) == len(names)
    stated = (parsed.tests, parsed.failures, parsed.errors)
    parsed.update_statistics()
    assert stated == (parsed.tests, parsed.failures, parsed.errors)
    return suites


def pylint(text: str) -> dict[str, list[tuple[int, str]]]:
    """The violations of each file, as diff-quality reads them."""
    violations = PylintDriver().parse_reports([text])
    return {path: [(each.line, each.message) for each in found] for path, found in violations.items()}


def azure(text: str) -> list[tuple[dict[str, str], str]]:
    """Properties and message of each command, as the agent of Azure Pipelines takes a line apart."""
    commands = []
    for line in text.splitlines():
        head, _, message = line.partition("]")
        name, _, properties = head.partition(" ")
        assert name == "##vso[task.logissue"
        pairs = (each.partition("=") for each in properties.split(";") if each)
        commands.append(({key: unescaped(value) for key, _, value in pairs}, unescaped(message)))
    return commands


def unescaped(text: str) -> str:
    for code, char in (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%")):
        text = text.replace(code, char)
    return text


def markdown(text: str) -> list[list[str]]:
    """The rows of the table, as HTML."""
    html = MarkdownIt("commonmark").enable("table").render(text)
    rows = re.findall(r"<tr>\n(.*?)</tr>", html, re.DOTALL)
    return [re.findall(r"<t[dh]>(.*?)</t[dh]>", row) for row in rows]
