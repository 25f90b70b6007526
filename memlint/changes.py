"""Which lines have changed: a finding counts that is on one of them, or about one of them."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from memlint.mistakes import UsageError
from memlint.model import Finding, Related

Lines = dict[str, "list[tuple[int, int]] | None"]
"""First and last changed line of every hunk, by the real path of the file; None where the whole file is new.

Between lines 4 and 5, where lines are gone, it is 5 to 4."""


@dataclass(frozen=True)
class Changes:
    """The changed lines, beside which findings are not told."""

    flag: str = ""
    """How they were asked for; empty where every line counts."""
    lines: Lines | None = None
    folder: str = ""
    """A folder with the staged files that stands for the working directory, where these differ."""

    def concern(self, finding: Finding, home: str) -> bool:
        """Whether a finding, or a place that it is about, is on a changed line; `home` is what paths are relative
        to."""
        places = [finding, *finding.related]
        return any(map(functools.partial(self.touch, home), places))

    def touch(self, home: str, place: Finding | Related) -> bool:
        if self.lines is None:
            return True
        hunks = self.lines.get(os.path.realpath(os.path.join(home, place.path)), [])
        if hunks is None or place.cell:  # git counts the lines of a notebook's JSON
            return hunks != []
        return any(place.start.line <= last and first <= place.end.line for first, last in hunks)

    def place(self, path: str) -> str:
        """Where the text is that was checked under a path."""
        return os.path.join(self.folder, path)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Work in the folder with the staged files, if there is one."""
        before = os.getcwd()
        os.chdir(self.folder or before)
        try:
            yield
        finally:
            os.chdir(before)


@contextmanager
def compared(paths: Sequence[str], since: str | None, staged: bool) -> Iterator[tuple[Sequence[str], Changes]]:
    """The paths to check, and which lines of them count."""
    if staged and since is not None:
        raise UsageError("--staged and --since exclude each other: leave one out")
    if not staged and since is None:
        yield paths, Changes()
        return
    from memlint.git import changes_since, staged_in

    if since is not None:
        yield paths, changes_since(paths, since)
        return
    import tempfile

    with tempfile.TemporaryDirectory(prefix="memlint-") as folder:
        yield staged_in(paths, os.path.realpath(folder))
