from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from memlint.model import Edit, Effect, Failure, Finding, Fix, Position, Related, Safety, Severity, Unchecked
from memlint.report.view import RuleText
from memlint.version import VERSION

from . import readers
from .findings import CYCLE, PEAK, SHARED, SYNTAX, finding, report, written


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def result(one: Finding, **options: Any) -> dict[str, Any]:
    told: dict[str, Any] = readers.sarif(written(report(one), "sarif", **options))["results"][0]
    return told


def file(uri: str) -> dict[str, str]:
    return {"uri": uri, "uriBaseId": "SRCROOT"}


def region(start: tuple[int, int], end: tuple[int, int]) -> dict[str, int]:
    return {"startLine": start[0], "startColumn": start[1], "endLine": end[0], "endColumn": end[1]}


def test_result() -> None:
    there = {"artifactLocation": file("app/tree.py"), "region": region((6, 9), (6, 19))}
    back = {"artifactLocation": file("app/tree.py"), "region": region((11, 9), (11, 19))}
    steps = [
        {"location": {"physicalLocation": there, "message": {"text": "Parent.child → Child.owner"}}},
        {"location": {"physicalLocation": back, "message": {"text": "Child.owner → Parent"}}},
    ]
    replacements = [
        {"deletedRegion": region((2, 1), (2, 1)), "insertedContent": {"text": "import weakref\n"}},
        {"deletedRegion": region((11, 22), (11, 27)), "insertedContent": {"text": "weakref.proxy(owner)"}},
    ]
    assert result(CYCLE) == {
        "ruleId": "ML102",
        "ruleIndex": 0,
        "level": "warning",
        "message": {"text": f"{CYCLE.message}\n[the way back](1)"},
        "locations": [{"physicalLocation": there}],
        "partialFingerprints": {"memlint/v1": "a0c4", "primaryLocationLineHash": "a941f2862c3b0a52:1"},
        "properties": {"effect": "late"},
        "relatedLocations": [{"id": 1, "physicalLocation": back, "message": {"text": "the way back"}}],
        "codeFlows": [{"threadFlows": [{"locations": steps}]}],
        "fixes": [
            {
                "description": {"text": "hold the owner weakly (unsafe)"},
                "artifactChanges": [{"artifactLocation": file("app/tree.py"), "replacements": replacements}],
            }
        ],
    }


def test_run(folder: Path) -> None:
    run = readers.sarif(written(report(CYCLE, SYNTAX), "sarif", rules={"ML102": RULE}.get))
    del run["results"]
    assert run == {
        "tool": {
            "driver": {
                "name": "memlint",
                "semanticVersion": VERSION,
                "rules": [
                    {
                        "id": "ML102",
                        "name": "owner-cycle",
                        "shortDescription": {"text": "Owner cycle"},
                        "fullDescription": {"text": "Each keeps the other."},
                        "help": {"text": "# ML102 owner-cycle\n", "markdown": "# ML102 owner-cycle\n"},
                        "defaultConfiguration": {"level": "note"},
                        "properties": {
                            "precision": "medium",
                            "problem.severity": "recommendation",
                            "tags": ["memory", "late"],
                        },
                    },
                    {
                        "id": "ML000",
                        "name": "syntax-error",
                        "shortDescription": {"text": "Syntax error"},
                        "fullDescription": {"text": "Syntax error"},
                        "help": {"text": "Syntax error", "markdown": "Syntax error"},
                        "defaultConfiguration": {"level": "error"},
                        "properties": {
                            "precision": "high",
                            "problem.severity": "error",
                            "tags": ["memory", "none"],
                        },
                    },
                ],
            }
        },
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {"SRCROOT": {"uri": f"{folder.as_uri()}/"}},
        "invocations": [{"executionSuccessful": True, "toolExecutionNotifications": []}],
    }


RULE = RuleText(
    "owner-cycle", Effect.LATE, Severity.INFO, "Each keeps the other.", "# ML102 owner-cycle\n", is_default=False
)


def test_long_description_is_cut() -> None:
    wordy = RULE._replace(summary="word " * 500)
    run = readers.sarif(written(report(CYCLE), "sarif", rules={"ML102": wordy}.get))
    assert len(run["tool"]["driver"]["rules"][0]["fullDescription"]["text"]) == 1024


@pytest.mark.parametrize(
    ("severity", "level"), [(Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "note")]
)
def test_level(severity: Severity, level: str) -> None:
    assert result(finding(severity=severity))["level"] == level


