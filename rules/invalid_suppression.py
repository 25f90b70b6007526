from __future__ import annotations

from collections.abc import Iterator

from memlint.api import TOLD, Effect, Facts, Finding, Review, Rule, Slice, all_of


class InvalidSuppression(Rule):
    """A comment that is meant for memlint names no rule, or cannot be read, and so does nothing."""

    code = "ML002"
    name = "invalid-suppression"
    effect = Effect.NONE
    gate = all_of(file=TOLD)

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return False

    @classmethod
    def review(cls, review: Review) -> Iterator[Finding]:
        for mistake in review.mistakes:
            yield review.finding(cls, mistake.start, mistake.end, mistake.reason)
