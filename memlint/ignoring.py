"""Writes comments that ignore what is found now, so that old code can be checked for what is new."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from memlint.anchor import Statements
from memlint.fixing import Lint, Number, left, those
from memlint.model import Edit, Failure, Finding, Fix, Outcome, Position, Safety
from memlint.proof import is_remark
from memlint.settings import UsageError
from memlint.source import SourceFile
from memlint.suppressions import HEAD
from memlint.syntax import read

EXAMPLE = 'write --add-ignore="known before July"'


def reason_given(text: str, by: str = "--add-ignore", example: str = EXAMPLE) -> str:
    """The reason for a comment, as a user gives it; raises `UsageError` where it is none."""
    reason = text.strip()
    if not reason:
        raise UsageError(f"{by}: the reason is missing; {example}")
    if not reason.isprintable():
        raise UsageError(f"{by}: the reason must be one line of text; {example}")
    if HEAD.search(reason):
        raise UsageError(f"{by}: the reason must not be a comment to linters itself; {example}")
    return reason


def ignored(
    source: SourceFile, lint: Lint, reason: str, only: frozenset[Number] | None = None
) -> tuple[SourceFile, Outcome]:
    """The file with a comment for every finding, proved to silence it and to change nothing else, and its outcome then.

    What no comment can silence is found as before, and a failure says so. With `only`, no others are ignored and told.
    """
    before = lint(source)
    told = those(before.findings, only)
    wanted = [finding for finding in told if not is_remark(finding)]
    if not wanted:
        before.findings = told
        return source, before
    rows = commentable(source)
    placed: dict[int, list[Finding]] = {}
    failures = list(before.failures)
    for finding in wanted:
        row = next((row for row in finding.rows if row in rows), None)
        if row is None:
            failures.append(failure(finding, "no line of its statement can hold a comment"))
        else:
            placed.setdefault(row, []).append(finding)
    silenced = [finding for found in placed.values() for finding in found]
    edits = {row: comment(source, row, {finding.code for finding in found}, reason) for row, found in placed.items()}
    after = source.edited(edit for each in edits.values() for edit in each)
    outcome = lint(after)
    if objection := fault(source, before, after, outcome, silenced):
        before.failures = failures + [failure(finding, objection) for finding in silenced]
        before.findings = told
        return source, before
    outcome.failures = failures
    outcome.findings = those(outcome.findings, only and left(only, before.findings, silenced))
    outcome.fixed = [
        replace(finding, fix=Fix(f"ignored: {reason}", Safety.SAFE, tuple(edits[row])))
        for row, found in placed.items()
        for finding in found
    ]
    return after, outcome


def failure(finding: Finding, reason: str) -> Failure:
    return Failure(finding.path, f"line {finding.start.line}: not ignored: {reason}", finding.code)


def commentable(source: SourceFile) -> set[int]:
    """The lines that can end in a comment, in every Python: not in a string, and not where a backslash continues
    them."""
    tree = read(source, Outcome(source.path))
    assert tree is not None, "a file with findings has a tree"
    in_strings = {row for first, last in Statements(tree).long_strings for row in range(first, last)}
    tokens = tokenize.generate_tokens(io.StringIO(source.text).readline)
    ends = {token.start[0] for token in tokens if token.type in (tokenize.NEWLINE, tokenize.NL)}
    return ends - in_strings


def comment(source: SourceFile, row: int, codes: set[str], reason: str) -> list[Edit]:
    """The edits that ignore some codes on a line: in the comment that ignores others there, or in one behind all."""
    text = source.lines[row - 1]
    for each in source.suppressions:
        if each.start.line == row and each.word == "ignore" and not each.fault:
            listed = [code.text for code in each.codes]
            added = "".join(f", {code}" for code in sorted(codes) if code not in listed)
            said = "" if reason in each.reason else f"; {reason}" if each.reason else f" {reason}"
            last = each.codes[-1].end
            return [Edit(last, last, added), *([Edit(each.end, each.end, said)] if said else [])]
    start = Position(row, len(text.rstrip()) + 1)
    return [Edit(start, Position(row, len(text) + 1), f"  # memlint: ignore[{', '.join(sorted(codes))}] {reason}")]


def fault(source: SourceFile, before: Outcome, after: SourceFile, outcome: Outcome, silenced: Iterable[Finding]) -> str:
    """Why the comments must not be written; empty when the code is the same and just those findings are gone."""
    try:
        after.to_bytes()
    except UnicodeEncodeError:
        return f"the file is {source.encoding}, which has no letters for the reason; write it in others"
    if ast.dump(ast.parse(source.text)) != ast.dump(ast.parse(after.text)):
        return "the comments would change the code"
    expected = places(before.findings) - places(silenced)
    found = places(outcome.findings)
    if found - expected:
        return "a comment on its statement does not silence it"
    return "the comments would silence other findings" if expected - found else ""


def places(findings: Iterable[Finding]) -> Counter[tuple[Position, str]]:
    """Findings by place and rule, those apart that are about comments, which change."""
    return Counter((finding.start, finding.code) for finding in findings if not is_remark(finding))
