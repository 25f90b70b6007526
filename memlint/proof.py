"""Proves a fixed text before it is written, whatever rule the fix is from: it compiles, keeps every comment and what
every name means, and loses just the findings that were fixed."""

from __future__ import annotations

import warnings
from collections import Counter

from memlint.meanings import Comparison
from memlint.model import Effect, Finding, Outcome
from memlint.source import SourceFile

SHORT = 79
"""Characters that a line may have in any file (PEP 8)."""
TELLING = 100
"""Lines from which the longest one says how long lines may get."""


def objection(before: SourceFile, old: Outcome, after: SourceFile, new: Outcome, batch: list[Finding]) -> str:
    """Why the new text must not be written; empty where all is proved."""
    edits = [edit for finding in batch if finding.fix for edit in finding.fix.edits]
    return (
        refused(after)
        or lost_comment(before, after, batch)
        or overlong(before, after)
        or left_over(old, new, batch)
        or Comparison(before, after, edits).objection()
    )


def refused(after: SourceFile) -> str:
    """Why Python does not take the new text, or a file cannot hold it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            after.compile()
        after.to_bytes()
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"the fixed text does not compile: {error}"
    return ""


def overlong(before: SourceFile, after: SourceFile) -> str:
    """What line would be longer than any other of a file that has many, as its author may have a limit."""
    if len(before.lines) < TELLING:
        return ""
    limit = max(SHORT, *map(len, before.lines))
    longest = max(map(len, after.lines))
    return f"a line would have {longest} characters, more than any other of the file" if longest > limit else ""


def lost_comment(before: SourceFile, after: SourceFile, batch: list[Finding]) -> str:
    """What comment would go that no fixed finding is about."""
    lost = dropped(before, after, batch)
    return f"the fix would drop the comment {next(iter(lost))!r}" if lost else ""


def dropped(before: SourceFile, after: SourceFile, batch: list[Finding]) -> Counter[str]:
    """The comments that are gone, those apart that a finding is about."""
    fixes = (finding.fix for finding in batch if finding.fix and is_remark(finding))
    rewritten = {edit.start.line for fix in fixes for edit in fix.edits}
    kept = Counter(comment for line, comment in before.comments if line not in rewritten)
    return kept - Counter(comment for _, comment in after.comments)


def left_over(old: Outcome, new: Outcome, batch: list[Finding]) -> str:
    """What is found in the new text beyond the findings that were to stay."""
    if len(new.failures) > len(old.failures) or len(new.unchecked) > len(old.unchecked):
        return "the fixed text can no longer be checked"
    allowed = Counter(finding.code for finding in old.findings)
    allowed.subtract(finding.code for finding in batch)
    fixed = {finding.code for finding in batch}
    told = (finding.code for finding in new.findings if finding.code in fixed or not is_remark(finding))
    for code, count in Counter(told).items():
        if count > allowed[code]:
            return f"after the fix {code} {'is still found' if code in fixed else 'would be new'}"
    return ""


def is_remark(finding: Finding) -> bool:
    """Whether a finding is about a comment, and not about the code."""
    return finding.effect is Effect.NONE
