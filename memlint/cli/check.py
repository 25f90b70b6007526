"""`memlint check`: find faults, and mend them where asked to."""

from __future__ import annotations

import functools
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import click

from memlint import report, run
from memlint.cache import NAME, Cache, folder_for
from memlint.cli.progress import Progress
from memlint.discover import discover
from memlint.memory import budget, parse_size
from memlint.model import Failure, Finding, Outcome, Position, Report
from memlint.profile import guess
from memlint.report.summary import failure_lines
from memlint.report.view import Sources
from memlint.settings import Settings, UsageError, load, suggestion
from memlint.source import LINE_END, SourceFile, Undecodable

COULD_NOT_RUN = 2
SETTING_FLAGS = ("select", "ignore", "target-version", "profile", "min-severity", "fail-on")


def known_format(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and value not in report.FORMATS:
        raise click.UsageError(f'--output-format: there is no format "{value}"{suggestion(value, report.FORMATS)}')
    return value


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


@click.command()
@click.argument("paths", nargs=-1, metavar="[PATHS]...")
@click.option("--select", metavar="RULES", help="Run just these rules: codes, beginnings of codes, names, or ALL.")
@click.option("--ignore", metavar="RULES", help="Leave these rules out.")
@click.option("--fix", is_flag=True, help="Apply safe fixes.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: apply fixes that may change behaviour too.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, as a patch, and write nothing.")
@click.option("--show-fixes", is_flag=True, help="List the fixes that were applied.")
@click.option("--output-format", metavar="FORMAT", callback=known_format, help=f"One of {', '.join(report.FORMATS)}.")
@click.option("--output-file", metavar="FILE", help="Write the report to a file.")
@click.option("--statistics", is_flag=True, help="Count findings by rule.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even when there are findings.")
@click.option("--min-severity", metavar="LEVEL", help="Show findings from: info, warning, error.")
@click.option("--fail-on", metavar="LEVEL", help="Exit with 1 for findings from this severity (default: warning).")
@click.option("--target-version", metavar="VERSION", help="The oldest Python that the code must run on: py37 to py315.")
@click.option("--profile", metavar="KIND", help="What the code is: service, library or script (default: guessed).")
@click.option("--isolated", is_flag=True, help="Read no settings file.")
@click.option("--no-cache", is_flag=True, help="Check every file anew, and keep nothing.")
@click.option("--cache-dir", metavar="FOLDER", help=f"Where to keep what was found (default: {NAME} in the project).")
@click.option("--no-gate", is_flag=True, hidden=True, help="Parse everything: shows whether a gate hides findings.")
@click.option(
    "--jobs", "-j", type=click.IntRange(min=1), metavar="N", help="Number of processes (default: one a core)."
)
@click.option("--max-memory", metavar="SIZE", callback=known_size, help="Take no more than so much, as 300MB or 1GB.")
@click.option("--color", default="auto", metavar="WHEN", callback=known_color, help="auto, always or never.")
@click.option("--stdin-filename", metavar="NAME", help="The name of the file given on standard input as `-`.")
@click.option("--quiet", "-q", is_flag=True, help="Print findings only, no summary.")
@click.option("--verbose", "-v", is_flag=True, help="Say more: settings in force, each place not checked.")
def command(paths: tuple[str, ...], **flags: Any) -> int:
    """Check files and folders (default: the current folder; `-` reads standard input)."""
    try:
        return check(paths or (".",), flags)
    except UsageError as error:
        raise click.UsageError(str(error)) from None


def check(paths: Sequence[str], flags: dict[str, Any]) -> int:
    """Run the check; the result is the exit status."""
    overrides = {flag: value for flag in SETTING_FLAGS if (value := given(flag, flags)) is not None}

    @functools.cache
    def settings_for(folder: Path) -> Settings:
        settings = load(folder, overrides, flags["isolated"])
        if settings.select or settings.ignore or settings.per_file_ignores:
            run.rules_for(settings)  # refuses a selector that means no rule
        if flags["verbose"]:
            click.echo(f"memlint: {folder}: settings from {settings.origin or 'nowhere, so defaults'}", err=True)
        return settings

    with output(flags["output_file"]) as out:
        if "-" in paths:
            return check_stdin(paths, settings_for, flags, out)
        return check_paths(paths, settings_for, flags, out)


def given(flag: str, flags: dict[str, Any]) -> object:
    """The value of a setting's flag as a settings file would hold it."""
    value = flags[flag.replace("-", "_")]
    if flag in ("select", "ignore") and value is not None:
        return [word.strip() for word in value.split(",") if word.strip()]
    return value


def check_paths(
    paths: Sequence[str], settings_for: Callable[[Path], Settings], flags: dict[str, Any], out: TextIO
) -> int:
    """Check files and folders."""
    failures: list[Failure] = []
    fix = flags["fix"] or flags["diff"]
    files = list(discover([Path(path) for path in paths], settings_for, failures.append))
    cache = None
    if not (fix or flags["no_gate"] or flags["no_cache"]):
        cache = Cache(folder_for(flags["cache_dir"], settings_for(Path(".")).root))
    placed = [(found.path, settings_for(found.path.parent)) for found in files]
    in_force = profiled(placed, flags["verbose"], cache)
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
        return show_patches(patches, result, flags, out)
    return finish(result, settings_for(Path(".")), flags, out, lines_of)


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


def check_stdin(
    paths: Sequence[str], settings_for: Callable[[Path], Settings], flags: dict[str, Any], out: TextIO
) -> int:
    """Check standard input; with --fix the fixed text goes to standard output and the report to standard error."""
    if len(paths) > 1:
        raise UsageError("`-` reads standard input and stands alone: name no other path beside it")
    name = flags["stdin_filename"] or "-"
    (settings,) = profiled([(Path(name), settings_for(Path(name).parent))], flags["verbose"])
    fix = flags["fix"] or flags["diff"]
    data = sys.stdin.buffer.read()
    outcome = run.check_bytes(run.Task(name, settings, True, fix, flags["unsafe_fixes"], not flags["no_gate"]), data)
    result = Report()
    result.add(outcome)
    if flags["diff"]:
        return show_patches([outcome.rewrite.diff] if outcome.rewrite else [], result, flags, out)
    if flags["fix"]:
        sys.stdout.buffer.write(outcome.rewrite.data if outcome.rewrite else data)
        data = outcome.rewrite.data if outcome.rewrite else data
        out = sys.stderr if out is sys.stdout else out
    return finish(result, settings, flags, out, lambda path, cell=0: split(name, data, cell))


def show_patches(patches: Iterable[str], result: Report, flags: dict[str, Any], out: TextIO) -> int:
    """Print what would change; like a failing check, a change that is due makes the exit status 1."""
    patches = list(patches)
    for patch in patches:
        out.write(patch)
    say_failures(result)
    if result.failures:
        return COULD_NOT_RUN
    return 1 if patches and not flags["exit_zero"] else 0


def finish(result: Report, settings: Settings, flags: dict[str, Any], out: TextIO, sources: Sources) -> int:
    """Print the report and tell the exit status."""
    if flags["show_fixes"]:
        for finding in result.fixed:
            assert finding.fix is not None
            place = finding.place.rpartition(":")[0]
            message = f"fixed {finding.path}:{place}: {finding.code} {finding.fix.message}"
            click.echo(message, err=True)
    report.write(
        result,
        flags["output_format"] or ("full" if out.isatty() else "concise"),
        out,
        color=colored(flags["color"], out),
        sources=sources,
        statistics=flags["statistics"],
        quiet=flags["quiet"],
        verbose=flags["verbose"],
    )
    say_failures(result)
    if result.failures:
        return COULD_NOT_RUN
    return 1 if result.fails(settings.fail_on) and not flags["exit_zero"] else 0


def say_failures(result: Report) -> None:
    for line in failure_lines(result):
        click.echo(line, err=True)


@contextmanager
def output(file: str | None) -> Iterator[TextIO]:
    """Standard output, or a file that is replaced only when the whole report stands."""
    if file is None:
        yield sys.stdout
        return
    target = Path(file)
    if target.is_dir() or not target.absolute().parent.is_dir():
        raise UsageError(f"--output-file: {file} cannot be written; name a file in a folder that exists")
    buffer = io.StringIO()
    yield buffer
    mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
    from memlint import fixing

    try:
        fixing.replace_file(target, buffer.getvalue().encode("utf-8", "backslashreplace"), mode)
    except OSError as error:
        raise UsageError(f"--output-file: {file} cannot be written: {error.strerror or error}") from None


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
