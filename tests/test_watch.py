"""`--watch`: a run after each change, until Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.command import heed_interrupts, memlint

SHARED = "def add(item, bag=[]):\n    bag.append(item)\n    return bag\n"
FOUND = "leaky.py:1:19: ML201"
WATCHING = "memlint: watching for changes; Ctrl-C ends\n"
PATIENCE = 30


class Run:
    """A run in a process of its own; what it prints, together, goes to a file."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.printed = folder.parent / "printed"
        with self.printed.open("wb") as file:
            command = [sys.executable, "-m", "memlint", "check", "--watch", *arguments]
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                stdout=file,
                stderr=subprocess.STDOUT,
                preexec_fn=heed_interrupts if os.name == "posix" else None,
            )

    def shows(self, runs: int) -> list[str]:
        """What each of so many runs has printed, once they are done."""
        until = time.monotonic() + PATIENCE
        while len(parts := self.printed.read_text().split(WATCHING)) <= runs and time.monotonic() < until:
            time.sleep(0.05)
        assert len(parts) == runs + 1 and parts[-1] == "", parts
        time.sleep(0.3)  # the watch begins when the run has ended
        return parts[:-1]


@contextmanager
def watching(folder: Path, *arguments: str) -> Iterator[Run]:
    run = Run(folder, *arguments)
    try:
        yield run
    finally:
        run.process.kill()
        run.process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "project"
    found.mkdir()
    (found / "pyproject.toml").touch()
    (found / "leaky.py").write_text(SHARED)
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl-C is no signal that a process can be sent")
def test_changes_of_files_and_settings_are_seen_until_ctrl_c(folder: Path) -> None:
    with watching(folder) as run:
        (first,) = run.shows(1)
        assert first.startswith(FOUND)
        (folder / "leaky.py").write_text("x = 1\n")
        assert run.shows(2)[1].startswith("No findings in 1 file")
        (folder / "leaky.py").write_text(SHARED)
        assert run.shows(3)[2].startswith(FOUND)
        (folder / "memlint.toml").write_text("slect = []\n")
        assert run.shows(4)[3] == 'memlint: error: memlint.toml has no key "slect"; did you mean "select"?\n'
        (folder / "memlint.toml").write_text('ignore = ["ML201"]\n')
        assert run.shows(5)[4].startswith("No findings in 1 file")
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(PATIENCE) == 0
        assert run.shows(5)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal")
def test_on_a_terminal_each_run_begins_on_an_empty_screen(folder: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "memlint", "check", "--watch"]
    process = subprocess.Popen(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while WATCHING.strip().encode() not in shown:
        shown += os.read(ours, 10_000)
    process.kill()
    process.wait()
    os.close(ours)
    assert shown.startswith(b"\x1b[2J\x1b[1;1H")


def test_what_cannot_be_watched(folder: Path) -> None:
    assert memlint("check", "--watch", "-", cwd=folder, stdin=b"").stderr == (
        "memlint: error: --watch reads files again when they change, which `-` cannot; name files or folders\n"
    )
    done = memlint("check", "--watch", "laeky.py", cwd=folder)
    assert (done.returncode, done.stderr) == (
        2,
        'memlint: error: laeky.py: no such file or folder; did you mean "leaky.py"?\n',
    )


def test_without_watchfiles_there_is_one_line(folder: Path) -> None:
    run = "from memlint.cli import main; main()"
    code = f"import sys; sys.modules['watchfiles'] = None; sys.argv = ['memlint', 'check', '--watch']; {run}"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        'memlint: error: --watch needs watchfiles; install it with `pip install "memlint[watch]"`\n',
    )
