"""Each finding as a block: its source with carets, the other places, why it matters and what mends it."""

from __future__ import annotations

from collections.abc import Iterator

from memlint.model import Effect, Finding, Fix, Related, Report, Safety
from memlint.report.excerpt import Row, excerpt
from memlint.report.patch import patch
from memlint.report.view import View

TRUST = {Safety.SAFE: "safe, --fix", Safety.UNSAFE: "unsafe, --unsafe-fixes", Safety.SHOW: "shown only"}


def blocks(report: Report, view: View) -> Iterator[str]:
    """Every finding's block, each followed by an empty line."""
    explained: set[Effect] = set()
    for finding in report.findings:
        yield from block(finding, view, explain=view.verbose or finding.effect not in explained)
        yield ""
        explained.add(finding.effect)


def block(finding: Finding, view: View, *, explain: bool = True) -> Iterator[str]:
    """One finding; `explain` says why its effect matters, which once in a report is enough."""
    label = finding.severity.label
    yield f"{view.paint(f'{finding.code} {label}', label)}{view.paint(f': {finding.message}', 'message')}"
    rows = list(body(finding, view, explain=explain))
    gutter = max(1, *(len(row.number) for row in rows))
    for row in rows:
        yield drawn(row, gutter, view)


def body(finding: Finding, view: View, *, explain: bool) -> Iterator[Row]:
    lines = view.lines(finding.path, finding.cell)
    yield Row("", "-->", location(finding.path, finding.place, view))
    source = list(excerpt(lines, finding.start, finding.end, view, context=1, style=finding.severity.label))
    if source:
        yield Row("", "|", "")
        yield from source
        yield Row("", "|", "")
    for related in finding.related:
        yield from other_place(related, view)
    if finding.cycle:
        yield note("cycle", f" {view.arrow} ".join(map(view.text, finding.cycle)), view)
    if finding.effect is not Effect.NONE:
        yield note("why", finding.effect.why if explain else finding.effect.phrase, view)
    if finding.fix:
        yield from mending(finding.fix, lines, view)
    if finding.unfixed:
        yield note("no fix", view.text(finding.unfixed), view)


def other_place(related: Related, view: View) -> Iterator[Row]:
    message = view.text(related.message)
    yield Row("", ":::", f"{location(related.path, related.place, view)}  {message}")
    lines = view.lines(related.path, related.cell)
    yield from excerpt(lines, related.start, related.end, view, context=0, style="gutter", mark="-")


def mending(fix: Fix, lines: list[str], view: View) -> Iterator[Row]:
    yield note(f"fix ({TRUST[fix.safety]})", view.text(fix.message), view)
    if lines:
        yield from patch(lines, fix.edits, view)


def note(name: str, text: str, view: View) -> Row:
    return Row("", "=", f"{view.paint(f'{name}:', 'label')} {text}")


def location(path: str, place: str, view: View) -> str:
    return view.paint(f"{path}:{place}", "path")


def drawn(row: Row, gutter: int, view: View) -> str:
    """The row behind a gutter wide enough for every number of its block; arrows reach into the gutter."""
    margin = "" if len(row.sign) == 3 else " "
    number = view.paint(row.number.rjust(gutter), "gutter") if row.number else " " * gutter
    sign = view.paint(row.sign, row.sign if row.sign in "+-" else "gutter")
    return f"{number}{margin}{sign} {row.text}".rstrip()