def test_syntax_error() -> None:
    told = result(SYNTAX)
    assert told["locations"][0]["physicalLocation"]["region"] == region((2, 12), (2, 12))
    assert told["partialFingerprints"] == {"primaryLocationLineHash": "4f92f8bdf2985c93:1"}
    assert {"fixes", "codeFlows", "relatedLocations"}.isdisjoint(told)


def test_a_place_of_several_lines_is_told_by_its_first() -> None:
    lines = ["x = 1", "y = [  # \U0001f600", "    2,", "]"]
    longer = finding(start=Position(2, 5), end=Position(4, 2))
    assert result(longer, sources=lambda path: lines)["locations"][0]["physicalLocation"] == {
        "artifactLocation": file("app/total.py"),
        "region": region((2, 5), (2, 12)),
        "contextRegion": region((2, 5), (4, 2)),
    }


def test_text_that_cannot_be_read() -> None:
    told = result(SHARED)
    assert told["locations"][0]["physicalLocation"] == {
        "artifactLocation": file("app/gone.py"),
        "region": {"startLine": 3},
        "contextRegion": region((3, 14), (5, 2)),
    }
    assert told["partialFingerprints"] == {}


def test_columns_count_utf16_units() -> None:
    line = "'\U0001f600日' + [x]"
    fix = Fix("drop it", Safety.SAFE, (Edit(Position(1, 8), Position(1, 9), ""),))
    odd = finding(start=Position(1, 8), end=Position(1, 11), fix=fix)
    told = result(odd, sources=lambda path: [line])
    assert told["locations"][0]["physicalLocation"]["region"] == region((1, 9), (1, 12))
    change = told["fixes"][0]["artifactChanges"][0]["replacements"][0]
    assert change["deletedRegion"] == region((1, 9), (1, 10))


def test_fix_that_is_only_shown() -> None:
    fix = Fix("see", Safety.SHOW, (Edit(Position(2, 5), Position(2, 11), "result ="),))
    assert "fixes" not in result(finding(fix=fix))


def test_paths(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".git").write_text("gitdir: elsewhere\n")
    (folder / "src").mkdir()
    monkeypatch.chdir(folder / "src")
    paths = ["a.py", "../b b%#.py", "caf\udce9.py", "日本.py", os.path.join("..", "..", "c d.py"), "-"]
    run = readers.sarif(written(report(*(finding(path=path) for path in paths)), "sarif"))
    assert [told["locations"][0]["physicalLocation"]["artifactLocation"] for told in run["results"]] == [
        file("src/a.py"),
        file("b%20b%25%23.py"),
        file("src/caf%E9.py"),
        file("src/%E6%97%A5%E6%9C%AC.py"),
        {"uri": (folder.parent / "c d.py").as_uri()},
        {"uri": "-"},
    ]


def test_nothing_reads_as_a_link_by_mistake() -> None:
    there = Related("app/total.py", Position(1, 1), Position(1, 2), "`a[0]` keeps it")
    odd = finding(message="`x[0](1)` and `[n]`", related=(there,))
    assert result(odd)["message"]["text"] == "`x\\[0\\](1)` and `[n]`\n[`a\\[0\\]` keeps it](1)"


def test_what_was_not_done() -> None:
    failures = [Failure("a b.py", "cannot be read"), Failure("app/total.py", "crashed", "ML102"), Failure("", "gone")]
    unchecked = [Unchecked("app/big.py", 7, "nested too deeply")]
    run = readers.sarif(written(report(PEAK, failures=failures, unchecked=unchecked), "sarif"))
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["ML301", "ML102"]
    assert run["invocations"] == [
        {
            "executionSuccessful": False,
            "toolExecutionNotifications": [
                {
                    "level": "error",
                    "message": {"text": "cannot be read"},
                    "locations": [{"physicalLocation": {"artifactLocation": file("a%20b.py")}}],
                },
                {
                    "level": "error",
                    "message": {"text": "crashed"},
                    "locations": [{"physicalLocation": {"artifactLocation": file("app/total.py")}}],
                    "associatedRule": {"id": "ML102", "index": 1},
                },
                {"level": "error", "message": {"text": "gone"}},
                {
                    "level": "note",
                    "message": {"text": "not checked: nested too deeply"},
                    "locations": [
                        {"physicalLocation": {"artifactLocation": file("app/big.py"), "region": {"startLine": 7}}}
                    ],
                },
            ],
        }
    ]


def test_nothing_found() -> None:
    assert readers.sarif(written(report(), "sarif"))["results"] == []
