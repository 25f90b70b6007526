"""A run over files and folders: what is found in them, and what is written where fixes are wanted."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from memlint import run
from memlint.cache import Cache, folder_for
from memlint.cli.flags import loader
from memlint.cli.output import colored
from memlint.cli.progress import Progress
from memlint.discover import discover
from memlint.memory import budget, collector
from memlint.model import Failure, Finding, Outcome, Position, Report
from memlint.narrowing import Narrowing
from memlint.profile import guess, telling
from memlint.settings import Settings, UsageError
from memlint.source import LINE_END, SourceFile, Undecodable

Pairs = Iterable[tuple[run.Task, Outcome]]


def settings_with(flags: dict[str, Any]) -> Callable[[Path], Settings]:
    """What tells the settings of a folder under the flags."""
    in_force = loader(flags)
    same: dict[Settings, Settings] = {}

    @functools.cache
    def known(start: str, folder: Path) -> Settings:
        settings = in_force(Path(start, folder)).settings
        if settings.has_selectors:
            run.rules_for(settings)  # refuses a selector that means no rule
        if flags["verbose"]:
            click.echo(f"memlint: {folder}: settings from {settings.origin or 'nowhere, so defaults'}", err=True)
        return same.setdefault(settings, settings)

    return lambda folder: known(os.getcwd(), folder)


@collector
def survey(
    paths: Sequence[str], settings_for: Callable[[Path], Settings], narrowing: Narrowing, flags: dict[str, Any]
) -> tuple[Report, list[str]]:
    """The report on files and folders, and the patches where these are asked for."""
    failures: list[Failure] = []
    fix, reason = flags["fix"] or flags["diff"] or flags["fix_verified"], reason_of(flags)
    sift = sieve(settings_for(Path(".")), narrowing, flags)
    files = list(discover([Path(path) for path in paths], settings_for, failures.append))
    cache = None
    if not (fix or reason or flags["no_gate"] or flags["no_cache"] or narrowing.changes.folder):
        cache = Cache(folder_for(flags["cache_dir"], settings_for(Path(".")).root))
    placed = [(found.path, found.settings) for found in files]
    in_force = profiled(placed, flags["verbose"], cache)
    if flags["verbose"]:
        say_idle(placed)
    allowed = budget(flags["jobs"] or cores(), flags["max_memory"])
    if allowed.note and not flags["quiet"]:
        click.echo(f"memlint: --max-memory: {allowed.note}", err=True)
    tasks = [
        run.Task(
            found.path,
            settings,
            found.named,
            fix,
            flags["unsafe_fixes"],
            not flags["no_gate"],
            at_hand=allowed.at_hand,
            reason=reason,
        )
        for found, settings in zip(files, in_force, strict=True)
    ]
    result = Report(failures=failures, deed="Ignored" if reason else "Fixed")
    patches = []
    with Progress(len(tasks), sys.stderr) as progress:
        outcomes = run.check_files(list(map(narrowing.first, tasks)), allowed.jobs, cache, progress.step)
        told = (narrowing.told(*each, run.check_file) for each in zip(tasks, outcomes, strict=True))
        for outcome in sift(told):
            if outcome.rewrite and flags["diff"]:
                patches.append(outcome.rewrite.diff)
            elif outcome.rewrite:
                keep(outcome)
            result.add(outcome)
    if cache and cache.trouble and flags["verbose"]:
        click.echo(f"memlint: {cache.trouble}", err=True)
    narrowing.sum_up(result, paths)
    return result, patches


def reason_of(flags: dict[str, Any]) -> str:
    """Why what is found is to be ignored, or nothing."""
    if flags["add_ignore"] is None:
        return ""
    from memlint.ignoring import reason_given

    if flags["fix"]:
        raise UsageError("--add-ignore: ignores what is found, which --fix may mend; run --fix first, by itself")
    return reason_given(flags["add_ignore"])


def sieve(settings: Settings, narrowing: Narrowing, flags: dict[str, Any]) -> Callable[[Pairs], Iterable[Outcome]]:
    """What chooses among the fixes that were worked out; without more, all stay."""
    if flags["timeout"] and not flags["fix_verified"]:
        raise UsageError("--timeout is for the command of --fix-verified, which is not given")
    if flags["ask"] and (flags["fix_verified"] or not flags["fix"]):
        raise UsageError("--ask goes with --fix, and not with --fix-verified")
    if flags["ask"]:
        from memlint.cli import ask

        if narrowing.applies(settings):
            raise UsageError("--ask asks about all that is found; leave out --since, and the baseline")
        ask.see_terminal()
        return functools.partial(ask.asked, is_colored=colored(flags["color"], sys.stderr), flags=flags)
    if not flags["fix_verified"]:
        return lambda pairs: (outcome for _, outcome in pairs)
    from memlint.cli import verify

    return functools.partial(verify.verified, settings=settings, command=verify.asked(), flags=flags)


def profiled(files: Sequence[tuple[str, Settings]], is_verbose: bool, cache: Cache | None = None) -> list[Settings]:
    """The settings of each file, with the profile guessed where they name none."""
    together: dict[Settings, list[str]] = {}
    for path, settings in files:
        together.setdefault(settings, []).append(path)
    known: dict[Settings, Settings] = {}
    for settings, paths in together.items():
        profile, reason = settings.profile, "by the settings"
        if not profile:
            read = [*telling(settings.root, paths)]
            guessed = functools.partial(guess, settings.root, read)
            profile, reason = cache.profile(settings.root, read, guessed) if cache else guessed()
        known[settings] = replace(settings, profile=profile)
        if is_verbose:
            click.echo(f"memlint: {settings.root}: checked as a {profile}: {reason}", err=True)
    return [known[settings] for _, settings in files]


def say_idle(files: Sequence[tuple[str, Settings]]) -> None:
    """Say which patterns of `per-file-ignores` match none of the files."""
    from memlint.judge import idle_patterns

    for folder, pattern in idle_patterns(files):
        message = f'per-file-ignores: "{pattern}", relative to {folder}, matches none of the files that are checked'
        click.echo(f"memlint: {message}", err=True)


def keep(outcome: Outcome) -> None:
    """Write a fixed file; where that fails, its fixes did not happen."""
    assert outcome.rewrite is not None
    from memlint import fixing

    failure = fixing.write(outcome.path, outcome.rewrite)
    if failure:
        outcome.failures.append(failure)
        outcome.findings = sorted(outcome.findings + outcome.fixed, key=by_place)
        outcome.fixed = []


def by_place(finding: Finding) -> tuple[int, Position]:
    return finding.cell, finding.start


def lines_of(path: str, cell: int = 0) -> list[str]:
    """The lines of a file, or of a notebook's cell, for its excerpts; none where it cannot be read."""
    try:
        return split(path, Path(path).read_bytes(), cell)
    except OSError:
        return []


def split(path: str, data: bytes, cell: int) -> list[str]:
    try:
        return SourceFile.from_bytes(path, data).lines_in(cell)
    except Undecodable:
        return LINE_END.split(data.decode("latin-1"))


def cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
