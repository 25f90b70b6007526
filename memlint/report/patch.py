"""A fix as the lines that it removes and adds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from memlint.model import Edit, Position
from memlint.report.excerpt import Row, shown
from memlint.report.view import View


def patch(lines: list[str], edits: Iterable[Edit], view: View) -> Iterator[Row]:
    """The changed lines alone: removed ones with their old numbers, added ones with their new."""
    grown = 0
    for hunk in hunks(edits):
        first, last = hunk[0].start.line, max(edit.end.line for edit in hunk)
        old = [lines[number] if number < len(lines) else "" for number in range(first - 1, last)]
        new = applied(old, hunk, first)
        changes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        for tag, old_start, old_stop, new_start, new_stop in changes:
            if tag == "equal":
                continue
            for index in range(old_start, old_stop):
                yield Row(str(first + index), "-", view.paint(shown(old[index], view), "-"))
            for index in range(new_start, new_stop):
                yield Row(str(first + grown + index), "+", view.paint(shown(new[index], view), "+"))
        grown += len(new) - len(old)


def hunks(edits: Iterable[Edit]) -> list[list[Edit]]:
    """The edits in order of place, those that touch a common line together."""
    groups: list[list[Edit]] = []
    last = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if groups and edit.start.line <= last:
            groups[-1].append(edit)
        else:
            groups.append([edit])
        last = max(last, edit.end.line)
    return groups


def applied(old: list[str], hunk: list[Edit], first: int) -> list[str]:
    """The lines, of which the first has the number `first`, after the edits."""
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line) + 1)

    def offset(place: Position) -> int:
        return starts[place.line - first] + place.column - 1

    text = "\n".join(old)
    for edit in reversed(hunk):
        text = text[: offset(edit.start)] + edit.content + text[offset(edit.end) :]
    return text.split("\n")
