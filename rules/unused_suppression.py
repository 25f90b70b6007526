from __future__ import annotations

from collections.abc import Iterator

from memlint.api import TOLD, Effect, Facts, Finding, Fix, Review, Rule, Safety, Severity, Slice, all_of


class UnusedSuppression(Rule):
    """A comment switches a rule off where it finds nothing, and will hide what it finds there one day."""

    code = "ML001"
    name = "unused-suppression"
    effect = Effect.NONE
    severity = Severity.INFO
    fixes = (Safety.SAFE,)
    gate = all_of(file=TOLD)

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return False

    @classmethod
    def review(cls, review: Review) -> Iterator[Finding]:
        for unused in review.unused:
            each, written = unused.suppression, [code for code in unused.codes if code.is_written]
            named = ", ".join(f"`{code.text}`" for code in written)
            if each.word == "on":
                message = f"nothing switched {named or 'anything'} off above; remove this"
            elif not unused.codes:
                message = f"no finding needs the claim `{each.word}`; remove it"
            elif not named:
                message = "no rule finds anything here; remove the comment"
            else:
                message = f"{named} {'finds' if len(written) == 1 else 'find'} nothing here; remove "
                message += "the comment" if unused.is_whole else "the code" if len(written) == 1 else "the codes"
            if each.word == "ignore" and each.is_alone:
                message += ", or put it behind the line that it is about"
            start, end = (each.start, each.end) if unused.is_whole else (written[0].start, written[-1].end)
            what = "remove the comment" if unused.is_whole else f"remove {named} from the comment"
            fix = Fix(what, Safety.SAFE, review.without(unused))
            yield review.finding(cls, start, end, message, fix)
