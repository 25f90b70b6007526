"""Files as test suites and findings as failed tests, in the XML that Jenkins and most build servers read."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

from memlint.model import Failure, Finding, Report
from memlint.report.concise import one_liner
from memlint.report.places import relative
from memlint.report.view import View

XML = View()
"""Spells out the control characters that XML cannot hold; all others have a reference in ASCII."""


def suites(report: Report, view: View) -> Iterator[str]:
    """A suite for each file that was checked or could not be."""
    findings: dict[str, list[Finding]] = {path: [] for path in report.paths}
    failures: dict[str, list[Failure]] = {}
    for finding in report.findings:
        findings.setdefault(finding.path, []).append(finding)
    for failure in report.failures:
        failures.setdefault(failure.path, []).append(failure)
    root = ElementTree.Element("testsuites", name="memlint")
    for path in dict.fromkeys((*findings, *failures)):
        root.append(suite(path, findings.get(path, []), failures.get(path, [])))
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(each.get(count, "0")) for each in root)))
    ElementTree.indent(root)
    yield ElementTree.tostring(root, encoding="us-ascii", xml_declaration=True).decode("ascii")


def suite(path: str, findings: list[Finding], failures: list[Failure]) -> ElementTree.Element:
    """One passed test where there is nothing to say: a build server takes a suite without tests for a mistake."""
    name = XML.text(relative(path)) if path else "memlint"
    tests = [*map(failed, findings), *map(broken, failures)] or [ElementTree.Element("testcase", name="memlint")]
    counts = {"tests": len(tests), "failures": len(findings), "errors": len(failures), "skipped": 0}
    whole = ElementTree.Element("testsuite", name=name, package="memlint")
    whole.attrib.update({count: str(number) for count, number in counts.items()})
    seen: dict[str, int] = {}
    for test in tests:
        title = test.get("name", "")
        seen[title] = seen.get(title, 0) + 1
        # A number, not the line: where lines move, it would be another test.
        test.set("name", title if seen[title] == 1 else f"{title} ({seen[title]})")
        # Jenkins takes what stands before the last dot for a package, and the rest for a class.
        test.set("classname", name.removesuffix(".py").strip("/").replace("/", "."))
        whole.append(test)
    return whole


def failed(finding: Finding) -> ElementTree.Element:
    test = ElementTree.Element("testcase", name=XML.text(f"{finding.code} {finding.name}"))
    failure = ElementTree.SubElement(test, "failure", type=finding.severity.label, message=XML.text(finding.message))
    failure.text = "\n".join(told(finding))
    return test


def broken(failure: Failure) -> ElementTree.Element:
    test = ElementTree.Element("testcase", name=failure.rule or "memlint")
    ElementTree.SubElement(test, "error", message=XML.text(failure.message))
    return test


def told(finding: Finding) -> Iterator[str]:
    """The finding and its related places, each where an editor finds it."""
    yield one_liner(finding, XML)
    for related in finding.related:
        yield XML.text(f"{related.path}:{related.start.line}:{related.start.column}: {related.message}")
