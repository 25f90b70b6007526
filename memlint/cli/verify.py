"""`memlint check --fix-verified -- COMMAND`: keeps the fixes with which the user's own command still passes."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import click

from memlint import run
from memlint.model import Finding, Outcome
from memlint.settings import Settings, UsageError
from memlint.trial import Trial, ended_by_signals
from memlint.verified import Sieve, Unverifiable

EXAMPLE = "memlint check --fix-verified src -- pytest -q"


class Chosen(NamedTuple):
    """A fix of a file."""

    path: str
    finding: Finding


class Files:
    """The texts of the files to fix, with any choice of their fixes."""

    def __init__(self, tasks: Sequence[run.Task], trial: Trial) -> None:
        self.tasks = {task.path: task for task in tasks}
        self.trial = trial
        self.known: dict[tuple[str, tuple[str, ...]], Outcome] = {}
        for path in self.tasks:
            if not trial.holds(path):
                raise UsageError(f"--fix-verified: {path} belongs to an environment or a cache, which is not copied")
        self.original = {path: trial.place(path).read_bytes() for path in self.tasks}

    def outcome(self, path: str, fixes: Sequence[Chosen]) -> Outcome:
        wanted = tuple(each.finding.fingerprint for each in fixes if each.path == path)
        if (path, wanted) not in self.known:
            self.known[path, wanted] = run.check_file(replace(self.tasks[path], wanted=wanted))
        return self.known[path, wanted]

    def write(self, fixes: Sequence[Chosen]) -> None:
        """Make the copy hold these fixes, and no others."""
        fixed = {each.path for each in fixes}
        for path, data in self.original.items():
            rewrite = self.outcome(path, fixes).rewrite if path in fixed else None
            self.trial.write(path, rewrite.data if rewrite else data)


def asked() -> list[str]:
    """The command that is to verify the fixes; raises `UsageError` where there is none."""
    command: list[str] = click.get_current_context().meta.get("command", [])
    if not command:
        raise UsageError(f"--fix-verified: write the command that tests the code behind ` -- `: `{EXAMPLE}`")
    if "/" not in command[0] and not shutil.which(command[0]):
        raise UsageError(f'--fix-verified: there is no command "{command[0]}" to run')
    return command


def verified(
    pairs: Iterable[tuple[run.Task, Outcome]],
    *,
    settings: Settings,
    command: Sequence[str],
    flags: dict[str, Any],
) -> Iterable[Outcome]:
    """The outcomes with those fixes alone with which the command passes in a copy of the project of these settings."""
    pairs = list(pairs)
    outcomes = [outcome for _, outcome in pairs]
    fixes = [Chosen(outcome.path, finding) for outcome in outcomes for finding in outcome.fixed]
    if not fixes:
        return outcomes
    tell: Callable[[str], None] = (lambda line: None) if flags["quiet"] else say
    paths = {each.path for each in fixes}
    to_fix = [task for task, _ in pairs if task.path in paths]
    with ended_by_signals():
        trial = started(to_fix, settings, command, flags["timeout"])
        try:
            files = Files(to_fix, trial)
            sieve = Sieve(trial, files.write, tell)
            sieve.start()
            sieve.see_that_it_matters(paths)
            kept, dropped = sieve.sifted(fixes)
        except Unverifiable as error:
            raise UsageError(f"--fix-verified: {error}; nothing was written") from None
        except OSError as error:
            raise UsageError(f"--fix-verified: `{shlex.join(command)}` cannot be run: {error.strerror}") from None
        finally:
            trial.close()
    times = sieve.changes_of_mind
    flaky = f"; it failed by chance {times} time{'s' * (times > 1)}" if times else ""
    tell(f"kept {len(kept)} of {len(fixes)} fixes in {sieve.runs} runs of `{shlex.join(command)}`{flaky}")
    for (path, finding), reason in dropped:
        say(f"dropped {path}:{finding.start.line}: {finding.code}: with its fix the command fails: {reason}")
    reasons = {(each.fix.path, each.fix.finding.fingerprint): each.reason for each in dropped}
    return [
        explained(files.outcome(outcome.path, kept), reasons) if outcome.path in paths else outcome
        for outcome in outcomes
    ]


def started(tasks: Sequence[run.Task], settings: Settings, command: Sequence[str], timeout: float | None) -> Trial:
    """The copy of the project; raises `UsageError` for files that it would not hold."""
    root = settings.root.resolve()
    outside = [task.path for task in tasks if not Path(task.path).resolve().is_relative_to(root)]
    if outside or root in (Path.home(), Path(root.anchor)) or not Path.cwd().is_relative_to(root):
        what = f"{outside[0]} is outside of" if outside else "this is not"
        raise UsageError(f"--fix-verified: {what} the project, which is copied: {root}; run it in the project's folder")
    try:
        return Trial(root, command, settings.src, timeout)
    except (OSError, shutil.Error) as error:
        raise UsageError(f"--fix-verified: {root} cannot be copied: {error}") from None


def explained(outcome: Outcome, reasons: dict[tuple[str, str], str]) -> Outcome:
    """An outcome whose findings say why their fix was dropped."""
    for number, finding in enumerate(outcome.findings):
        if reason := reasons.get((outcome.path, finding.fingerprint)):
            why = f"with its fix the command fails: {reason}"
            outcome.findings[number] = replace(finding, fix=None, unfixed=why)
    return outcome


def say(line: str) -> None:
    click.echo(f"memlint: {line}", err=True)
