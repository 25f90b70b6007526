"""`memlint check`: find faults, and mend them where asked to."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import click

from memlint import report, run
from memlint.changes import Changes, compared
from memlint.cli.flags import Command, flag, of_the_run, settings_flags
from memlint.cli.output import Output, colored, outputs, rule_text
from memlint.cli.survey import lines_of, profiled, reason_of, settings_with, split, survey
from memlint.discover import discover, is_excluded
from memlint.memory import parse_size
from memlint.model import Failure, Outcome, Report
from memlint.narrowing import Narrowing
from memlint.options import FILES, FIXES, REPORT
from memlint.report.summary import counted, failure_lines
from memlint.report.view import Sources
from memlint.settings import Settings, UsageError, suggestion

COULD_NOT_RUN = 2


def known_color(context: click.Context, parameter: click.Parameter, value: str) -> str:
    choices = ("auto", "always", "never")
    if value not in choices:
        raise click.UsageError(f'--color: "{value}" is none of {", ".join(choices)}{suggestion(value, choices)}')
    return value


def known_size(context: click.Context, parameter: click.Parameter, value: str | None) -> int | None:
    try:
        return None if value is None else parse_size(value)
    except ValueError:
        raise click.UsageError(f'--max-memory: "{value}" is no size; write one as 300MB or 1GB') from None


class Checking(Command):
    """Takes what stands behind ` -- ` for the command that verifies fixes, where one is to."""

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        if "--fix-verified" in args and "--" in args:
            place = args.index("--")
            context.meta["command"], args = args[place + 1 :], args[:place]
        return super().parse_args(context, args)


@click.command(cls=Checking)
@click.argument("paths", nargs=-1, metavar="[PATHS]... [-- COMMAND]")
@settings_flags(without={"output-format"})
@flag("--show-files", is_flag=True, group=FILES, help="List the files to be checked; check none.")
@flag("--stdin-filename", metavar="NAME", group=FILES, help="The name of what `-` reads.")
@flag("--diff", is_flag=True, group=FIXES, help="Show what --fix would do, as a patch.")
@flag("--ask", is_flag=True, group=FIXES, help="With --fix: show each fix, and ask about it.")
@flag("--fix-verified", is_flag=True, group=FIXES, help="Keep fixes that COMMAND passes with: -- pytest -q")
@flag(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    group=FIXES,
    help="For one run of that command.",
)
@flag("--add-ignore", metavar="REASON", group=FIXES, help="Write comments that ignore what is found now.")
@flag(
    "--output-format",
    multiple=True,
    metavar="FORMAT[:FILE]",
    group=REPORT,
    help=f"One of {', '.join(report.FORMATS)}; once for each report, all but one with a file.",
)
@flag("--output-file", "-o", metavar="FILE", group=REPORT, help="Write the report to a file.")
@flag("--baseline", metavar="FILE", group=REPORT, help="Tell nothing that a baseline file lists.")
@flag("--since", metavar="REV", group=REPORT, help="Tell of lines changed since a git revision.")
@flag("--staged", is_flag=True, group=REPORT, help="Tell of lines changed in what git has staged.")
@flag("--statistics", is_flag=True, group=REPORT, help="Count findings by rule.")
@flag("--exit-zero", "-e", is_flag=True, group=REPORT, help="Exit with 0 even when there are findings.")
@flag("--exit-non-zero-on-fix", is_flag=True, group=REPORT, help="Exit with 1 where a file was fixed, too.")
@flag("--color", default="auto", metavar="WHEN", callback=known_color, group=REPORT, help="auto, always or never.")
@flag("--quiet", "-q", is_flag=True, group=REPORT, help="Print findings only, no summary.")
@flag("--silent", "-s", is_flag=True, group=REPORT, help="Print no report; the exit status tells.")
@flag("--verbose", "-v", is_flag=True, group=REPORT, help="Say more: settings, what was not checked.")
@flag("--watch", "-w", is_flag=True, help="Check again whenever a file changes, until Ctrl-C.")
@flag("--no-cache", "-n", is_flag=True, help="Check every file anew, and keep nothing.")
@flag("--no-gate", is_flag=True, hidden=True, help="Parse everything: shows whether a gate hides findings.")
@flag("--jobs", "-j", type=click.IntRange(min=1), metavar="N", help="Number of processes (default: one a core).")
@flag("--max-memory", metavar="SIZE", callback=known_size, help="Take no more than so much, as 300MB or 1GB.")
def command(paths: tuple[str, ...], **flags: Any) -> int:
    """Check files and folders (default: the current folder; `-` reads standard input)."""
    paths = paths or (".",)
    try:
        if flags["watch"]:
            from memlint.cli.watch import watch

            return watch(paths, lambda: check(paths, dict(flags)))
        return check(paths, flags)
    except UsageError as error:
        raise click.UsageError(str(error)) from None


def check(paths: Sequence[str], flags: dict[str, Any]) -> int:
    """Run the check; the result is the exit status."""
    formats = flags.pop("output_format")
    settings_for = settings_with(flags)
    flags |= of_the_run(settings_for(Path((flags["stdin_filename"] or "") if "-" in paths else "").parent))
    flags["fix"] |= flags["fix_only"]
    flags["output_format"] = formats or tuple(filter(None, [flags["output_format"]]))
    if flags["staged"] and (flags["fix"] or flags["diff"] or flags["fix_verified"] or flags["add_ignore"] is not None):
        raise UsageError("--staged reads what is staged, which nothing is written to: use --since HEAD instead")
    with outputs(flags) as wanted:
        if "-" in paths:
            return check_stdin(paths, settings_for, flags, wanted)
        return check_paths(paths, settings_for, flags, wanted)


def check_paths(
    paths: Sequence[str], settings_for: Callable[[Path], Settings], flags: dict[str, Any], wanted: list[Output]
) -> int:
    """Check files and folders."""
    with compared(paths, flags["since"], flags["staged"]) as (places, changes):
        narrowing = Narrowing(changes, flags["baseline"])
        with changes.inside():
            if flags["show_files"]:
                return show_files(places, settings_for, wanted[0].stream)
            result, patches = survey(places, settings_for, narrowing, flags)
            settings = settings_for(Path("."))
        if flags["diff"]:
            return show_patches(patches, result, flags, wanted[0].stream)
        return finish(result, settings, flags, wanted, lambda path, cell=0: lines_of(changes.place(path), cell))


def show_files(paths: Sequence[str], settings_for: Callable[[Path], Settings], out: TextIO) -> int:
    """Print what would be checked."""
    failures: list[Failure] = []
    files = discover([Path(path) for path in paths], settings_for, failures.append)
    out.writelines(f"{found.path}\n" for found in files)
    say_failures(Report(failures=failures))
    return COULD_NOT_RUN if failures else 0


def check_stdin(
    paths: Sequence[str], settings_for: Callable[[Path], Settings], flags: dict[str, Any], wanted: list[Output]
) -> int:
    """Check standard input; with --fix the fixed text goes to standard output and the report to standard error."""
    if flags["staged"] or flags["since"] is not None:
        raise UsageError("--since and --staged are about files that git knows, and standard input is none")
    if len(paths) > 1:
        raise UsageError("`-` reads standard input and stands alone: name no other path beside it")
    if flags["fix_verified"] or flags["ask"]:
        flag = "--ask" if flags["ask"] else "--fix-verified"
        raise UsageError(f"{flag} works on files: name them instead of `-`")
    name = flags["stdin_filename"] or "-"
    (settings,) = profiled([(name, settings_for(Path(name).parent))], flags["verbose"])
    fix = flags["fix"] or flags["diff"]
    reason = reason_of(flags)
    data = sys.stdin.buffer.read()
    narrowing = Narrowing(Changes(), flags["baseline"])
    task = run.Task(name, settings, True, fix, flags["unsafe_fixes"], not flags["no_gate"], reason=reason)
    is_skipped = settings.force_exclude and is_excluded(Path(name), settings)
    outcome = Outcome(name) if is_skipped else run.check_bytes(narrowing.first(task), data)
    _, outcome = narrowing.told(task, outcome, lambda task: run.check_bytes(task, data))
    result = Report(deed="Ignored" if reason else "Fixed")
    result.add(outcome)
    narrowing.sum_up(result, ())
    if flags["diff"]:
        return show_patches([outcome.rewrite.diff] if outcome.rewrite else [], result, flags, wanted[0].stream)
    if flags["fix"] or reason:
        sys.stdout.buffer.write(outcome.rewrite.data if outcome.rewrite else data)
        data = outcome.rewrite.data if outcome.rewrite else data
        wanted = [replace(each, stream=each.stream if each.file else sys.stderr) for each in wanted]

    def sources(path: str, cell: int = 0) -> list[str]:
        return split(name, data, cell) if path == name else lines_of(path, cell)

    return finish(result, settings, flags, wanted, sources)


def show_patches(patches: Iterable[str], result: Report, flags: dict[str, Any], out: TextIO) -> int:
    """Print what would change; like a failing check, a change that is due makes the exit status 1."""
    patches = list(patches)
    for patch in patches:
        out.write(patch)
    say_failures(result)
    if result.failures:
        return COULD_NOT_RUN
    return 1 if patches and not flags["exit_zero"] else 0


def finish(
    result: Report,
    settings: Settings,
    flags: dict[str, Any],
    wanted: list[Output],
    sources: Sources,
) -> int:
    """Write the reports and tell the exit status."""
    if flags["show_fixes"]:
        for finding in result.fixed:
            assert finding.fix is not None
            place = finding.place.rpartition(":")[0]
            message = f"fixed {finding.path}:{place}: {finding.code} {finding.fix.message}"
            click.echo(message, err=True)
    if flags["fix_only"]:
        result.findings.clear()
        if not flags["quiet"]:
            click.echo(f"memlint: fixed {counted(len(result.fixed), 'finding')}", err=True)
    for each in wanted:
        report.write(
            result,
            each.format or ("full" if each.stream.isatty() else "concise"),
            each.stream,
            color=colored(flags["color"], each.stream),
            sources=sources,
            rules=rule_text,
            statistics=flags["statistics"],
            quiet=flags["quiet"] or flags["fix_only"],
            verbose=flags["verbose"],
        )
    say_failures(result)
    if result.failures:
        return COULD_NOT_RUN
    is_failing = result.fails(settings.fail_on) or bool(flags["exit_non_zero_on_fix"] and result.fixed)
    return 1 if is_failing and not flags["exit_zero"] else 0


def say_failures(result: Report) -> None:
    for line in failure_lines(result):
        click.echo(line, err=True)
