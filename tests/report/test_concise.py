from __future__ import annotations

import re
import subprocess
import sys

import click

from .findings import CYCLE, PEAK, SHARED, SYNTAX, finding, report, written

# Vim's `%f:%l:%c: %m`, as ALE and errorformats spell it for ruff.
ERRORFORMAT = re.compile(r"^(?P<f>.+?):(?P<l>\d+):(?P<c>\d+): (?P<code>\w+) (?P<m>.+)$")


def test_one_line_a_finding() -> None:
    assert written(report(PEAK, CYCLE, SHARED, SYNTAX), "concise", quiet=True) == (
        "app/total.py:2:16: ML301 [*] `sum` reads a list that is built for it alone\n"
        "app/tree.py:6:9: ML102 `Parent.child` and `Child.owner` make a cycle; "
        "only the garbage collector frees each `Parent`\n"
        "app/gone.py:3:14: ML401 every call of `add` shares one list\n"
        "app/total.py:2:12: ML000 '(' was never closed\n"
    )


def test_summary_follows() -> None:
    assert written(report(PEAK), "concise") == (
        "app/total.py:2:16: ML301 [*] `sum` reads a list that is built for it alone\n"
        "Found 1 finding: 1 peak.\n"
        "1 fixable with --fix.\n"
    )


def test_editors_can_take_it_apart() -> None:
    line = written(report(PEAK), "concise", quiet=True).rstrip("\n")
    match = ERRORFORMAT.match(line)
    assert match is not None
    assert match.groups() == (
        "app/total.py",
        "2",
        "16",
        "ML301",
        "[*] `sum` reads a list that is built for it alone",
    )


def test_color_changes_no_character() -> None:
    colored = written(report(PEAK), "concise", quiet=True, color=True)
    assert colored.startswith("\x1b[1mapp/total.py\x1b[0m:2:16: ")
    assert click.unstyle(colored) == written(report(PEAK), "concise", quiet=True)


def test_a_finding_stays_on_its_line() -> None:
    odd = finding(path="a\nb\x1b[2J\udcff.py", message="one\ntwo\x07")
    assert written(report(odd), "concise", quiet=True) == (r"a\nb\x1b[2J\udcff.py:2:16: ML301 one\ntwo\x07" + "\n")


def test_imports_nothing_that_only_full_needs() -> None:
    script = (
        "import io, sys\n"
        "from memlint.model import Report\n"
        "from memlint.report import write\n"
        "write(Report(), 'concise', io.StringIO(), color=False, sources=lambda path: [])\n"
        "print(sorted(name for name in sys.modules if name.startswith('memlint.report.')))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout == ("['memlint.report.concise', 'memlint.report.summary', 'memlint.report.view']\n")
