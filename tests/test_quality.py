"""The gates of quality: types, style, and memlint on itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import memlint

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    "command",
    [
        ["mypy", "--strict", "-p", "memlint"],
        ["mypy", "--strict", "rules"],
        ["ruff", "check", "--no-cache", "."],
        ["ruff", "format", "--no-cache", "--check", "."],
    ],
    ids=" ".join,
)
def test_tool_is_content(command: list[str], tmp_path: Path) -> None:
    cache = ["--cache-dir", str(tmp_path)] if command[0] == "mypy" else []
    done = subprocess.run([sys.executable, "-m", *command, *cache], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_memlint_is_quiet_on_memlint() -> None:
    done = memlint("check", "--output-format", "concise", cwd=ROOT)
    assert done.stdout.startswith("No findings"), done.stdout


def test_the_example_shows_every_rule_of_the_readme() -> None:
    """The first run that a reader sees has a finding of each kind."""
    done = memlint("check", "--output-format", "concise", "examples/leaky_service", cwd=ROOT)
    found = {line.split(" ")[1] for line in done.stdout.splitlines() if ": ML" in line}
    assert found == {
        *("ML102", "ML103", "ML109"),
        *("ML201", "ML202", "ML501", "ML502"),
    }
