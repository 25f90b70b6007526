"""The fields are ruff's, and ruff itself shows it: its output is read beside memlint's."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memlint.model import Report, Severity

from .findings import CYCLE, PEAK, SHARED, finding, report, written

RUFF_FIELDS = {
    "cell",
    "code",
    "end_location",
    "filename",
    "fix",
    "location",
    "message",
    "name",
    "noqa_row",
    "severity",
    "url",
}


def parsed(*findings: Any) -> list[dict[str, Any]]:
    array: list[dict[str, Any]] = json.loads(written(report(*findings), "json"))
    return array


def test_array(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = written(report(PEAK), "json").replace(json.dumps(str(tmp_path))[1:-1], "/here")
    assert text == (
        """\
[
  {
    "cell": null,
    "code": "ML301",
    "end_location": {
      "column": 40,
      "row": 2
    },
    "filename": "/here/app/total.py",
    "fix": {
      "applicability": "safe",
      "edits": [
        {
          "content": "",
          "end_location": {
            "column": 17,
            "row": 2
          },
          "location": {
            "column": 16,
            "row": 2
          }
        },
        {
          "content": "",
          "end_location": {
            "column": 40,
            "row": 2
          },
          "location": {
            "column": 39,
            "row": 2
          }
        }
      ],
      "message": "pass the generator"
    },
    "location": {
      "column": 16,
      "row": 2
    },
    "memlint": {
      "cycle": [],
      "effect": "peak",
      "fingerprint": "5f1d",
      "optional": false,
      "related": []
    },
    "message": "`sum` reads a list that is built for it alone",
    "name": "materialized-argument",
    "noqa_row": 2,
    "severity": "warning",
    "url": null
  }
]
"""
    )


def test_what_ruff_has_no_field_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (cycle,) = parsed(CYCLE)
    assert set(cycle) == {*RUFF_FIELDS, "memlint"}
    assert cycle["memlint"] == {
        "cycle": ["Parent.child", "Child.owner", "Parent"],
        "effect": "late",
        "fingerprint": "a0c4",
        "optional": False,
        "related": [
            {
                "cell": None,
                "end_location": {"column": 19, "row": 11},
                "filename": str(tmp_path / "app" / "tree.py"),
                "location": {"column": 9, "row": 11},
                "message": "the way back",
            }
        ],
    }
    assert cycle["noqa_row"] == 6
    assert cycle["fix"]["applicability"] == "unsafe"


def test_no_fix_and_no_suppressible_line() -> None:
    (shared,) = parsed(SHARED)
    assert (shared["fix"], shared["noqa_row"]) == (None, None)


@pytest.mark.parametrize(
    ("severity", "word"), [(Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "info")]
)
def test_severity(severity: Severity, word: str) -> None:
    assert parsed(finding(severity=severity))[0]["severity"] == word


def test_lines_are_the_elements_of_the_array() -> None:
    lines = written(report(PEAK, CYCLE), "json-lines").splitlines()
    assert [json.loads(line) for line in lines] == parsed(PEAK, CYCLE)


def test_nothing_found() -> None:
    assert written(Report(files=3), "json") == "[]\n"
    assert written(Report(files=3), "json-lines") == ""


def test_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    paths = ["a.py", "b/../a.py", str(tmp_path / "c.py"), "-", "caf\udce9.py"]
    assert [row["filename"] for row in parsed(*(finding(path=path) for path in paths))] == [
        str(tmp_path / "a.py"),
        str(tmp_path / "a.py"),
        str(tmp_path / "c.py"),
        "-",
        str(tmp_path / r"caf\udce9.py"),
    ]


def test_is_ascii_on_every_stream() -> None:
    text = written(report(finding(message="日本 \U0001f600 \x1b \u2028")), "json", color=True)
    assert text.isascii()
    assert "\x1b" not in text
    assert json.loads(text)[0]["message"] == "日本 \U0001f600 \x1b \u2028"


@pytest.fixture(scope="module")
def ruff_diagnostics(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What ruff says of an unused import, which it can fix, and of an undefined name, which it cannot."""
    folder = tmp_path_factory.mktemp("ruff")
    (folder / "module.py").write_text("import os\n\nprint(nothing)\n", encoding="utf-8")
    arguments = ["check", "--isolated", "--no-cache", "--select", "F", "--output-format", "json", "module.py"]
    run = subprocess.run([sys.executable, "-m", "ruff", *arguments], cwd=folder, capture_output=True, text=True)
    array: list[dict[str, Any]] = json.loads(run.stdout)
    assert [row["code"] for row in array] == ["F401", "F821"]
    return array


