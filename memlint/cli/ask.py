"""`memlint check --fix --ask`: shows one fix at a time and applies those that are accepted."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from memlint import fixing, run
from memlint.ignoring import ignored, reason_given
from memlint.model import Finding, Outcome
from memlint.settings import UsageError
from memlint.source import SourceFile

HELP = """\
y  apply this fix
n  leave it
a  apply it, and all fixes of this rule
s  leave it, and write a comment that suppresses the finding, with a reason
q  leave it and the rest; what was accepted is written
?  show this"""
COLORS = {"+": "green", "-": "red", "@": "cyan"}


def asked(pairs: Iterable[tuple[run.Task, Outcome]], *, is_colored: bool, flags: dict[str, Any]) -> Iterator[Outcome]:
    """The outcomes with the fixes that the user accepts, each when its file is done."""
    dialogue = Dialogue(flags["unsafe_fixes"], is_colored)
    for task, outcome in list(pairs):
        if not outcome.fixed:
            yield outcome
        elif dialogue.is_over:
            yield run.check_file(replace(task, fix=False))
        else:
            yield dialogue.outcome(task)


def see_terminal() -> None:
    """Raise `UsageError` where nobody can be asked."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError("--ask needs a terminal to ask on; leave it out to apply all fixes")


class Dialogue:
    """The questions of a run, and the answers that hold for the rest of it."""

    def __init__(self, unsafe: bool, is_colored: bool) -> None:
        self.unsafe = unsafe
        self.is_colored = is_colored
        self.accepted: set[str] = set()
        """Codes of the rules all of whose fixes are wanted."""
        self.is_over = False

    def outcome(self, task: run.Task) -> Outcome:
        """Ask about the fixes of one file, and tell what came of it."""
        data = Path(task.path).read_bytes()
        before = SourceFile.from_bytes(task.path, data)
        look = run.looking(task)
        source, outcome = before, look(before)
        applied: list[Finding] = []
        answered: dict[str, str] = {}
        while not self.is_over and (batch := fixing.chosen(outcome, self.unsafe, answered)):
            finding = batch[0]
            after, verdict = fixing.fixed(source, look, self.unsafe, (finding.fingerprint,))
            told = source.told(finding)
            answer = self.answer(told, source, after, verdict)
            if answer == "y":
                source, outcome = after, verdict
                applied.append(told)
            elif answer == "s":
                source = self.suppressed(source, look, outcome, finding)
                outcome = look(source)
                answered[finding.fingerprint] = ""
            else:
                answered[finding.fingerprint] = ""
        outcome.fixed = applied
        outcome.rewrite = fixing.rewrite(before, data, source)
        return run.told(outcome, source)

    def answer(self, finding: Finding, source: SourceFile, after: SourceFile, verdict: Outcome) -> str:
        """What is to become of a fix: `y`, `n` or `s`."""
        if not verdict.fixed:
            return "n"
        if finding.code in self.accepted:
            self.say(f"applied {finding.path}:{finding.place}: {finding.code} {fixing.fix_of(finding).message}")
            return "y"
        self.show(finding, fixing.unified_diff(source, after))
        while True:
            answer = click.prompt("Apply this fix? [y,n,a,s,q,?]", prompt_suffix=" ", err=True).strip().lower()
            if answer in ("y", "n", "s"):
                return str(answer)
            if answer == "a":
                self.accepted.add(finding.code)
                return "y"
            if answer == "q":
                self.is_over = True
                return "n"
            self.say(HELP)

    def show(self, finding: Finding, diff: str) -> None:
        """Print a finding, what it costs, and what its fix changes."""
        fix = fixing.fix_of(finding)
        self.say(f"\n{finding.path}:{finding.place}: {finding.code} {finding.message}")
        self.say(f"effect: {finding.effect.why}")
        self.say(f"fix ({fix.safety.value}): {fix.message}")
        for line in diff.splitlines()[2:]:
            self.say(line, COLORS.get(line[:1]))

    def say(self, line: str, color: str | None = None) -> None:
        click.echo(click.style(line, fg=color) if color and self.is_colored else line, err=True)

    def suppressed(self, source: SourceFile, look: fixing.Lint, outcome: Outcome, finding: Finding) -> SourceFile:
        """The file with a comment that ignores a finding, and says why; as it was where no comment can."""
        number = next(number for each, number in fixing.numbered(outcome.findings) if each == finding)
        after, verdict = ignored(source, look, self.reason(), frozenset((number,)))
        for failure in verdict.failures:
            self.say(failure.message)
        return after

    def reason(self) -> str:
        """What the user gives as the reason, asked for until it can stand in a comment."""
        while True:
            try:
                return reason_given(click.prompt("Reason", err=True), "s", "say why it may stay")
            except UsageError as error:
                self.say(str(error))
