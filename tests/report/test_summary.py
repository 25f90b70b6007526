from __future__ import annotations

import pytest

from memlint.model import Effect, Failure, Finding, Report, Severity, Unchecked
from memlint.report.summary import closing, failure_lines
from memlint.report.view import View

from .findings import CYCLE, PEAK, SHARED, SYNTAX, finding, report, written


def summed(report: Report, *, verbose: bool = False) -> list[str]:
    return list(closing(report, View(verbose=verbose)))


@pytest.mark.parametrize(
    ("files", "line"),
    [(12, "No findings in 12 files."), (1, "No findings in 1 file."), (0, "No files checked.")],
)
def test_nothing_found(files: int, line: str) -> None:
    assert summed(report(files=files)) == [line]


def test_effects_in_a_fixed_order() -> None:
    effects = [
        Effect.TIME,
        Effect.PEAK,
        Effect.SHARED,
        Effect.SHARED,
        Effect.LOST,
        *[Effect.LATE] * 3,
        Effect.KEPT,
    ]
    assert summed(report(*(finding(effect=effect) for effect in effects))) == [
        "Found 9 findings: 1 kept, 3 freed late, 1 peak, 2 shared, 1 lost, 1 time."
    ]


def test_one_finding() -> None:
    assert summed(report(finding(effect=Effect.LATE))) == ["Found 1 finding: 1 freed late."]


def test_severities_when_they_differ() -> None:
    findings = [SYNTAX, finding(), finding(), finding(severity=Severity.INFO)]
    assert summed(report(*findings)) == ["Found 4 findings (1 error, 2 warnings, 1 info): 3 peak, 1 other."]


@pytest.mark.parametrize(
    ("findings", "line"),
    [
        ([PEAK, PEAK, CYCLE], "2 fixable with --fix, 1 more with --unsafe-fixes."),
        ([PEAK, SHARED], "1 fixable with --fix."),
        ([CYCLE, SHARED], "1 fixable with --fix --unsafe-fixes."),
    ],
)
def test_fixable(findings: list[Finding], line: str) -> None:
    assert summed(report(*findings))[1:] == [line]


def test_fixed() -> None:
    assert summed(report(SHARED, CYCLE, fixed=[PEAK, PEAK, PEAK])) == [
        "Fixed 3 findings, 2 remain: 1 freed late, 1 shared.",
        "1 fixable with --fix --unsafe-fixes.",
    ]
    assert summed(report(SHARED, fixed=[PEAK])) == ["Fixed 1 finding, 1 remains: 1 shared."]
    assert summed(report(fixed=[PEAK])) == ["Fixed 1 finding, none remain."]


UNCHECKED = [
    Unchecked("app/data.py", 4, "longer than 5000 lines"),
    Unchecked("app/deep.py", 70, "nested too deeply"),
    Unchecked("app/deep\x1b.py", 90, "nested too deeply"),
]


def test_unchecked_places_by_reason() -> None:
    assert summed(report(unchecked=UNCHECKED)) == [
        "No findings in 2 files.",
        "Not checked: 3 places (2 nested too deeply, 1 longer than 5000 lines).",
    ]
    assert summed(report(unchecked=UNCHECKED[:1]))[1] == "Not checked: 1 place (1 longer than 5000 lines)."


def test_unchecked_places_one_by_one() -> None:
    assert summed(report(unchecked=UNCHECKED), verbose=True) == [
        "No findings in 2 files.",
        "Not checked: 3 places (2 nested too deeply, 1 longer than 5000 lines).",
        "  app/data.py:4: longer than 5000 lines",
        "  app/deep.py:70: nested too deeply",
        r"  app/deep\x1b.py:90: nested too deeply",
    ]


def test_failures_are_counted_here_and_told_elsewhere() -> None:
    failed = report(
        failures=[
            Failure("app/a.py", "cannot be read: Permission denied"),
            Failure("app/b\udcff.py", "KeyError: 'x'\n", rule="owner-cycle"),
            Failure("", "a worker died"),
        ]
    )
    assert summed(failed) == ["No findings in 2 files.", "3 failures: findings may be missing."]
    assert failure_lines(failed) == [
        "app/a.py: cannot be read: Permission denied",
        r"app/b\udcff.py: owner-cycle: KeyError: 'x'\n",
        "a worker died",
    ]


def test_only_people_get_a_summary() -> None:
    empty = report()
    assert written(empty, "full") == written(empty, "concise") == "No findings in 2 files.\n"
    assert written(empty, "full", quiet=True) == ""
    assert written(empty, "json-lines") == written(empty, "github") == ""


@pytest.mark.parametrize(("withheld", "line"), [(1, "1 finding more"), (12, "12 findings more")])
def test_what_is_withheld_is_counted(withheld: int, line: str) -> None:
    held = Report(files=3, withheld=withheld)
    assert summed(held) == ["No findings in 3 files.", f"{line} on request: --select ALL."]
