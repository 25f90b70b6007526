"""What kind of program some files are, and how much it matters there that something is kept.

A leak in a script that ends is not a leak; in a service that runs for weeks little is worse.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from memlint.knowledge import names as known
from memlint.model import Finding, Severity

PROFILES = ("service", "library", "script")

RETENTION = ("ML6", "ML8")
"""The rules whose findings weigh by profile: what is retained, and what stays open."""

PACKAGING = ("pyproject.toml", "setup.cfg", "setup.py")
"""Files in the root that say how a project is packaged."""
PACKAGED = re.compile(rb"^\[(project|tool\.poetry|metadata)\]|^\s*(setuptools\.)?setup\(", re.MULTILINE)
MAIN = re.compile(rb"^if __name__ ?== ?[\"']__main__", re.MULTILINE)
ASIDE = frozenset({"doc", "docs", "example", "examples", "test", "tests"})
"""Folders that say nothing of what the program is."""

MOST_FILES, MOST_BYTES = 500, 200_000


class Guess(NamedTuple):
    """A profile, and what it was guessed from."""

    profile: str
    reason: str


def guess(root: Path, read: Iterable[str]) -> Guess:
    """The profile of a project, from its own text: how it is packaged, and what the `telling` of its files make at the
    top."""
    made = "|".join(map(re.escape, sorted(known("profiles", "service", "applications"))))
    marks = "|".join(map(re.escape, sorted(known("profiles", "service", "marks"))))
    serving = re.compile(rf"^\w+ *= *(?:\w+\.)*(?:{made})\(|\b(?:{marks})\b".encode(), re.MULTILINE)
    main = ""
    for path in read:
        text = head(path)
        if serving.search(text):
            return Guess("service", f"{path} makes the application of a server")
        if not main and MAIN.search(text):
            main = path
    for name in PACKAGING:
        if PACKAGED.search(head(str(root / name))):
            return Guess("library", f"{root / name} packages it")
    if main:
        return Guess("script", f"{main} runs as a program, and nothing packages it")
    return Guess("library", "nothing says that it serves, or runs as a script")


def telling(root: Path, paths: Iterable[str]) -> Iterator[str]:
    """The first files that are no tests, examples or documents."""
    return islice((path for path in paths if ASIDE.isdisjoint(folders_below(root, Path(path)))), MOST_FILES)


def folders_below(root: Path, path: Path) -> tuple[str, ...]:
    absolute = path.absolute()
    return absolute.relative_to(root).parts[:-1] if absolute.is_relative_to(root) else path.parts[:-1]


def head(path: str) -> bytes:
    """The beginning of a file; nothing where it cannot be read, which whoever checks it will say."""
    try:
        with open(path, "rb") as file:
            return file.read(MOST_BYTES)
    except OSError:
        return b""


def weighed(finding: Finding, profile: str, usual: Severity) -> Finding:
    """The finding with the severity that it has in such a program; `usual` is that of its rule."""
    if not finding.code.startswith(RETENTION):
        return finding
    if profile == "script" and finding.severity is Severity.WARNING:
        return replace(finding, severity=Severity.INFO)
    if profile == "service" and finding.severity is usual is Severity.INFO:
        return replace(finding, severity=Severity.WARNING)
    return finding
