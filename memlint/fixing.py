"""Applies fixes: chooses those that do not overlap, proves the new text, and replaces the file in one step."""

from __future__ import annotations

import difflib
import hashlib
import os
import stat
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from memlint.model import Failure, Finding, Fix, Outcome, Position, Rewrite, Safety
from memlint.proof import objection
from memlint.source import LINE_END, SourceFile

PASSES = 10
"""Rounds of fixing; a fix that overlaps another waits for the next."""

Lint = Callable[[SourceFile], Outcome]
Number = tuple[str, int]
"""The anchor of a finding, and which of those with the same it is, from 1."""


def fixed(
    source: SourceFile,
    lint: Lint,
    unsafe: bool,
    wanted: Sequence[str] | None = None,
    only: frozenset[Number] | None = None,
) -> tuple[SourceFile, Outcome]:
    """The file with every fix applied that can be proved, and its outcome then.

    A fix that fails its proof is withdrawn, and its finding stays with the reason. Where fingerprints are `wanted`,
    each of them stands for one fix, and others are left out. With `only`, no others are fixed and told.
    """
    due = None if wanted is None else Counter(wanted)
    outcome = lint(source)
    applied: list[Finding] = []
    withdrawn: dict[str, str] = {}
    passes = 0
    size = len(outcome.findings)
    while passes < PASSES and (batch := chosen(outcome, unsafe, withdrawn, due, only)[:size]):
        after = source.edited(edit for finding in batch for edit in fix_of(finding).edits)
        verdict = lint(after)
        reason = objection(source, outcome, after, verdict, batch)
        if not reason:
            only = only and left(only, outcome.findings, batch)
            applied += map(source.told, batch)
            source, outcome = after, verdict
            if due is not None:
                due.subtract(finding.fingerprint for finding in batch)
            passes += 1
            size = len(outcome.findings)
        elif len(batch) == 1:
            withdrawn[batch[0].fingerprint] = reason
            size = len(outcome.findings)
        else:
            size = len(batch) // 2
    outcome.findings = [
        replace(finding, fix=None, unfixed=withdrawn.get(finding.fingerprint, finding.unfixed))
        if finding.fingerprint in withdrawn
        else finding
        for finding in outcome.findings
    ]
    outcome.findings = those(outcome.findings, only)
    outcome.fixed = applied
    return source, outcome


def numbered(findings: Sequence[Finding]) -> list[tuple[Finding, Number]]:
    """Each finding with its anchor and its number among those with the same, which no other fix changes."""
    seen: Counter[str] = Counter()
    numbers = []
    for finding in findings:
        seen[finding.anchor] += 1
        numbers.append((finding, (finding.anchor, seen[finding.anchor])))
    return numbers


def those(findings: list[Finding], only: frozenset[Number] | None) -> list[Finding]:
    """The findings with these numbers, or all."""
    return findings if only is None else [finding for finding, number in numbered(findings) if number in only]


def left(only: frozenset[Number], before: list[Finding], batch: list[Finding]) -> frozenset[Number]:
    """The findings that count once a batch is gone: those behind one of it with the same anchor move up."""
    done = {number for finding, number in numbered(before) if finding in batch}
    return frozenset(
        (anchor, number - sum(each == anchor and gone < number for each, gone in done))
        for anchor, number in only - done
    )


def fix_of(finding: Finding) -> Fix:
    assert finding.fix is not None
    return finding.fix


def applicable(finding: Finding, unsafe: bool) -> bool:
    """Whether a finding's fix may be applied at this level of trust."""
    fix = finding.fix
    return fix is not None and (fix.safety is Safety.SAFE or (unsafe and fix.safety is Safety.UNSAFE))


def chosen(
    outcome: Outcome,
    unsafe: bool,
    withdrawn: dict[str, str],
    wanted: Counter[str] | None = None,
    only: frozenset[Number] | None = None,
) -> list[Finding]:
    """The findings to fix in this pass: of two that overlap, the first."""
    batch: list[Finding] = []
    taken: list[tuple[Position, Position]] = []
    for finding, number in numbered(outcome.findings):
        if finding.fingerprint in withdrawn or not applicable(finding, unsafe):
            continue
        if (only is not None and number not in only) or (wanted is not None and wanted[finding.fingerprint] < 1):
            continue
        edits = fix_of(finding).edits
        span = (min(edit.start for edit in edits), max(edit.end for edit in edits))
        if all(span[1] < start or end < span[0] for start, end in taken):
            batch.append(finding)
            taken.append(span)
    return batch


def rewrite(before: SourceFile, read: bytes, after: SourceFile) -> Rewrite | None:
    """What to write, or None where nothing changed."""
    data = after.to_bytes()
    if data == read:
        return None
    return Rewrite(digest(read), data, unified_diff(before, after))


def digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def unified_diff(before: SourceFile, after: SourceFile) -> str:
    """A patch in the unified format, with the files' own line ends."""
    old, new = (with_ends(source.written) for source in (before, after))
    lines = []
    for line in difflib.unified_diff(old, new, before.path, before.path):
        lines.append(line if line.endswith(("\n", "\r")) else line + "\n\\ No newline at end of file\n")
    return "".join(lines)


def with_ends(text: str) -> list[str]:
    """The lines of a text with their ends, split where Python splits them."""
    ends = [found.end() for found in LINE_END.finditer(text)]
    pieces = [text[start:end] for start, end in zip([0, *ends], [*ends, len(text)], strict=True)]
    return [piece for piece in pieces if piece]


def write(path: str, new: Rewrite) -> Failure | None:
    """Replace a file's bytes in one step; a link stays a link, the mode is kept. A failure leaves the file as it
    was."""
    target = Path(os.path.realpath(path))
    try:
        if digest(target.read_bytes()) != new.before:
            return Failure(path, "not fixed: the file changed while memlint ran; run it again")
        mode = target.stat().st_mode
        if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(target, os.W_OK):
            return Failure(path, "not fixed: the file is read-only; make it writable first")
        replace_file(target, new.data, stat.S_IMODE(mode))
    except OSError as error:
        return Failure(path, f"not fixed: {error.strerror or error}")
    return None


def replace_file(target: Path, data: bytes, mode: int) -> None:
    """Write beside the target, then rename over it; whatever happens, no half-written file and no leftover stays."""
    handle, temporary = tempfile.mkstemp(prefix=".memlint-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
