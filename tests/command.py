"""Runs memlint as a user does: in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path


def memlint(
    *arguments: str | Path, cwd: Path | None = None, stdin: bytes | None = None, timeout: float = 60, **environment: str
) -> subprocess.CompletedProcess[str]:
    """The finished process; its output is decoded with surrogates for bytes that are not UTF-8."""
    finished = subprocess.run(
        [sys.executable, "-m", "memlint", *map(os.fspath, arguments)],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        timeout=timeout,
        env={**os.environ, "NO_COLOR": "1", **environment},
    )
    out, err = (os.fsdecode(stream).replace("\r\n", "\n") for stream in (finished.stdout, finished.stderr))
    assert "Traceback" not in err, err
    return subprocess.CompletedProcess(finished.args, finished.returncode, out, err)


def heed_interrupts() -> None:
    """A suite that runs in the background of a shell inherits that interrupts are ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
