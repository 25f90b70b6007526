"""How much memory a run may take: fewer processes, and less of other files at hand, where little is allowed; and when
a run looks for garbage."""

from __future__ import annotations

import gc
import re
from contextlib import ContextDecorator
from typing import NamedTuple

SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)
UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}

OWN = 70 * 2**20
"""Bytes that a process takes without facts of other files: memlint, libcst, and a file of usual size (measured with
benchmarks.speed, CPython 3.11)."""
OF_CHARACTER = 100
"""Bytes that the facts of a file take for each of its characters."""
AT_HAND = 400_000
"""Characters of source in other files whose facts a process keeps at hand."""

BETWEEN = 150_000
"""Characters of source whose facts are let go uncut between two looks for garbage."""
LEFT = 10
"""Of how many characters whose facts are cut one counts as well: little of them stays behind."""


class Budget(NamedTuple):
    """How many processes there are, and how many characters of other files each keeps the facts of."""

    jobs: int
    at_hand: int
    note: str = ""
    """What was given up for it."""


def budget(jobs: int, most: int | None) -> Budget:
    """What a run may do that is to take so many bytes at most, in all of its processes together."""
    if most is None:
        return Budget(jobs, AT_HAND)
    fitting = max(1, min(jobs, most // (OWN + AT_HAND * OF_CHARACTER)))
    at_hand = min(AT_HAND, max(0, (most // fitting - OWN) // OF_CHARACTER))
    notes = [f"{fitting} of {jobs} processes"] if fitting < jobs else []
    notes += ["less of other files kept at hand"] if at_hand < AT_HAND else []
    notes += [f"it needs some {OWN // 2**20} MB itself"] if most < OWN else []
    return Budget(fitting, at_hand, "; ".join(notes))


def parse_size(text: str) -> int:
    """Bytes, of `300MB`, `1.5G` or a plain number; raises `ValueError` for anything else."""
    found = SIZE.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is no size")
    return int(float(found[1]) * UNITS[found[2].upper()])


class Collector(ContextDecorator):
    """When a process that checks files looks for cyclic garbage: by the text whose facts may have become such.

    CPython counts objects, and so traces the facts of a file again and again while they are made. That took a sixth of
    the time of a run; the peak is 7 MB higher without it (celery, aiohttp, httpx; CPython 3.11).
    """

    def __init__(self) -> None:
        self.left = 0
        """Characters whose facts may be garbage by now."""

    def __enter__(self) -> None:
        """From here on garbage is looked for as this class says, and not in what is there already."""
        gc.disable()
        gc.freeze()

    def __exit__(self, *_: object) -> None:
        gc.unfreeze()
        gc.enable()

    def count(self, characters: int) -> None:
        """Take note that the facts of a text are let go uncut."""
        self.left += characters
        if self.left > BETWEEN and not gc.isenabled():
            gc.collect()
            self.left = 0


collector = Collector()
