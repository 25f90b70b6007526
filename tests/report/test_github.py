from __future__ import annotations

from pathlib import Path

import pytest

from memlint.model import Effect, Severity

from .findings import CYCLE, PEAK, SHARED, SYNTAX, finding, report, written


@pytest.fixture(autouse=True)
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths whose absolute form is known in advance, on every system."""
    monkeypatch.setattr("memlint.report.github.absolute", lambda path: f"/work/{path}")


def test_commands() -> None:
    assert written(report(SYNTAX, CYCLE, PEAK, SHARED), "github") == (
        "::error title=memlint (ML000),file=/work/app/total.py,line=2,col=12,endLine=2,endColumn=12"
        "::app/total.py:2:12: ML000 '(' was never closed\n"
        "::warning title=memlint (ML102),file=/work/app/tree.py,line=6,col=9,endLine=6,endColumn=19"
        "::app/tree.py:6:9: ML102 `Parent.child` and `Child.owner` make a cycle; "
        "only the garbage collector frees each `Parent`\n"
        "::warning title=memlint (ML301),file=/work/app/total.py,line=2,col=16,endLine=2,endColumn=40"
        "::app/total.py:2:16: ML301 `sum` reads a list that is built for it alone\n"
        "::warning title=memlint (ML401),file=/work/app/gone.py,line=3,endLine=5"
        "::app/gone.py:3:14: ML401 every call of `add` shares one list\n"
    )


def test_dearest_first() -> None:
    effects = [Effect.TIME, Effect.LOST, Effect.SHARED, Effect.PEAK, Effect.LATE, Effect.KEPT]
    findings = [
        finding(severity=severity, effect=effect, message=f"{severity.label} {effect.value}")
        for severity in Severity
        for effect in effects
    ]
    lines = written(report(*findings), "github").splitlines()
    assert [line.rpartition("ML301 ")[2] for line in lines] == [
        f"{severity} {effect}"
        for severity in ("error", "warning", "info")
        for effect in ("kept", "late", "peak", "shared", "lost", "time")
    ]
    assert [line.split()[0] for line in lines] == ["::error"] * 6 + ["::warning"] * 6 + ["::notice"] * 6


def test_equally_dear_ones_keep_their_order() -> None:
    findings = [finding(message=word) for word in ("one", "two", "three")]
    lines = written(report(*findings), "github").splitlines()
    assert [line.split()[-1] for line in lines] == ["one", "two", "three"]


def test_escapes() -> None:
    odd = finding(path="a,b:100%.py", message="90% of a: b, c\r\n::error::\x1b[0m")
    assert written(report(odd), "github") == (
        "::warning title=memlint (ML301),file=/work/a%2Cb%3A100%25.py,line=2,col=16,endLine=2,endColumn=40"
        "::a,b:100%25.py:2:16: ML301 90%25 of a: b, c%0D%0A::error::\\x1b[0m\n"
    )


def test_file_is_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    file = str(tmp_path / "app" / "total.py").replace(":", "%3A")
    assert f",file={file}," in written(report(PEAK), "github")


def test_nothing_found() -> None:
    assert written(report(), "github") == ""
