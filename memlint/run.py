"""Takes files through the pipeline: read, lint, judge, fix; over several processes where that pays."""

from __future__ import annotations

import functools
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from memlint.cache import Cache, dependencies
from memlint.memory import AT_HAND, collector
from memlint.model import Failure, Outcome, Position, Unchecked
from memlint.settings import Settings
from memlint.stamps import stamp_of

if TYPE_CHECKING:
    from concurrent.futures import Future, ProcessPoolExecutor

    from memlint.facts.project import Project
    from memlint.rule import Rule
    from memlint.source import SourceFile

WORTH_A_POOL = 400_000
"""Bytes of source from which starting processes costs less than it gains."""

CHUNK = 16
"""Files that a worker takes at a time: neighbours, as they ask about each other."""


@dataclass(frozen=True)
class Task:
    """One file to check, with the settings in force for it."""

    path: str
    settings: Settings
    named: bool = False
    fix: bool = False
    unsafe: bool = False
    gated: bool = True
    cached: bool = False
    """Whether the outcome is to say what it depends on."""
    wanted: tuple[str, ...] | None = None
    """Fingerprints of the only findings to fix."""
    at_hand: int = AT_HAND
    """Characters of other files whose facts a process keeps."""
    only: frozenset[tuple[str, int]] | None = None
    """The findings that are fixed and told, as `fixing.numbered` has them; None means all."""
    reason: str = ""
    """Why findings are to be ignored by comments that are written into the file; empty where they are not."""


def check_file(task: Task) -> Outcome:
    """Read and check one file; what goes wrong is in the outcome."""
    stamp = stamp_of(task.path) if task.cached else ""
    try:
        data = Path(task.path).read_bytes()
    except OSError as error:
        return Outcome(task.path, failures=[Failure(task.path, f"cannot be read: {error.strerror or error}")])
    outcome = check_bytes(task, data)
    if task.cached:
        outcome.depends = dependencies(data, stamp, outcome, project_for(task.settings, task.at_hand).stamps)
    return outcome


def check_bytes(task: Task, data: bytes) -> Outcome:
    """Check the contents of one file, and work out its fixed text where fixes are asked for."""
    from memlint.source import NotPython, SourceFile, Undecodable
    from memlint.syntax import syntax_error

    try:
        source = SourceFile.from_bytes(task.path, data)
    except Undecodable as error:
        place = Position(error.line, error.column)
        return Outcome(task.path, [syntax_error(task.path, str(error), place, place)])
    except NotPython as error:
        return Outcome(task.path, unchecked=[Unchecked(task.path, 1, str(error), is_usual=error.is_usual)])
    look = looking(task)
    if not (task.fix or task.reason):
        return told(look(source), source)
    from memlint.fixing import fixed, rewrite
    from memlint.ignoring import ignored

    if task.reason:
        after, outcome = ignored(source, look, task.reason, task.only)
    else:
        after, outcome = fixed(source, look, task.unsafe, task.wanted, task.only)
    outcome.rewrite = rewrite(source, data, after)
    return told(outcome, after)


def looking(task: Task) -> Callable[[SourceFile], Outcome]:
    """What is found in the text of a task's file, whatever it is by now."""
    from memlint.engine import lint
    from memlint.judge import heard, judged

    rules, project = rules_for(task.settings), project_for(task.settings, task.at_hand)

    def look(at: SourceFile) -> Outcome:
        asked = heard(rules, at.path, task.settings)
        outcome = judged(lint(at, asked, project, gated=task.gated, parse=task.named), at, task.settings)
        outcome.findings = list(map(at.confined, outcome.findings))
        return outcome

    return look


def told(outcome: Outcome, source: SourceFile) -> Outcome:
    """The outcome with its places as the author of the file counts: in a notebook by cell."""
    outcome.findings = list(map(source.told, outcome.findings))
    places = [source.placed(each.line) for each in outcome.unchecked]
    outcome.unchecked = [
        each._replace(line=line, cell=cell) for each, (line, cell) in zip(outcome.unchecked, places, strict=True)
    ]
    return outcome


@functools.cache  # memlint: ignore[ML602] one entry per settings file of a run
def rules_for(settings: Settings) -> Sequence[type[Rule]]:
    from memlint.registry import chosen

    return chosen(settings)


