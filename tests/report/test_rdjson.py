from __future__ import annotations

from pathlib import Path

import pytest

from memlint.model import Edit, Fix, Position, Related, Safety, Severity

from . import readers
from .findings import CYCLE, SHARED, finding, report, written


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_diagnostic() -> None:
    assert readers.rdjson(written(report(CYCLE), "rdjson")) == [
        {
            "message": CYCLE.message,
            "location": {
                "path": "app/tree.py",
                "range": {"start": {"line": 6, "column": 9}, "end": {"line": 6, "column": 19}},
            },
            "severity": "WARNING",
            "source": {"name": "memlint"},
            "code": {"value": "ML102"},
            "original_output": f"app/tree.py:6:9: ML102 {CYCLE.message}",
            "suggestions": [
                {
                    "range": {"start": {"line": 2, "column": 1}, "end": {"line": 11, "column": 27}},
                    "text": "import weakref\n\n\nclass Parent:\n    def __init__(self) -> None:\n"
                    "        self.child = Child(self)\n\n\nclass Child:\n"
                    '    def __init__(self, owner: "Parent") -> None:\n        self.owner = weakref.proxy(owner)',
                }
            ],
            "related_locations": [
                {
                    "message": "the way back",
                    "location": {
                        "path": "app/tree.py",
                        "range": {"start": {"line": 11, "column": 9}, "end": {"line": 11, "column": 19}},
                    },
                }
            ],
        }
    ]


@pytest.mark.parametrize(
    ("severity", "word"), [(Severity.ERROR, "ERROR"), (Severity.WARNING, "WARNING"), (Severity.INFO, "INFO")]
)
def test_severity(severity: Severity, word: str) -> None:
    assert readers.rdjson(written(report(finding(severity=severity)), "rdjson"))[0]["severity"] == word


def test_columns_count_bytes() -> None:
    line = "x = '日本' + sum([é])"
    fix = Fix("pass it", Safety.SAFE, (Edit(Position(1, 16), Position(1, 19), "é"),))
    there = Related("b.py", Position(1, 16), Position(1, 19), "there")
    odd = finding(path="a.py", start=Position(1, 16), end=Position(1, 19), fix=fix, related=(there,))
    (told,) = readers.rdjson(written(report(odd), "rdjson", sources=lambda path: [line]))
    expected = {"start": {"line": 1, "column": 20}, "end": {"line": 1, "column": 24}}
    assert told["location"]["range"] == expected
    assert told["related_locations"][0]["location"]["range"] == expected
    assert line.encode()[19:23].decode() == "[é]"
    assert told["suggestions"] == [
        {
            "range": {"start": {"line": 1, "column": 1}, "end": {"line": 1, "column": 25}},
            "text": "x = '日本' + sum(é)",
        }
    ]


def test_text_that_cannot_be_read_has_lines_only() -> None:
    (told,) = readers.rdjson(written(report(SHARED), "rdjson"))
    assert told["location"] == {"path": "app/gone.py", "range": {"start": {"line": 3}, "end": {"line": 5}}}


@pytest.mark.parametrize(
    "fix",
    [
        Fix("see", Safety.SHOW, (Edit(Position(2, 5), Position(2, 11), "result ="),)),
        Fix(
            "far apart",
            Safety.SAFE,
            (Edit(Position(1, 1), Position(1, 1), "x"), Edit(Position(41, 1), Position(41, 1), "")),
        ),
    ],
    ids=lambda fix: fix.message,
)
def test_no_suggestion(fix: Fix) -> None:
    (told,) = readers.rdjson(written(report(finding(fix=fix)), "rdjson", sources=lambda path: ["text"] * 50))
    assert "suggestions" not in told


def test_line_after_the_last() -> None:
    fix = Fix("say it", Safety.SAFE, (Edit(Position(3, 1), Position(3, 1), "print(total)\n"),))
    (told,) = readers.rdjson(written(report(finding(fix=fix)), "rdjson"))
    assert told["suggestions"] == [
        {"range": {"start": {"line": 3, "column": 1}, "end": {"line": 3, "column": 1}}, "text": "print(total)\n"}
    ]


def test_nothing_found() -> None:
    assert readers.rdjson(written(report(), "rdjson")) == []
