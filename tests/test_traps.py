"""Code that fixes of other tools broke, each a file in `traps`: fixed by every rule, it prints what it printed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import memlint

TRAPS = sorted((Path(__file__).parent / "traps").glob("*.py"))


def printed(path: Path) -> str:
    done = subprocess.run([sys.executable, "-W", "ignore", path], capture_output=True, text=True, check=True)
    return done.stdout


def test_all_are_there() -> None:
    assert len(TRAPS) == 23


@pytest.mark.parametrize("trap", TRAPS, ids=lambda trap: trap.stem)
def test_fixed_code_does_what_it_did(trap: Path, tmp_path: Path) -> None:
    copy = tmp_path / "module.py"
    copy.write_bytes(trap.read_bytes())
    memlint("check", "--isolated", "--select", "ALL", "--fix", "--unsafe-fixes", "module.py", cwd=tmp_path)
    if copy.read_bytes() != trap.read_bytes():
        assert printed(copy) == printed(trap)


def test_some_of_it_is_fixed(tmp_path: Path) -> None:
    for trap in TRAPS:
        (tmp_path / trap.name).write_bytes(trap.read_bytes())
    done = memlint("check", "--isolated", "--select", "ALL", "--diff", "--unsafe-fixes", cwd=tmp_path)
    fixed = {line.removeprefix("+++ ").removesuffix(".py") for line in done.stdout.splitlines() if line[:4] == "+++ "}
    assert fixed == {
        "connection_that_commits",
        "default_is_annotated",
        "default_of_overloads",
        "default_rebound_by_import",
        "defaults_in_order",
        "file_read_lazily",
    }
