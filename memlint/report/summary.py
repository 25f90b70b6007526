"""The closing lines of a report: what was found and fixed, what can be, and what was not looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from memlint.model import Effect, Finding, Report, Safety
from memlint.report.view import View


def closing(report: Report, view: View) -> Iterator[str]:
    """The summary of a run; with `view.verbose`, each place that was not checked has a line."""
    yield f"{result(report)}."
    if offer := fixes(report.findings):
        yield f"{offer}."
    if report.hidden:
        yield f"The baseline hides {counted(report.hidden, 'finding')}."
    if report.stale:
        gone = "1 finding that is gone" if report.stale == 1 else f"{report.stale} findings that are gone"
        yield f"The baseline still lists {gone}: memlint baseline prune."
    if report.unchanged:
        yield f"{counted(report.unchanged, 'finding')} on unchanged lines left out."
    if report.withheld:
        yield f"{counted(report.withheld, 'finding')} more on request: --select ALL."
    if report.failures:
        yield f"{counted(len(report.failures), 'failure')}: findings may be missing."
    yield from unchecked(report, view)


def failure_lines(report: Report) -> list[str]:
    """What memlint could not do, a line each, for standard error."""
    view = View()
    return [
        view.text(": ".join(filter(None, (failure.path, failure.rule, failure.message)))) for failure in report.failures
    ]


def result(report: Report) -> str:
    found = len(report.findings)
    if report.fixed:
        fixed = f"{report.deed} {counted(len(report.fixed), 'finding')}, "
        if not found:
            return f"{fixed}none remain"
        return f"{fixed}{found} {'remains' if found == 1 else 'remain'}{kinds(report.findings)}"
    if found:
        return f"Found {counted(found, 'finding')}{kinds(report.findings)}"
    return f"No findings in {counted(report.files, 'file')}" if report.files else "No files checked"


def kinds(findings: list[Finding]) -> str:
    """The findings by severity, if they differ in it, and by effect: ` (1 error, 1 warning): 2 kept`."""
    effects = Counter(finding.effect for finding in findings)
    severities = Counter(finding.severity for finding in findings)
    listed = ", ".join(f"{effects[effect]} {effect.phrase}" for effect in Effect if effects[effect])
    if len(severities) == 1:
        return f": {listed}"
    levels = ", ".join(counted(severities[level], level.label) for level in sorted(severities, reverse=True))
    return f" ({levels}): {listed}"


def fixes(findings: list[Finding]) -> str:
    """How many findings each flag would fix, or nothing."""
    levels = Counter(finding.fix.safety for finding in findings if finding.fix)
    safe, unsafe = levels[Safety.SAFE], levels[Safety.UNSAFE]
    if safe and unsafe:
        return f"{safe} fixable with --fix, {unsafe} more with --unsafe-fixes"
    if unsafe:
        return f"{unsafe} fixable with --fix --unsafe-fixes"
    return f"{safe} fixable with --fix" if safe else ""


def unchecked(report: Report, view: View) -> Iterator[str]:
    places = [place for place in report.unchecked if view.verbose or not place.is_usual]
    if not places:
        return
    reasons = Counter(place.reason for place in places)
    listed = ", ".join(f"{count} {view.text(reason)}" for reason, count in reasons.most_common())
    yield f"Not checked: {counted(len(places), 'place')} ({listed})."
    if view.verbose:
        for place in places:
            cell = f"cell {place.cell}:" if place.cell else ""
            yield f"  {view.text(f'{place.path}:{cell}{place.line}: {place.reason}')}"


def counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
