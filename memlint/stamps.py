"""The states of files, folders and packages: what tells that they have not changed."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

FRESH = 2_000_000_000
"""Nanoseconds within which a file may change again without a change of its time."""


Digests: TypeAlias = Callable[[str, str], bytes]
"""Of a path and its stamp: what was in the file when it had that stamp, empty where that is not known."""


class Stamps:
    """The states of files, folders and packages, each asked for once in a run.

    What is in a file is its state, so that a file which is written anew and says the same has not changed. Where
    `digests` knows it for the stamp that the file has, it is not read.
    """

    def __init__(self, digests: Digests = lambda path, stamp: b"") -> None:
        self._digests = digests
        self._known: dict[tuple[str, str], str] = {}
        self._telling: dict[str, tuple[str, str]] = {}

    def telling(self, path: str) -> tuple[str, str]:
        """What tells that a path is as it was, by sort and path: the content of the file, or the names in its folder
        where no such file is there."""
        if path not in self._telling:
            is_there = os.path.isfile(path)
            self._telling[path] = ("content", path) if is_there else ("folder", nearest(os.path.dirname(path)))
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
        stamp = self.of("file", path)
        return ((stamp and self._digests(path, stamp)) or digest_of(path)).hex()

    def folder(self, path: str) -> str:
        """The names in a folder, hidden ones apart."""
        try:
            return digest(sorted(name for name in os.listdir(path) if not name.startswith(".")))
        except OSError:
            return ""

    def package(self, path: str) -> str:
        """The contents of all Python files of a package."""
        return digest(f"{file} {self.of('content', file)}" for file in members(path))


def nearest(folder: str) -> str:
    """The folder itself, or the one above it that is there."""
    while not os.path.isdir(folder) and folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
    return folder


def stamp_of(path: str, fresh: int = FRESH) -> str:
    """Size and time of a file; empty where there is none, or where it changed less than so many nanoseconds ago, and
    may change again without a change of these."""
    try:
        found = os.stat(path)
    except OSError:
        return ""
    return "" if time.time_ns() - found.st_mtime_ns < fresh else f"{found.st_size} {found.st_mtime_ns}"


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
