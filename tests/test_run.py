"""Files over several processes."""

from __future__ import annotations

from pathlib import Path

import pytest

from memlint import run
from memlint.settings import Settings


def tasks_in(folder: Path, count: int) -> list[run.Task]:
    """Files that hold a fault each, and enough beside it that a pool pays."""
    beside = "# nothing\n" * (run.WORTH_A_POOL // count // 10 + 1)
    paths = [folder / f"part{number}.py" for number in range(count)]
    for path in paths:
        path.write_text(f"def f(x=[]):\n    x.append(1)\n    return x\n{beside}", "utf-8")
    return [run.Task(str(path), Settings(folder, "", profile="library")) for path in paths]


@pytest.mark.parametrize("methods", [("fork", "spawn"), ()], ids=["fork", "spawn"])
def test_processes_start_either_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, methods: tuple[str, ...]) -> None:
    monkeypatch.setattr(run, "start_methods", lambda: methods)
    tasks = tasks_in(tmp_path, 40)
    done: list[int] = []
    outcomes = list(run.check_files(tasks, jobs=2, done=done.append))
    assert [outcome.path for outcome in outcomes] == [task.path for task in tasks]
    assert all([finding.code for finding in outcome.findings] == ["ML201"] for outcome in outcomes)
    assert not any(outcome.failures for outcome in outcomes)
    assert sum(done) == len(tasks)
