"""The hooks, run by pre-commit itself on a scratch repository."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WITHOUT_PRE_COMMIT = importlib.util.find_spec("pre_commit") is None

SOURCE = """\
class Clock:
    def __init__(self):
        self.on_tick = self.advance

    def advance(self):
        return open("zones").read()


def clocks(zones):
    return [Clock() for zone in zones]
"""
FIXED = SOURCE.replace(
    '        return open("zones").read()\n',
    '        with open("zones") as file:\n            return file.read()\n',
)


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def hooks(tmp_path: Path) -> Path:
    """This tree as a repository of hooks: what is tracked or new, as it stands on disk."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=True,
    )
    folder = tmp_path / "hooks"
    for name in filter(None, os.fsdecode(listed.stdout).split("\0")):
        if (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "hooks")
    return folder


@pytest.mark.skipif(WITHOUT_PRE_COMMIT, reason="pre-commit is not installed")
def test_hooks(hooks: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "a.py").write_text(SOURCE)
    (work / "gen").mkdir()
    (work / "gen" / "b.py").write_text(SOURCE)
    (work / "memlint.toml").write_text('exclude = ["gen/"]\n')
    git(work, "init", "-q")
    git(work, "add", ".")

    def try_repo(hook: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pre_commit", "try-repo", str(hooks), hook, "--all-files", "--color=never"]
        environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "cache")}
        return subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True)

    checked = try_repo("memlint")
    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert "a.py:3:9: ML102" in checked.stdout
    assert "a.py:6:16: ML801" in checked.stdout
    assert "gen/b.py" not in checked.stdout

    fixed = try_repo("memlint-fix")
    assert "files were modified by this hook" in fixed.stdout
    assert (work / "a.py").read_text() == FIXED
    assert (work / "gen" / "b.py").read_text() == SOURCE