def shape(value: Any) -> Any:
    """The value with each scalar replaced by the name of its type."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value).__name__


def test_ruff_has_the_same_fields(ruff_diagnostics: list[dict[str, Any]]) -> None:
    assert [set(row) for row in ruff_diagnostics] == [RUFF_FIELDS, RUFF_FIELDS]


def test_ruff_has_the_same_types(ruff_diagnostics: list[dict[str, Any]]) -> None:
    fixable, unfixable = ruff_diagnostics
    fixed, unfixed = parsed(PEAK, finding(rows=(2,)))
    for ours, theirs in [(fixed, fixable), (unfixed, unfixable)]:
        # memlint has no documentation address yet; ruff itself writes null for a syntax error.
        without_url = RUFF_FIELDS - {"url"}
        assert {key: shape(ours[key]) for key in without_url} == {key: shape(theirs[key]) for key in without_url}


def test_ruff_orders_its_keys_alike(ruff_diagnostics: list[dict[str, Any]]) -> None:
    (ours,) = parsed(PEAK)
    assert [key for key in ours if key != "memlint"] == list(ruff_diagnostics[0])
    assert list(ours["fix"]) == list(ruff_diagnostics[0]["fix"])
    assert list(ours["fix"]["edits"][0]) == list(ruff_diagnostics[0]["fix"]["edits"][0])


def ale(row: dict[str, Any]) -> dict[str, Any]:
    """An entry of Vim's location list, as ALE makes it of ruff's output: ends are inclusive there."""
    return {
        "lnum": row["location"]["row"],
        "col": row["location"]["column"],
        "end_lnum": row["end_location"]["row"],
        "end_col": row["end_location"]["column"] - 1,
        "code": row["code"],
        "text": row["message"],
        "type": "E" if re.search(r"E\d+", row["code"], re.IGNORECASE) else "W",
    }


def nvim(row: dict[str, Any]) -> dict[str, Any]:
    """An entry of `vim.diagnostic`, as nvim-lint makes it of ruff's output: all counts from 0."""
    return {
        "lnum": row["location"]["row"] - 1,
        "col": row["location"]["column"] - 1,
        "end_lnum": row["end_location"]["row"] - 1,
        "end_col": row["end_location"]["column"] - 1,
        "code": row["code"],
        "message": row["message"],
        "source": "ruff",
    }


@pytest.mark.parametrize("reader", [ale, nvim])
def test_editors_read_both(
    reader: Callable[[dict[str, Any]], dict[str, Any]], ruff_diagnostics: list[dict[str, Any]]
) -> None:
    ours, theirs = reader(parsed(PEAK)[0]), reader(ruff_diagnostics[0])
    assert shape(ours) == shape(theirs)


def test_what_an_editor_makes_of_it() -> None:
    assert ale(parsed(PEAK)[0]) == {
        "lnum": 2,
        "col": 16,
        "end_lnum": 2,
        "end_col": 39,
        "code": "ML301",
        "text": "`sum` reads a list that is built for it alone",
        "type": "W",
    }


def repaired(text: str, row: dict[str, Any]) -> str:
    """The text after the fix, applied as an editor does that knows only ruff's fields."""
    lines = text.splitlines(keepends=True)

    def offset(place: dict[str, int]) -> int:
        return sum(map(len, lines[: place["row"] - 1])) + place["column"] - 1

    for edit in reversed(row["fix"]["edits"]):
        text = text[: offset(edit["location"])] + edit["content"] + text[offset(edit["end_location"]) :]
    return text


def test_editors_apply_the_fixes_of_both(ruff_diagnostics: list[dict[str, Any]]) -> None:
    total = "def total(numbers):\n    return sum([n * n for n in numbers])\n"
    mended = "def total(numbers):\n    return sum(n * n for n in numbers)\n"
    assert repaired(total, parsed(PEAK)[0]) == mended
    assert repaired("import os\n\nprint(nothing)\n", ruff_diagnostics[0]) == "\nprint(nothing)\n"
