from __future__ import annotations

from pathlib import Path

import pytest

from memlint.model import Failure, Severity

from . import readers
from .findings import PEAK, SYNTAX, finding, report, written


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_commands(folder: Path) -> None:
    info = finding(severity=Severity.INFO)
    assert written(report(SYNTAX, PEAK, info), "azure").replace(str(folder), "/work") == (
        "##vso[task.logissue type=error;sourcepath=/work/app/total.py;linenumber=2;columnnumber=12;code=ML000;]"
        "'(' was never closed\n"
        + 2
        * (
            "##vso[task.logissue type=warning;sourcepath=/work/app/total.py;linenumber=2;columnnumber=16;code=ML301;]"
            "`sum` reads a list that is built for it alone\n"
        )
    )


def test_the_agent_gets_what_was_meant(folder: Path) -> None:
    odd = finding(path="a];b%3B.py", message="`d[0]`: 100%\n##vso[task.complete]; %0A")
    text = written(report(odd), "azure")
    assert text.count("\n") == 1
    assert readers.azure(text) == [
        (
            {
                "type": "warning",
                "sourcepath": str(folder / "a];b%3B.py"),
                "linenumber": "2",
                "columnnumber": "16",
                "code": "ML301",
            },
            "`d[0]`: 100%\n##vso[task.complete]; %0A",
        )
    ]


def test_failures() -> None:
    failed = report(failures=[Failure("a.py", "cannot be read: Permission denied"), Failure("b.py", "x", "ML102")])
    assert readers.azure(written(failed, "azure")) == [
        ({"type": "error"}, "memlint: a.py: cannot be read: Permission denied"),
        ({"type": "error"}, "memlint: b.py: ML102: x"),
    ]
