"""The states of files, folders and packages: what tells that they have not changed."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

FRESH = 2_000_000_000
"""Nanoseconds within which a file may change again without a change of its time."""


class Stamps:
    """The states of files, folders and packages, each asked for once in a run."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}
        self._telling: dict[str, tuple[str, str]] = {}

    def telling(self, path: str) -> tuple[str, str]:
        """What tells that a path is as it was, by sort and path: the file, its content where that has just changed, or
        the names in its folder where no such file is there."""
        if path not in self._telling:
            found = ("file", path) if self.of("file", path) else ("content", path)
            self._telling[path] = found if os.path.isfile(path) else ("folder", nearest(os.path.dirname(path)))
        return self._telling[path]

    def hold(self, states: Iterable[Sequence[str]]) -> bool:
        """Whether all is as it was."""
        return all(self.of(sort, path) == state for sort, path, state in states)

    def of(self, sort: str, path: str) -> str:
        if (sort, path) not in self._known:
            self._known[sort, path] = getattr(self, sort)(path)
        return self._known[sort, path]

    def file(self, path: str) -> str:
        return stamp_of(path)

    def content(self, path: str) -> str:
        return digest_of(path).hex()

    def folder(self, path: str) -> str:
        """The names in a folder, hidden ones apart."""
        try:
            return digest(sorted(name for name in os.listdir(path) if not name.startswith(".")))
        except OSError:
            return ""

    def package(self, path: str) -> str:
        """Sizes and times of all Python files of a package."""
        return digest(f"{file} {self.state(file)}" for file in members(path))

    def state(self, path: str) -> str:
        """Size and time of a file, or where these cannot be trusted yet what is in it."""
        return self.of("file", path) or self.of("content", path)


def nearest(folder: str) -> str:
    """The folder itself, or the one above it that is there."""
    while not os.path.isdir(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    return folder


def stamp_of(path: str) -> str:
    """Size and time of a file; empty where there is none, or where it has changed just now and may change again without
    a change of these."""
    try:
        found = os.stat(path)
    except OSError:
        return ""
    return "" if time.time_ns() - found.st_mtime_ns < FRESH else f"{found.st_size} {found.st_mtime_ns}"


def members(package: str) -> Iterator[str]:
    """The Python files of a package, its own folder's where that is none."""
    for folder, below, files in os.walk(package):
        yield from (os.path.join(folder, name) for name in sorted(files) if name.endswith(".py"))
        below[:] = [each for each in sorted(below) if os.path.isfile(os.path.join(folder, each, "__init__.py"))]


def digest(parts: Iterable[str]) -> str:
    found = hashlib.blake2b(digest_size=16)
    for part in parts:
        found.update(part.encode("utf-8", "surrogateescape") + b"\0")
    return found.hexdigest()


def digest_of(path: str) -> bytes:
    try:
        return hashlib.blake2b(Path(path).read_bytes()).digest()
    except OSError:
        return b""
