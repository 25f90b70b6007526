"""A process beside the server that works documents out: whatever happens in it, the server lives on."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from typing import TypeVar

Answer = TypeVar("Answer")
FAULTY = "def add(item, items=[]):\n    items.append(item)\n"
"""What is checked first, for nobody: it takes all that checking needs to be imported."""


class Died(Exception):
    """The process ended while it worked."""


class Worker:
    """One process, started where there is none; it takes one piece of work after the other."""

    def __init__(self) -> None:
        self.pool: ProcessPoolExecutor | None = None

    def start(self) -> ProcessPoolExecutor:
        """Start the process, and have it import what checking needs before there is something to check."""
        self.pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=begin)
        self.pool.submit(warm_up)
        return self.pool

    async def run(self, work: Callable[..., Answer], *arguments: object) -> Answer:
        """Have some work done; one that is cancelled before it began is never done."""
        try:
            return await asyncio.wrap_future((self.pool or self.start()).submit(work, *arguments))
        except BrokenProcessPool:
            self.pool = None
            raise Died("the process that checked it died") from None

    def close(self) -> None:
        """End the process, whatever it is doing."""
        if self.pool is not None:
            for process in list((self.pool._processes or {}).values()):
                process.terminate()
            self.pool.shutdown(cancel_futures=True)
            self.pool = None


def begin() -> None:
    """Leave Ctrl-C to the server, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with_parent, daemon=True).start()


def end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def warm_up() -> None:
    from memlint.lsp import analysis

    analysis.check(analysis.Request(os.path.abspath("untitled.py"), FAULTY, {}, (), -1))
