from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click

from .findings import CYCLE, PEAK, SHARED, finding, report, written

MANY = report(SHARED, CYCLE, *[PEAK] * 9, finding(), CYCLE)
FIXABLE = report(PEAK, CYCLE)


def test_table() -> None:
    assert written(MANY, "full", statistics=True) == (
        "10  ML301  [-]  materialized-argument  peak\n"
        " 2  ML102  [ ]  owner-cycle            late\n"
        " 1  ML401  [ ]  mutable-default        shared\n"
        "Found 13 findings: 2 freed late, 10 peak, 1 shared.\n"
        "9 fixable with --fix, 2 more with --unsafe-fixes.\n"
    )


def test_equal_counts_are_ordered_by_code() -> None:
    assert written(FIXABLE, "concise", statistics=True, quiet=True) == (
        "1  ML102  [ ]  owner-cycle            late\n1  ML301  [*]  materialized-argument  peak\n"
    )


def test_formats_without_their_own_get_the_table() -> None:
    table = written(FIXABLE, "concise", statistics=True, quiet=True)
    assert written(FIXABLE, "github", statistics=True) == table


def test_color_changes_no_character() -> None:
    colored = written(MANY, "full", statistics=True, color=True)
    assert "\x1b[" in colored
    assert click.unstyle(colored) == written(MANY, "full", statistics=True)


def test_json() -> None:
    assert written(report(*[PEAK] * 2, finding()), "json", statistics=True) == (
        """\
[
  {
    "code": "ML301",
    "name": "materialized-argument",
    "count": 3,
    "fixable": false,
    "fixable_count": 2
  }
]
"""
    )


def test_json_lines_are_the_elements_of_the_array() -> None:
    lines = written(MANY, "json-lines", statistics=True).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(written(MANY, "json", statistics=True))


def test_nothing_found() -> None:
    assert written(report(), "full", statistics=True) == "No findings in 2 files.\n"
    assert written(report(), "json", statistics=True) == "[]\n"


def test_ruff_counts_in_the_same_shape(tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("import os\n", encoding="utf-8")
    arguments = [
        "check",
        "--isolated",
        "--no-cache",
        "--select",
        "F",
        "--statistics",
        "--output-format",
        "json",
    ]
    run = subprocess.run([sys.executable, "-m", "ruff", *arguments, "."], cwd=tmp_path, capture_output=True, text=True)
    (theirs,) = json.loads(run.stdout)
    (ours,) = json.loads(written(report(PEAK), "json", statistics=True))
    assert list(ours) == list(theirs)
    assert [type(value) for value in ours.values()] == [type(value) for value in theirs.values()]
    assert (ours["fixable"], ours["fixable_count"]) == (theirs["fixable"], theirs["fixable_count"]) == (True, 1)
