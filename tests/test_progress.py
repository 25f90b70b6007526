"""The line that says how far a run is."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from memlint.cli import progress
from memlint.cli.progress import Progress
from memlint.run import Task, check_files
from memlint.settings import load
from tests.command import memlint


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(out: io.StringIO) -> str:
    with Progress(10, out) as line:
        for _ in range(10):
            line.step(1)
    return out.getvalue()


def test_a_long_run_shows_how_far_it_is_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress, "PERIOD", 0.0)
    text = shown(Terminal())
    assert "5/10 files" in text and "9/10 files" in text and text.endswith("\r\x1b[K")


def test_a_short_run_shows_nothing() -> None:
    assert shown(Terminal()) == ""


def test_what_is_no_terminal_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    assert shown(io.StringIO()) == ""


def test_every_file_is_counted(tmp_path: Path) -> None:
    for number in range(5):
        (tmp_path / f"file{number}.py").write_text("x = 1\n", "utf-8")
    tasks = [Task(str(path), load(tmp_path)) for path in sorted(tmp_path.iterdir())]
    counts: list[int] = []
    list(check_files(tasks, 2, None, counts.append))
    assert sum(counts) == 5
    assert memlint("check", "--isolated", "--no-cache", cwd=tmp_path).stderr == ""
