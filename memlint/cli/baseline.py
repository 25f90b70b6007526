"""`memlint baseline`: list findings in a file, which checks then do not tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from memlint.baseline import NAME, Baseline, Entries, count, write
from memlint.changes import Changes
from memlint.cli import check
from memlint.cli.flags import Command, flag, of_the_run
from memlint.cli.survey import settings_with, survey
from memlint.layers import place
from memlint.mistakes import UsageError, printable, suggestion
from memlint.narrowing import Narrowing
from memlint.options import REPORT
from memlint.report.summary import counted, failure_lines

ACTIONS = ("create", "update", "prune")
OPTIONS = """
    select ignore extend_select extend_ignore per_file_ignores extend_per_file_ignores min_severity target_version
    profile exclude extend_exclude force_exclude respect_gitignore config isolated no_cache cache_dir jobs max_memory
    verbose
""".split()
"""The options of `memlint check` that hold here."""


@click.command(cls=Command, params=[each for each in check.command.params if each.name in OPTIONS])
@click.argument("action", metavar="create|update|prune")
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@flag("--baseline", metavar="FILE", group=REPORT, help=f"The file (default: that of the settings, else {NAME}).")
@flag("--accept-new", is_flag=True, group=REPORT, help="With update: take new findings in.")
def command(action: str, paths: tuple[str, ...], accept_new: bool, **given: Any) -> int:
    """Make the file of findings that a check does not tell, bring it up to date, or take out what is gone."""
    if action not in ACTIONS:
        raise click.UsageError(f'baseline: there is no action "{action}"{suggestion(action, ACTIONS)}')
    if accept_new and action != "update":
        raise click.UsageError("--accept-new goes with update")
    defaults = check.command.make_context("check", []).params
    try:
        return keep(action, paths or (".",), accept_new, defaults | given)
    except UsageError as error:
        raise click.UsageError(str(error)) from None


def keep(action: str, paths: tuple[str, ...], accept_new: bool, flags: dict[str, Any]) -> int:
    """Do what is asked for; the result is the exit status."""
    settings_for = settings_with(flags)
    settings = settings_for(Path("."))
    flags |= of_the_run(settings)
    named = flags["baseline"] or (None if settings.baseline else str(settings.root / NAME))
    narrowing = Narrowing(Changes(), named, unwritten if action == "create" else Baseline.read)
    narrowing.baseline(settings)
    result, _ = survey(paths, settings_for, narrowing, flags)
    for line in failure_lines(result):
        click.echo(line, err=True)
    if result.failures and action == "create":
        raise UsageError("the baseline is not written, as findings may be missing; mend the failures first")
    for baseline in narrowing.baselines.values():
        takes_new = accept_new or action == "create"
        entries = baseline.pruned() if action == "prune" else baseline.updated(takes_new)
        write(baseline.file, entries)
        name = place(str(baseline.file))
        listed = counted(count(entries), "finding")
        click.echo(f"{name} lists {listed}: {by_rule(entries)}." if entries else f"{name} lists no findings.")
        if baseline.stale:
            click.echo(f"Taken out, as they are gone: {by_rule(baseline.stale)}.")
        if baseline.new and not takes_new:
            click.echo(f"New, and taken in by update --accept-new alone: {by_rule(baseline.new)}.")
        if flags["verbose"]:
            for line in told("gone", baseline.stale):
                click.echo(line)
        if action == "create" and not settings.baseline:
            click.echo(f"Use it: memlint check --baseline {name}, or `baseline` in the settings.")
    return check.COULD_NOT_RUN if result.failures else 0


def unwritten(file: Path) -> Baseline:
    """A baseline that is yet to be written."""
    if file.exists():
        raise UsageError(f"{place(str(file))} is there already; bring it up to date: memlint baseline update")
    return Baseline(file, {})


def by_rule(entries: Entries) -> str:
    """How many entries each rule has, the most frequent first: `12 ML102, 3 ML801`."""
    counts = Counter(entry.rule for name in entries for entry in entries[name])
    rules = sorted(counts, key=lambda rule: (-counts[rule], rule))
    return ", ".join(f"{counts[rule]} {rule}" for rule in rules)


def told(what: str, entries: Entries) -> Iterator[str]:
    for name in sorted(entries):
        for entry in sorted(entries[name]):
            where = f" in {entry.scope}" if entry.scope else ""
            yield printable(f"{what}: {name}: {entry.rule}{where}: {entry.message}")
