"""Where the links of a cycle are made, as findings tell it."""

from __future__ import annotations

from pathlib import Path

import pytest

from memlint import run
from memlint.settings import Settings

ENGINE = """\
from monitor import Monitor


class Engine:
    def __init__(self):
        self.monitor = Monitor(self)
"""
MONITOR = """\
class Monitor:
    def __init__(self, engine):
        self.engine = engine
"""


def flows(folder: Path, name: str, code: str) -> list[list[str]]:
    """Each cycle of a file, as `place link`."""
    (folder / name).write_text(code)
    settings = Settings(folder, None, select=("ALL",))
    outcome = run.check_file(run.Task(str(folder / name), settings, named=True))
    return [
        [f"{Path(made.path).name}:{made.start.line}:{made.start.column} {made.message}" for made in finding.flow]
        for finding in outcome.findings
        if finding.cycle
    ]


def test_over_two_files(tmp_path: Path) -> None:
    (tmp_path / "monitor.py").write_text(MONITOR)
    assert flows(tmp_path, "engine.py", ENGINE) == [["engine.py:6:9 Engine.monitor", "monitor.py:3:9 Monitor.engine"]]


@pytest.mark.parametrize(
    ("code", "flow"),
    [
        (
            "class Clock:\n    def __init__(self):\n        self.on_tick = self.go\n\n    def go(self): ...\n",
            ["a.py:3:9 Clock.on_tick", "a.py:5:5 Clock.go"],
        ),
        (
            "class Node:\n    def __init__(self):\n        self.children = []\n\n"
            "    def add(self, child):\n        child.parent = self\n        self.children.append(child)\n",
            ["a.py:7:9 Node.children", "a.py:6:9 child.parent"],
        ),
        (
            "class Session:\n    def __init__(self, transport):\n        self.transport = transport\n"
            "        self.transport.session = self\n",
            ["a.py:3:9 Session.transport", "a.py:4:9 Session.transport.session"],
        ),
        ("class Node:\n    def __init__(self):\n        self.next = self\n", ["a.py:3:9 Node.next"]),
    ],
)
def test_in_one_file(tmp_path: Path, code: str, flow: list[str]) -> None:
    assert flow in flows(tmp_path, "a.py", code)