@functools.lru_cache(maxsize=2)
def project_for(settings: Settings, at_hand: int) -> Project:
    """The project of some settings; few are kept, as each has facts at hand, and every folder may have settings of its
    own."""
    from memlint.facts.project import Project

    return Project(settings.target_version, str(settings.root), settings.src, settings.knowledge, at_hand)


def check_files(
    tasks: Sequence[Task], jobs: int, cache: Cache | None = None, done: Callable[[int], None] = lambda count: None
) -> Iterator[Outcome]:
    """The outcome of every task, in order: from the cache, where it holds one, else worked out. `done` is told how many
    more tasks are finished, as they are, in whatever order."""
    if cache is None:
        yield from worked_out(tasks, jobs, done)
        return
    known = cache.known(tasks)
    cache.close()  # SQLite wants no open connection where a process forks
    done(len(known))
    unknown = [replace(task, cached=True) for index, task in enumerate(tasks) if index not in known]
    others = zip(unknown, worked_out(unknown, jobs, done), strict=True)
    try:
        for index in range(len(tasks)):
            if index in known:
                yield known.pop(index)
            else:
                task, outcome = next(others)
                cache.keep(task, outcome)
                yield outcome
    finally:
        cache.write()
        cache.close()


def worked_out(tasks: Sequence[Task], jobs: int, done: Callable[[int], None]) -> Iterator[Outcome]:
    """The outcome of every task, in order."""
    sizes = [size(task.path) for task in tasks]
    if jobs < 2 or len(tasks) < 2 or sum(sizes) < WORTH_A_POOL:
        for task in tasks:
            yield check_file(task)
            done(1)
        return
    rules_for(tasks[0].settings)  # before the processes part, so that they share what is imported
    chunks = [list(range(start, min(start + CHUNK, len(tasks)))) for start in range(0, len(tasks), CHUNK)]
    chunks.sort(key=lambda chunk: -sum(sizes[index] for index in chunk))
    outcomes: dict[int, Outcome] = {}
    for index, outcome in pooled(tasks, chunks, jobs):
        outcomes[index] = outcome
        done(1)
    for index in range(len(tasks)):
        yield outcomes.pop(index)


def pooled(tasks: Sequence[Task], chunks: list[list[int]], jobs: int) -> Iterator[tuple[int, Outcome]]:
    """Outcomes by task number, from worker processes; a chunk whose worker dies is taken again file by file."""
    from concurrent.futures.process import BrokenProcessPool

    unfinished: list[int] = []
    with workers(jobs) as pool:
        waiting = [(chunk, pool.submit(check_chunk, [tasks[index] for index in chunk])) for chunk in chunks]
        for chunk, future in waiting:
            try:
                yield from zip(chunk, future.result(), strict=True)
            except BrokenProcessPool:
                unfinished += chunk
    for index in unfinished:
        yield index, alone(tasks[index])


def alone(task: Task) -> Outcome:
    """Check one file in a process of its own, so that only this file is lost if the process dies."""
    from concurrent.futures.process import BrokenProcessPool

    with workers(1) as pool:
        future: Future[Outcome] = pool.submit(check_file, task)
        try:
            return future.result()
        except BrokenProcessPool:
            return Outcome(task.path, failures=[Failure(task.path, "the process that checked this file died")])


class workers:
    """A pool whose processes leave Ctrl-C to the parent, and die with it."""

    def __init__(self, jobs: int) -> None:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        context = get_context("fork" if "fork" in start_methods() else "spawn")
        self.pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=begin)

    def __enter__(self) -> ProcessPoolExecutor:
        return self.pool

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            for process in list((self.pool._processes or {}).values()):
                process.terminate()
        self.pool.shutdown(cancel_futures=True)


def start_methods() -> Sequence[str]:
    import multiprocessing
    import sys

    return () if sys.platform == "darwin" else multiprocessing.get_all_start_methods()


def begin() -> None:
    """What a worker does first: it leaves interrupts to the parent, and looks for garbage as a run does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    collector.__enter__()


def check_chunk(tasks: Sequence[Task]) -> list[Outcome]:
    """The outcomes of some files, as they cross to the parent: without the paths of other files, of which there may be
    thousands for each."""
    return [replace(check_file(task), looked_for=frozenset()) for task in tasks]


def size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
