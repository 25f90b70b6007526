"""Proves a fixed text before it is written, whatever rule the fix is from: it compiles, keeps every comment and what
every name means, and loses just the findings that were fixed."""

from __future__ import annotations

import ast
import warnings
from collections import Counter

from memlint.meanings import Comparison
from memlint.model import Finding, Outcome
from memlint.source import SourceFile


def objection(before: SourceFile, old: Outcome, after: SourceFile, new: Outcome, batch: list[Finding]) -> str:
    """Why the new text must not be written; empty where all is proved."""
    edits = [edit for finding in batch if finding.fix for edit in finding.fix.edits]
    return (
        refused(after)
        or lost_comment(before, after)
        or left_over(old, new, batch)
        or Comparison(before, after, edits).objection()
    )


def refused(after: SourceFile) -> str:
    """Why Python does not take the new text, or a file cannot hold it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(ast.parse(after.text), "<fixed>", "exec", dont_inherit=True)
        after.to_bytes()
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"the fixed text does not compile: {error}"
    return ""


def lost_comment(before: SourceFile, after: SourceFile) -> str:
    lost = Counter(comment for _, comment in before.comments) - Counter(comment for _, comment in after.comments)
    return f"the fix would drop the comment {next(iter(lost))!r}" if lost else ""


def left_over(old: Outcome, new: Outcome, batch: list[Finding]) -> str:
    """What is found in the new text beyond the findings that were to stay."""
    if len(new.failures) > len(old.failures) or len(new.unchecked) > len(old.unchecked):
        return "the fixed text can no longer be checked"
    allowed = Counter(finding.code for finding in old.findings)
    allowed.subtract(finding.code for finding in batch)
    for code, count in Counter(finding.code for finding in new.findings).items():
        if count > allowed[code]:
            what = "is still found" if any(finding.code == code for finding in batch) else "would be new"
            return f"after the fix {code} {what}"
    return ""
