"""How many findings each rule has, as a table for people or as JSON in ruff's shape."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from memlint.model import Finding, Report
from memlint.report.concise import fixable
from memlint.report.view import View


@dataclass(frozen=True)
class Tally:
    """The findings of one rule; `fixable` when `--fix` would mend all of them."""

    code: str
    name: str
    count: int
    fixable: bool
    fixable_count: int


def table(report: Report, view: View) -> Iterator[str]:
    """Count, code, `[*]` if all are fixable or `[-]` if some are, name, effect; the most frequent first."""
    effects = {finding.code: finding.effect.value for finding in report.findings}
    tallies = tally(report.findings)
    counts = max((len(str(row.count)) for row in tallies), default=0)
    codes = max((len(row.code) for row in tallies), default=0)
    names = max((len(row.name) for row in tallies), default=0)
    for row in tallies:
        mark = "*" if row.fixable else "-" if row.fixable_count else " "
        count = view.paint(str(row.count).rjust(counts), "label")
        code = view.paint(row.code.ljust(codes), "code")
        name = view.text(row.name.ljust(names))
        yield f"{count}  {code}  [{view.paint(mark, 'fixable')}]  {name}  {effects[row.code]}"


def array(report: Report, view: View) -> Iterator[str]:
    """All rules as one array."""
    yield json.dumps([asdict(row) for row in tally(report.findings)], indent=2)


def objects(report: Report, view: View) -> Iterator[str]:
    """Each rule as an object on a line of its own."""
    for row in tally(report.findings):
        yield json.dumps(asdict(row), separators=(",", ":"))


def tally(findings: list[Finding]) -> list[Tally]:
    """One tally a rule, by falling count and then by code."""
    by_code: dict[str, list[Finding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    tallies = [counted(code, group) for code, group in by_code.items()]
    return sorted(tallies, key=lambda row: (-row.count, row.code))


def counted(code: str, group: list[Finding]) -> Tally:
    mended = sum(map(fixable, group))
    return Tally(code, group[0].name, len(group), mended == len(group), mended)
