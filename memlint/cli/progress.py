"""How far a run is: a line on standard error, on a terminal, where the run takes more than a moment."""

from __future__ import annotations

import time
from typing import TextIO

PATIENCE = 2.0
"""Seconds after which a run is long."""
PERIOD = 0.1
"""Seconds between two changes of the line."""
WIDTH = 30


class Progress:
    """Counts the files that are done; leaves nothing behind."""

    def __init__(self, total: int, out: TextIO) -> None:
        self.total = total
        self.out = out
        self.done = 0
        self.is_wanted = out.isatty()
        self.is_shown = False
        self.next = time.monotonic() + PATIENCE

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Take the line away."""
        if self.is_shown:
            self.out.write("\r\x1b[K")
            self.out.flush()
            self.is_shown = False

    def step(self, count: int) -> None:
        """Note that so many more files are done."""
        self.done += count
        now = time.monotonic()
        if self.done >= self.total:
            self.clear()
        elif self.is_wanted and now >= self.next:
            filled = WIDTH * self.done // max(self.total, 1)
            bar = "#" * filled + "." * (WIDTH - filled)
            self.out.write(f"\r[{bar}] {self.done}/{self.total} files\x1b[K")
            self.out.flush()
            self.is_shown, self.next = True, now + PERIOD
