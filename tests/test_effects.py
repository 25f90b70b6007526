"""The measured pairs: what the meter reads, and where the figures go."""

from __future__ import annotations

import platform
import sys

import pytest

from benchmarks.effects.__main__ import Figure, Row, ScriptError, measured, told, version_of, written

HERE = platform.python_version()


def test_what_a_cycle_holds_back_is_late_and_not_kept() -> None:
    cycle = "class A: pass\nfor _ in range(10):\n    a = A()\n    a.a = a\n    a.block = bytearray(100_000)\ndel a\n"
    plain = cycle.replace("a.a = a", "a.a = 1")
    late = measured("ML101", HERE, sys.executable, "late", cycle, plain)
    kept = measured("ML101", HERE, sys.executable, "kept", cycle, plain)
    assert late.ratio > 5
    assert 0.5 < kept.ratio < 2


def test_a_script_may_give_the_figure_itself() -> None:
    row = measured(
        "ML801", HERE, sys.executable, "kept", "measured, unit = 100, 'files'", "measured, unit = 1, 'files'"
    )
    assert told(row).split() == ["ML801", HERE, "100", "files", "1", "files", "100"]


def test_an_absent_library_is_no_failure() -> None:
    row = measured("ML901", HERE, sys.executable, "peak", "import nowhere_to_be_found", "")
    assert told(row).endswith("not measured: no nowhere_to_be_found")


def test_a_script_that_fails_is_one() -> None:
    with pytest.raises(ScriptError, match="ZeroDivisionError"):
        measured("ML901", HERE, sys.executable, "time", "1 / 0", "")


def test_an_interpreter_is_asked_for_its_version() -> None:
    assert version_of(sys.executable) == (HERE, sys.executable)


PAGE = "# ML101 name\n\n## Measured\n\nSome words.\n\n## Sources\n\nA book.\n"
TABLE = "| Python | bad | good | ratio |\n| --- | ---: | ---: | ---: |\n| 3.12.1 | 20.00 MB | 1.00 MB | 20 |\n"


def test_the_table_stands_last_under_its_heading_and_replaces_an_older_one() -> None:
    row = Row("ML101", "3.12.1", Figure(20e6, "B"), Figure(1e6, "B"))
    once = written(PAGE, [row])
    assert once == f"# ML101 name\n\n## Measured\n\nSome words.\n\n{TABLE}\n## Sources\n\nA book.\n"
    assert written(once, [row]) == once
