"""`memlint check`: find faults, and mend them where asked to."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import click

from memlint import report, run
from memlint.cache import Cache, folder_for
from memlint.cli.flags import Command, flag, loader, of_the_run, settings_flags
from memlint.cli.output import Output, outputs, rule_text
from memlint.cli.progress import Progress
from memlint.discover import Found, discover, is_excluded
from memlint.memory import budget, parse_size
from memlint.model import Failure, Outcome, Report
from memlint.options import FILES, FIXES, REPORT
from memlint.profile import guess
from memlint.report.summary import counted, failure_lines
from memlint.settings import Settings, UsageError, suggestion
from memlint.source import LINE_END, SourceFile, Undecodable

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


@click.command(cls=Command)
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@settings_flags(without={"output-format"})
@flag("--show-files", is_flag=True, group=FILES, help="List the files to be checked; check none.")
@flag("--stdin-filename", metavar="NAME", group=FILES, help="The name of what `-` reads.")
@flag("--diff", is_flag=True, group=FIXES, help="Show what --fix would do, as a patch.")
@flag(
    "--output-format",
    multiple=True,
    metavar="FORMAT[:FILE]",
    group=REPORT,
    help=f"One of {', '.join(report.FORMATS)}; once for each report, all but one with a file.",
)
@flag("--output-file", "-o", metavar="FILE", group=REPORT, help="Write the report to a file.")
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
    in_force = loader(flags)

    @functools.cache
    def settings_for(folder: Path) -> Settings:
        settings = in_force(folder).settings
        if settings.has_selectors:
            run.rules_for(settings)  # refuses a selector that means no rule
        if flags["verbose"]:
            click.echo(f"memlint: {folder}: settings from {settings.origin or 'nowhere, so defaults'}", err=True)
        return settings

    flags |= of_the_run(settings_for(Path((flags["stdin_filename"] or "") if "-" in paths else "").parent))
    flags["fix"] |= flags["fix_only"]
    flags["output_format"] = formats or tuple(filter(None, [flags["output_format"]]))
    with outputs(flags) as wanted:
        if "-" in paths:
            return check_stdin(paths, settings_for, flags, wanted)
        return check_paths(paths, settings_for, flags, wanted)


def check_paths(
    paths: Sequence[str], settings_for: Callable[[Path], Settings], flags: dict[str, Any], wanted: list[Output]
) -> int:
    """Check files and folders."""
    failures: list[Failure] = []
    fix = flags["fix"] or flags["diff"]
    files = list(discover([Path(path) for path in paths], settings_for, failures.append))
    if flags["show_files"]:
        return show_files(files, failures, wanted[0].stream)
    cache = None
    if not (fix or flags["no_gate"] or flags["no_cache"]):
        cache = Cache(folder_for(flags["cache_dir"], settings_for(Path(".")).root))
    placed = [(found.path, settings_for(found.path.parent)) for found in files]
    in_force = profiled(placed, flags["verbose"], cache)
    if flags["verbose"]:
        say_idle(placed)
    allowed = budget(flags["jobs"] or cores(), flags["max_memory"])
    if allowed.note and not flags["quiet"]:
        click.echo(f"memlint: --max-memory: {allowed.note}", err=True)
    tasks = [
        run.Task(
            str(found.path),
            settings,
            found.named,
            fix,
            flags["unsafe_fixes"],
            not flags["no_gate"],
            at_hand=allowed.at_hand,
        )
        for found, settings in zip(files, in_force, strict=True)
    ]
    result = Report(failures=failures)
    patches = []
    with Progress(len(tasks), sys.stderr) as progress:
        for outcome in run.check_files(tasks, allowed.jobs, cache, progress.step):
            if outcome.rewrite and flags["diff"]:
                patches.append(outcome.rewrite.diff)
            elif outcome.rewrite:
                keep(outcome)
            result.add(outcome)
    if cache and cache.trouble and flags["verbose"]:
        click.echo(f"memlint: {cache.trouble}", err=True)
    if flags["diff"]:
        return show_patches(patches, result, flags, wanted[0].stream)
    return finish(result, settings_for(Path(".")), flags, wanted, lines_of)


def profiled(files: Sequence[tuple[Path, Settings]], is_verbose: bool, cache: Cache | None = None) -> list[Settings]:
    """The settings of each file, with the profile guessed where they name none."""
    together: dict[Settings, list[Path]] = {}
    for path, settings in files:
        together.setdefault(settings, []).append(path)
    known: dict[Settings, Settings] = {}
    for settings, paths in together.items():
        profile, reason = settings.profile, "by the settings"
        if not profile:
            guessed = functools.partial(guess, settings.root, paths)
            profile, reason = cache.profile(settings.root, paths, guessed) if cache else guessed()
        known[settings] = replace(settings, profile=profile)
        if is_verbose:
            click.echo(f"memlint: {settings.root}: checked as a {profile}: {reason}", err=True)
    return [known[settings] for _, settings in files]


def say_idle(files: Sequence[tuple[Path, Settings]]) -> None:
    """Say which patterns of `per-file-ignores` match none of the files."""
    from memlint.judge import idle_patterns

    for folder, pattern in idle_patterns(files):
        message = f'per-file-ignores: "{pattern}", relative to {folder}, matches none of the files that are checked'
        click.echo(f"memlint: {message}", err=True)


def show_files(files: Iterable[Found], failures: list[Failure], out: TextIO) -> int:
    """Print what would be checked."""
    out.writelines(f"{found.path}\n" for found in files)
    say_failures(Report(failures=failures))
    return COULD_NOT_RUN if failures else 0


def keep(outcome: Outcome) -> None:
    """Write a fixed file; where that fails, its fixes did not happen."""
    assert outcome.rewrite is not None
    from memlint import fixing

    failure = fixing.write(outcome.path, outcome.rewrite)
    if failure:
        outcome.failures.append(failure)
        outcome.findings = sorted(outcome.findings + outcome.fixed, key=lambda finding: finding.start)
        outcome.fixed = []


def check_stdin(
    paths: Sequence[str], settings_for: Callable[[Path], Settings], flags: dict[str, Any], wanted: list[Output]
) -> int:
    """Check standard input; with --fix the fixed text goes to standard output and the report to standard error."""
    if len(paths) > 1:
        raise UsageError("`-` reads standard input and stands alone: name no other path beside it")
    name = flags["stdin_filename"] or "-"
    (settings,) = profiled([(Path(name), settings_for(Path(name).parent))], flags["verbose"])
    fix = flags["fix"] or flags["diff"]
    data = sys.stdin.buffer.read()
    task = run.Task(name, settings, True, fix, flags["unsafe_fixes"], not flags["no_gate"])
    is_skipped = settings.force_exclude and is_excluded(Path(name), settings)
    outcome = Outcome(name) if is_skipped else run.check_bytes(task, data)
    result = Report()
    result.add(outcome)
    if flags["diff"]:
        return show_patches([outcome.rewrite.diff] if outcome.rewrite else [], result, flags, wanted[0].stream)
    if flags["fix"]:
        sys.stdout.buffer.write(outcome.rewrite.data if outcome.rewrite else data)
        data = outcome.rewrite.data if outcome.rewrite else data
        wanted = [replace(each, stream=each.stream if each.file else sys.stderr) for each in wanted]
    return finish(result, settings, flags, wanted, lambda path: split(name, data) if path == name else lines_of(path))


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
    sources: Callable[[str], list[str]],
) -> int:
    """Write the reports and tell the exit status."""
    if flags["show_fixes"]:
        for finding in result.fixed:
            assert finding.fix is not None
            message = f"fixed {finding.path}:{finding.start.line}: {finding.code} {finding.fix.message}"
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


def lines_of(path: str) -> list[str]:
    """The lines of a file for its excerpts; none where it cannot be read."""
    try:
        return split(path, Path(path).read_bytes())
    except OSError:
        return []


def split(path: str, data: bytes) -> list[str]:
    try:
        return SourceFile.from_bytes(path, data).lines
    except Undecodable:
        return LINE_END.split(data.decode("latin-1"))


def colored(when: str, out: TextIO) -> bool:
    """Whether to color: the flag, then FORCE_COLOR, then NO_COLOR, then the terminal."""
    if when != "auto":
        return when == "always"
    if os.environ.get("FORCE_COLOR"):
        return True
    return not os.environ.get("NO_COLOR") and out.isatty()


def cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
