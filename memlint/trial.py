"""Runs the user's own command in a copy of the project, so that what is tried there never touches the project.

The copy holds everything but version control and caches; environments and `node_modules`, which are large and no part
of the code, are links. What `.gitignore` excludes is copied, as tests often need it: built extensions, for one.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

LEFT_OUT = frozenset(
    """
    .git .hg .svn .bzr __pycache__ .mypy_cache .pytest_cache .ruff_cache .memlint_cache .hypothesis .tox .nox .coverage
    """.split()
)
LINKED = frozenset({"node_modules", "site-packages", ".venv", "venv"})
ENVIRONMENT_MARKS = ("pyvenv.cfg", "conda-meta")
GRACE = 3.0
"""Seconds that a command has to end by itself when it is told to."""


@dataclass(frozen=True)
class Run:
    """How a run of the command ended."""

    status: int | None
    """Its exit status; None where it was stopped for taking too long."""
    seconds: float
    last: str
    """The last line that it printed."""

    @property
    def passed(self) -> bool:
        return self.status == 0

    @property
    def told(self) -> str:
        """The end in words."""
        end = f"it took longer than {self.seconds:.0f} s" if self.status is None else f"exit status {self.status}"
        return f"{end}: {self.last}" if self.last else end


class Trial:
    """A copy of a project, in which a command is run; it is there until `close`."""

    def __init__(self, root: Path, command: Sequence[str], sources: Sequence[str], timeout: float | None) -> None:
        self.root = root.resolve()
        self.command = list(command)
        self.sources = sources
        self.timeout = timeout
        self.held = Path(tempfile.mkdtemp(prefix="memlint-")).resolve()
        self.copy = self.held / (self.root.name or "project")
        try:
            copy_project(self.root, self.copy)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        shutil.rmtree(self.held, ignore_errors=True)

    def place(self, path: str) -> Path:
        """Where the copy of a file is."""
        return self.copy / Path(path).resolve().relative_to(self.root)

    def holds(self, path: str) -> bool:
        """Whether a file was copied, and not left out or linked: that may be written to."""
        place = self.place(path)
        return place.is_file() and place.resolve().is_relative_to(self.copy)

    def write(self, path: str, data: bytes) -> None:
        self.place(path).write_bytes(data)

    def environment(self) -> Mapping[str, str]:
        """That of the user, but that imports find the copy first: an editable install leads to the project."""
        own = [str(self.copy / source) for source in self.sources]
        others = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
        moved = [str(self.place(each)) if Path(each).resolve().is_relative_to(self.root) else each for each in others]
        path = os.pathsep.join([*own, *moved])
        return {**os.environ, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1", "PWD": str(self.place("."))}

    def run(self) -> Run:
        """Run the command to its end, and end with it what it has started."""
        start = time.monotonic()
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(
                self.command,
                cwd=self.place("."),
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                status: int | None = process.wait(self.timeout)
            except subprocess.TimeoutExpired:
                status = None
            finally:
                end(process)
            return Run(status, time.monotonic() - start, last_line(output))


def copy_project(root: Path, copy: Path) -> None:
    """Copy a project; links inside it lead into the copy, others stay."""
    copy.mkdir()
    for folder, names, files in os.walk(root):
        here = Path(folder)
        there = copy / here.relative_to(root)
        for name in [*names]:
            source = here / name
            is_linked = name in LINKED or any((source / mark).exists() for mark in ENVIRONMENT_MARKS)
            is_left_out = name in LEFT_OUT or source == copy.parent
            if is_left_out or is_linked or source.is_symlink():
                names.remove(name)
            if is_left_out:
                continue
            if source.is_symlink():
                link(source, there / name, root, copy)
            elif is_linked:
                (there / name).symlink_to(source, target_is_directory=True)
            else:
                (there / name).mkdir()
        for name in files:
            source = here / name
            if source.is_symlink():
                link(source, there / name, root, copy)
            elif source.is_file() and name not in LEFT_OUT:
                shutil.copy2(source, there / name)


def link(source: Path, place: Path, root: Path, copy: Path) -> None:
    """Make a link that leads to the copy of what another leads to, where that is in the project."""
    target = Path(os.readlink(source))
    if target.is_absolute() and target.is_relative_to(root):
        target = copy / target.relative_to(root)
    elif not target.is_absolute() and not (source.parent / target).resolve().is_relative_to(root):
        target = (source.parent / target).resolve()
    place.symlink_to(target)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it has started in its group."""
    if os.name != "posix":
        if process.poll() is None:
            subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)
        process.wait()
        return
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal_number)
        if signal_number is signal.SIGTERM and not is_gone(process):
            until = time.monotonic() + GRACE
            while time.monotonic() < until and not is_gone(process):
                time.sleep(0.02)
    process.wait()


def is_gone(process: subprocess.Popen[bytes]) -> bool:
    """Whether nothing is left of a process and its group."""
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def last_line(output: IO[bytes]) -> str:
    """The last line of some output that is not blank."""
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - 4096))
    lines = output.read().decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Inside, a request to end comes as Ctrl-C does, so that what must be put away is."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}
    for name in ("SIGTERM", "SIGHUP"):
        if number := getattr(signal, name, None):
            before[number] = signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
