"""`--fix --ask` applies what is accepted, one fix at a time."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from tests.command import memlint

TEXT = """\
def first(item, rows=[]):
    rows.append(item)
    return rows


def second(item, rows=[]):
    rows.append(item)
    return rows


def third(item, names={}):
    names[item] = 1
    return names
"""
GUARD = "None):\n    if rows is None:\n        rows = []\n"
FIRST = TEXT.replace("def first(item, rows=[]):\n", f"def first(item, rows={GUARD}")
BOTH = FIRST.replace("def second(item, rows=[]):\n", f"def second(item, rows={GUARD}")
ALL = BOTH.replace("names={}):\n", "names=None):\n    if names is None:\n        names = {}\n")
NOTED = "  # memlint: ignore[ML201] it is meant to last"


def answered(folder: Path, *answers: str) -> tuple[int, str]:
    """The exit status and what a terminal shows, where a user gives these answers."""
    pty = pytest.importorskip("pty", reason="needs a pseudo-terminal")
    command = [sys.executable, "-m", "memlint", "check", "--fix", "--ask", "--unsafe-fixes", "--isolated", "a.py"]
    process, terminal = pty.fork()
    if not process:
        os.chdir(folder)
        os.execve(sys.executable, command, {**os.environ, "NO_COLOR": "1", "COLUMNS": "100"})
    shown = b""
    waiting = list(answers)
    try:
        while chunk := os.read(terminal, 4096):
            shown += chunk
            if waiting and re.search(rb"(\?\]|Reason:) $", shown):
                os.write(terminal, f"{waiting.pop(0)}\n".encode())
                shown += b"<"
    except OSError:  # Linux says so that the other end is closed
        pass
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("answers", "written"),
    [
        (["y", "n", "n"], FIRST),
        (["n", "n", "n"], TEXT),
        (["a"], ALL),
        (["y", "a"], ALL),
        (["y", "q"], FIRST),
        (["y", "y", "q"], BOTH),
        (
            ["s", "it is meant to last", "q"],
            TEXT.replace("def first(item, rows=[]):", f"def first(item, rows=[]):{NOTED}"),
        ),
        (
            ["s", "# noqa", "it is meant to last", "q"],
            TEXT.replace("def first(item, rows=[]):", f"def first(item, rows=[]):{NOTED}"),
        ),
        (["?", "what", "y", "q"], FIRST),
    ],
)
def test_answers(tmp_path: Path, answers: list[str], written: str) -> None:
    path = tmp_path / "a.py"
    path.write_text(TEXT)
    status, shown = answered(tmp_path, *answers)
    assert path.read_text() == written, shown
    assert status == (0 if written == ALL else 1)
    assert [each.name for each in tmp_path.iterdir()] == ["a.py"]


def test_what_is_shown(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(TEXT)
    _, shown = answered(tmp_path, "q")
    assert shown.split("<")[0] == (
        "\n"
        "a.py:1:22: ML201 default `[]` of `rows` is made once and shared by every call; `rows.append` changes it for "
        "the next call: use `None`\n"
        "effect: shared: two names change one object\n"
        "fix (unsafe): make the default of `rows` on each call\n"
        "@@ -1,4 +1,6 @@\n"
        "-def first(item, rows=[]):\n"
        "+def first(item, rows=None):\n"
        "+    if rows is None:\n"
        "+        rows = []\n"
        "     rows.append(item)\n"
        "     return rows\n"
        " \n"
        "Apply this fix? [y,n,a,s,q,?] "
    )


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--fix", "--ask"], "--ask needs a terminal to ask on; leave it out to apply all fixes"),
        (["--ask"], "--ask goes with --fix, and not with --fix-verified"),
        (["--fix", "--ask", "-"], "--ask works on files: name them instead of `-`"),
    ],
)
def test_mistakes(tmp_path: Path, arguments: list[str], reason: str) -> None:
    (tmp_path / "a.py").write_text(TEXT)
    done = memlint("check", *arguments, cwd=tmp_path, stdin=b"")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"memlint: error: {reason}\n")
    assert (tmp_path / "a.py").read_text() == TEXT
