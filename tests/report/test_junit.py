from __future__ import annotations

from pathlib import Path

import pytest

from memlint.model import Failure

from . import readers
from .findings import CYCLE, PEAK, SYNTAX, finding, report, written


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_suites() -> None:
    clean = "app/views/__init__.py"
    failures = [Failure("app/total.py", "crashed", "ML102"), Failure("gone", "the folder cannot be listed")]
    checked = report(CYCLE, CYCLE, SYNTAX, paths=[clean, "app/tree.py", "app/total.py"], failures=failures)
    text = written(checked, "junit")
    message = CYCLE.message
    told = f"app/tree.py:6:9: ML102 {message}\napp/tree.py:11:9: the way back"
    assert text == (
        f"""\
<?xml version='1.0' encoding='us-ascii'?>
<testsuites name="memlint" tests="6" failures="3" errors="2">
  <testsuite name="app/views/__init__.py" package="memlint" tests="1" failures="0" errors="0" skipped="0">
    <testcase name="memlint" classname="app.views.__init__" />
  </testsuite>
  <testsuite name="app/tree.py" package="memlint" tests="2" failures="2" errors="0" skipped="0">
    <testcase name="ML102 owner-cycle" classname="app.tree">
      <failure type="warning" message="{message}">{told}</failure>
    </testcase>
    <testcase name="ML102 owner-cycle (2)" classname="app.tree">
      <failure type="warning" message="{message}">{told}</failure>
    </testcase>
  </testsuite>
  <testsuite name="app/total.py" package="memlint" tests="2" failures="1" errors="1" skipped="0">
    <testcase name="ML000 syntax-error" classname="app.total">
      <failure type="error" message="'(' was never closed">app/total.py:2:12: ML000 '(' was never closed</failure>
    </testcase>
    <testcase name="ML102" classname="app.total">
      <error message="crashed" />
    </testcase>
  </testsuite>
  <testsuite name="gone" package="memlint" tests="1" failures="0" errors="1" skipped="0">
    <testcase name="memlint" classname="gone">
      <error message="the folder cannot be listed" />
    </testcase>
  </testsuite>
</testsuites>
"""
    )
    assert [suite.name for suite in readers.junit(text)] == [clean, "app/tree.py", "app/total.py", "gone"]


def test_what_xml_cannot_hold_is_spelled_out() -> None:
    odd = finding(path="a\x1b\udcff.py", message='<é> & "日本" \' \x1b[0m \x0b \ufffe \U0001f600\r\n]]>')
    (suite,) = readers.junit(written(report(odd), "junit"))
    (case,) = suite
    assert suite.name == r"a\x1b\udcff.py"
    assert case.result[0].message == '<é> & "日本" \' \\x1b[0m \\x0b \\ufffe \U0001f600\\r\\n]]>'
    assert case.result[0].text.startswith(r"a\x1b\udcff.py:2:16: ML301 <é> & ")


def test_one_rule_fails_twice_in_a_file() -> None:
    checked = report(PEAK, failures=[Failure("app/total.py", "crashed", "ML102")] * 2)
    (suite,) = readers.junit(written(checked, "junit"))
    assert [case.name for case in suite] == ["ML301 materialized-argument", "ML102", "ML102 (2)"]


def test_no_files() -> None:
    assert readers.junit(written(report(files=0), "junit")) == []
