"""Finds the fixes with which the user's own command still passes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from memlint.trial import Run, Trial

SLOWEST = 3
"""So many times as long as it took without fixes may the command take with them."""
LEAST = 30.0
"""Seconds that it may take in any case."""
BROKEN = b"this file was broken to see whether the command runs it\n"
FLAKY = 3
"""So many times may the command change its mind about the same code."""

Each = TypeVar("Each")


class Unverifiable(Exception):
    """The command cannot tell good fixes from bad ones."""


class Dropped(NamedTuple, Generic[Each]):
    """A fix with which the command fails."""

    fix: Each
    reason: str


class Sieve(Generic[Each]):
    """Keeps the fixes with which a command passes.

    Where it fails, the bad fix is the last of the shortest beginning of the list that makes it fail: found in about
    log2 runs. Then the rest is tried.
    """

    def __init__(
        self, trial: Trial, apply: Callable[[Sequence[Each]], None], tell: Callable[[str], None] = lambda line: None
    ) -> None:
        self.trial = trial
        self.apply = apply
        """Writes some fixes, and no others, to the copy."""
        self.tell = tell
        self.runs = 0
        self.changes_of_mind = 0

    def start(self) -> None:
        """See that the command passes without fixes, and how long it takes."""
        self.apply(())
        first = self.tried("without fixes")
        if not first.passed:
            first = self.tried("without fixes, again")
            if not first.passed:
                raise Unverifiable(f"the command fails before anything is fixed: {first.told}; make it pass first")
            self.changes_of_mind += 1
        if self.trial.timeout is None:
            self.trial.timeout = max(LEAST, SLOWEST * first.seconds)

    def see_that_it_matters(self, paths: Iterable[str]) -> None:
        """See that the command fails where the files to fix cannot be read: else it runs others."""
        for path in paths:
            self.trial.write(path, BROKEN)
        if self.tried("with the files to fix broken").passed:
            raise Unverifiable(
                "the command passes even where no Python can read the files to fix: it runs none of them, "
                "or those of an installed package"
            )

    def sifted(self, fixes: Sequence[Each]) -> tuple[list[Each], list[Dropped[Each]]]:
        """The fixes that may stay, and those that may not, with why."""
        kept = list(fixes)
        dropped: list[Dropped[Each]] = []
        low = 0
        while len(kept) > low:
            ended = self.with_fixes(kept)
            if ended.passed:
                break
            low, ended = self.passing(kept, low, ended)
            if ended.passed:
                self.changes_of_mind += 1
                if self.changes_of_mind > FLAKY:
                    raise Unverifiable("the command passes at one time and fails at another with the same code")
            else:
                dropped.append(Dropped(kept.pop(low), ended.told))
        return kept, dropped

    def passing(self, fixes: Sequence[Each], low: int, ended: Run) -> tuple[int, Run]:
        """How many fixes, from the first on, the command passes with, and how it ends with one more: run once again, as
        it may have failed by chance."""
        high = len(fixes)
        while high - low > 1:
            middle = (low + high) // 2
            if self.with_fixes(fixes[:middle]).passed:
                low = middle
            else:
                high = middle
        ended = self.with_fixes(fixes[:high])
        return low, ended

    def with_fixes(self, fixes: Sequence[Each]) -> Run:
        self.apply(fixes)
        return self.tried("with 1 fix" if len(fixes) == 1 else f"with {len(fixes)} fixes")

    def tried(self, what: str) -> Run:
        self.runs += 1
        ended = self.trial.run()
        self.tell(f"run {self.runs}, {what}: {'passed' if ended.passed else 'failed'} in {ended.seconds:.1f} s")
        return ended
