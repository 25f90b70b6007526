"""Narrows what was found to what is to be told: what no baseline lists, on lines that have changed.

This comes after the cache and the worker processes, which know all findings of a file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from memlint.baseline import Baseline, count
from memlint.changes import Changes
from memlint.model import Outcome, Report
from memlint.run import Task
from memlint.settings import Settings


class Narrowing:
    """Narrows the outcomes of one run; `named` is the baseline that holds in place of those of the settings."""

    def __init__(
        self, changes: Changes, named: str | None = None, read: Callable[[Path], Baseline] = Baseline.read
    ) -> None:
        self.changes = changes
        self.home = os.getcwd()
        """What paths are relative to, even where the staged files are checked elsewhere."""
        self.named = named and os.path.abspath(named)
        self.read = read
        self.baselines: dict[str, Baseline] = {}
        self.unchanged = 0

    def applies(self, settings: Settings) -> bool:
        """Whether anything is left out under some settings; raises `UsageError` where their baseline is none."""
        return self.baseline(settings) is not None or bool(self.changes.flag)

    def baseline(self, settings: Settings) -> Baseline | None:
        """The baseline that holds where some settings do."""
        if not (self.named or settings.baseline):
            return None
        file = self.named or self.absolute(os.path.relpath(settings.root / settings.baseline))
        if file not in self.baselines:
            self.baselines[file] = self.read(Path(file))
        return self.baselines[file]

    def absolute(self, path: str) -> str:
        return os.path.normpath(os.path.join(self.home, path))

    def narrow(self, outcome: Outcome, settings: Settings) -> None:
        """Leave in an outcome what is to be told."""
        if baseline := self.baseline(settings):
            baseline.hide(outcome, self.absolute(outcome.path), settings)
        if self.changes.flag:
            changed = [finding for finding in outcome.findings if self.changes.concern(finding, self.home)]
            self.unchanged += len(outcome.findings) - len(changed)
            outcome.findings, outcome.withheld = changed, 0

    def first(self, task: Task) -> Task:
        """The task to begin with: what is left out must be known before anything is rewritten."""
        return replace(task, fix=False, reason="") if self.applies(task.settings) else task

    def told(self, task: Task, outcome: Outcome, check: Callable[[Task], Outcome]) -> tuple[Task, Outcome]:
        """What is to be told of the outcome of the first task, with the rewriting of just these findings where the task
        wants one; and the task that is about these alone."""
        if not self.applies(task.settings):
            return task, outcome
        everything = outcome.findings
        self.narrow(outcome, task.settings)
        if not outcome.findings or not (task.reason or (task.fix and any(each.fix for each in outcome.findings))):
            return task, outcome
        from memlint.fixing import numbered

        told = set(map(id, outcome.findings))
        only = frozenset(number for finding, number in numbered(everything) if id(finding) in told)
        task = replace(task, only=only)
        return task, replace(check(task), withheld=outcome.withheld)

    def sum_up(self, report: Report, paths: Sequence[str]) -> None:
        """Enter what was left out; `paths` are the arguments, below whose folders files may have gone."""
        for baseline in self.baselines.values():
            baseline.close([self.absolute(path) for path in paths if os.path.isdir(path)])
            report.hidden += baseline.hidden
            report.stale += count(baseline.stale)
        report.unchanged = self.unchanged
