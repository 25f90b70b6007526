from __future__ import annotations

import click

from memlint.model import Position

from .findings import CYCLE, PEAK, SHARED, SYNTAX, finding, report, written


def test_each_file_has_its_findings_below() -> None:
    late = finding(start=Position(120, 3), end=Position(120, 4))
    assert written(report(PEAK, SYNTAX, late, CYCLE, SHARED), "grouped") == (
        """\
app/total.py:
    2:16 ML301 [*] `sum` reads a list that is built for it alone
    2:12 ML000 '(' was never closed
  120:3  ML301 `sum` reads a list that is built for it alone

app/tree.py:
  6:9 ML102 `Parent.child` and `Child.owner` make a cycle; only the garbage collector frees each `Parent`

app/gone.py:
  3:14 ML401 every call of `add` shares one list

Found 5 findings (1 error, 4 warnings): 1 freed late, 2 peak, 1 shared, 1 other.
1 fixable with --fix, 1 more with --unsafe-fixes.
"""
    )


def test_color_changes_no_character() -> None:
    colored = written(report(PEAK), "grouped", color=True)
    assert colored.startswith("\x1b[1mapp/total.py\x1b[0m:\n  2:16 \x1b[31m")
    assert click.unstyle(colored) == written(report(PEAK), "grouped")


def test_a_finding_stays_on_its_line() -> None:
    odd = finding(path="a\nb.py", message="one\ntwo\x07")
    assert written(report(odd), "grouped", quiet=True) == "a\\nb.py:\n  2:16 ML301 one\\ntwo\\x07\n\n"
