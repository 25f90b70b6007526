"""Finds the Python files below the arguments, leaving out what git ignores and the settings exclude."""

from __future__ import annotations

import contextlib
import functools
import os
import stat
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from memlint.gitignore import Patterns
from memlint.model import Failure
from memlint.settings import MARKS, Anchored, Settings, UsageError, absolute, printable, suggestion
from memlint.source import NOTEBOOK

ENDINGS = (".py", ".pyi", NOTEBOOK)
SKIPPED = """
    .git .hg .svn .bzr .direnv .eggs .ipynb_checkpoints .mypy_cache .nox .pants.d .pytest_cache .pytype .ruff_cache
    .memlint_cache .tox .venv .vscode .idea __pycache__ __pypackages__ _build buck-out build dist node_modules
    site-packages venv
"""
ENVIRONMENT_MARKS = frozenset({"pyvenv.cfg", "conda-meta"})

Identity = tuple[tuple[int, int], str]
"""Device and inode of the real folder that a file is in, and its name there."""


class Found(NamedTuple):
    """A file to be read, as the user would write it, with its settings: those of the folder from which it was reached.
    One that is named is always parsed, and skipped where settings exclude it by force alone."""

    path: str
    named: bool
    settings: Settings


class Folder(NamedTuple):
    """A folder to be walked."""

    path: str
    absolute: str
    layers_above: tuple[Patterns, ...]
    """Of its ignore files, the outermost first."""
    settings_above: Settings | None = None
    asked: bool = False
    """It is wanted even if it is an environment."""


class File(NamedTuple):
    path: str
    identity: Identity
    settings: Settings


def discover(
    arguments: Sequence[Path], settings_for: Callable[[Path], Settings], on_failure: Callable[[Failure], None]
) -> Iterator[Found]:
    """The files that the arguments mean, each once, sorted; raises UsageError at once for one that does not exist."""
    walk = Walk(settings_for, on_failure)
    walk.starts.extend(start for argument in arguments if (start := walk.start(argument)))
    return walk.run()


class Walk:
    """One walk over all arguments, which enters each real folder once."""

    def __init__(self, settings_for: Callable[[Path], Settings], on_failure: Callable[[Failure], None]) -> None:
        self.settings_for = settings_for
        self.on_failure = on_failure
        self.entered: set[tuple[int, int]] = set()
        self.listed: set[Identity] = set()
        self.named: set[Identity] = set()
        self.starts: deque[Folder | File] = deque()
        """The arguments, then the links: a file that is also met under its own name bears that name."""
        self.layers_read: dict[str, tuple[Patterns, ...]] = {}

    def start(self, argument: Path) -> Folder | File | None:
        """What an argument stands for, or None if it cannot be reached."""
        path = str(argument)
        try:
            is_folder = stat.S_ISDIR(os.stat(path).st_mode)
            settings = self.settings_for(argument if is_folder else argument.parent)
            if settings.force_exclude and is_excluded(argument, settings):
                return None
            if is_folder:
                folder = absolute(argument)
                return Folder("" if path == "." else path, folder, self.layers_above(folder), asked=True)
            file = File(path, identity(path), settings)
        except (FileNotFoundError, NotADirectoryError):
            raise missing(argument) from None
        except OSError as error:
            self.on_failure(Failure(path, f"cannot be reached: {error.strerror}"))
            return None
        self.named.add(file.identity)
        return file

    def run(self) -> Iterator[Found]:
        while self.starts:
            yield from self.files(self.starts.popleft())

    def files(self, start: Folder | File) -> Iterator[Found]:
        pending: list[Iterator[Folder | File]] = [iter([start])]
        while pending:
            for entry in pending[-1]:
                if isinstance(entry, Folder):
                    pending.append(self.entries(entry))
                    break
                if entry.identity not in self.listed:
                    self.listed.add(entry.identity)
                    yield Found(entry.path, entry.identity in self.named, entry.settings)
            else:
                pending.pop()

    def entries(self, folder: Folder) -> Iterator[Folder | File]:
        """What is kept of a folder, in order; links are put off."""
        real, listing = self.listing(folder.path)
        names = {entry.name for entry in listing}
        if not (folder.asked or names.isdisjoint(ENVIRONMENT_MARKS)):
            self.entered.discard(real)
            return
        settings = folder.settings_above
        if settings is None or not names.isdisjoint(MARKS):
            settings = self.settings_for(Path(folder.path))
        layers = self.layers_in(folder.absolute, folder.layers_above, names)
        weighty = [*exclusions(settings.exclude, str(settings.root))]
        weighty += reversed(layers) if settings.respect_gitignore else ()
        of_folders = [(patterns, patterns.prefix_of(folder.absolute)) for patterns in weighty]
        of_files = [question for question in of_folders if question[0].mean_files]
        inside, inside_absolute = os.path.join(folder.path, ""), os.path.join(folder.absolute, "")
        for entry in listing:
            name = entry.name
            try:
                enters = entry.is_dir()
                if not enters and not (name.endswith(ENDINGS) and entry.is_file()):
                    continue
                linked = entry.is_symlink()
                real_file = identity(inside + name) if linked and not enters else (real, name)
            except OSError:  # a link that leads in a circle, or has just gone
                continue
            if left_out(of_folders if enters else of_files, f"{name}/" if enters else name):
                continue
            found: Folder | File = File(inside + name, real_file, settings)
            if enters:
                found = Folder(inside + name, inside_absolute + name, layers, settings)
            if linked:
                self.starts.append(found)
            else:
                yield found

    def listing(self, path: str) -> tuple[tuple[int, int], list[os.DirEntry[str]]]:
        """The identity of a folder and its entries, none if it was entered before or cannot be."""
        try:
            status = os.stat(path or ".")
            real = (status.st_dev, status.st_ino)
            if real in self.entered:
                return real, []
            self.entered.add(real)
            with os.scandir(path or ".") as entries:
                return real, sorted(entries, key=attrgetter("name"))
        except OSError as error:
            self.on_failure(Failure(path or ".", f"the folder cannot be listed: {error.strerror}"))
            return (0, 0), []

    def layers_above(self, folder: str) -> tuple[Patterns, ...]:
        """The ignore files that hold for a folder from above: up to its repository, or outside one to the top."""
        bases: list[str] = []
        while not os.path.exists(os.path.join(folder, ".git")) and folder != os.path.dirname(folder):
            folder = os.path.dirname(folder)
            bases.append(folder)
        layers: tuple[Patterns, ...] = ()
        for base in reversed(bases):
            layers = self.layers_in(base, layers, (".git", ".gitignore") if base == folder else (".gitignore",))
        return layers

    def layers_in(self, base: str, above: tuple[Patterns, ...], names: Collection[str]) -> tuple[Patterns, ...]:
        """The ignore files that hold in a folder of these names; a repository knows none from outside."""
        if ".git" in names:
            above = self.layer(exclude_file(base), base)
        if ".gitignore" in names:
            above += self.layer(os.path.join(base, ".gitignore"), base)
        return above

    def layer(self, path: str, base: str) -> tuple[Patterns, ...]:
        if path not in self.layers_read:
            lines: list[str] = []
            try:
                if os.path.isfile(path):
                    lines = Path(path).read_bytes().decode(errors="surrogateescape").split("\n")
            except OSError as error:
                self.on_failure(Failure(path, f"cannot be read, so its patterns do not hold: {error.strerror}"))
            patterns = Patterns((line.removesuffix("\r").removeprefix("\ufeff") for line in lines), base)
            self.layers_read[path] = (patterns,) if patterns.verdicts else ()
        return self.layers_read[path]


def identity(path: str) -> Identity:
    real = os.path.realpath(path)
    folder = os.stat(os.path.dirname(real))
    return (folder.st_dev, folder.st_ino), os.path.basename(real)


def missing(argument: Path) -> UsageError:
    folder = next(parent for parent in (*argument.parents, Path()) if parent.is_dir())
    wanted = argument.parts[len(folder.parts)]
    present = set(os.listdir(folder)) - {wanted} if os.access(folder, os.R_OK) else ()
    way_out = suggestion(wanted, present) or f"; it was looked for in {printable(absolute(folder))}"
    return UsageError(f"{printable(str(argument))}: no such file or folder{way_out}")


def exclude_file(repository: str) -> str:
    """Where a repository, a worktree or a submodule has its patterns that are not committed."""
    folder = os.path.join(repository, ".git")
    with contextlib.suppress(OSError):  # most often a folder; in a worktree and a submodule a file that names one
        folder = os.path.join(repository, os.fsdecode(Path(folder).read_bytes()).strip().removeprefix("gitdir: "))
        folder = os.path.join(folder, os.fsdecode(Path(folder, "commondir").read_bytes()).strip())
    return os.path.join(folder, "info", "exclude")


@functools.cache
def exclusions(exclude: tuple[Anchored, ...], root: str) -> tuple[Patterns, ...]:
    """What the settings exclude and what is never walked, the last to be said first: it may take a folder back."""
    runs = [(root, [f"{name}/" for name in SKIPPED.split()])]
    for folder, pattern in exclude:
        if runs[-1][0] != folder:
            runs.append((folder, []))
        runs[-1][1].append(pattern)
    return tuple(Patterns(patterns, folder) for folder, patterns in reversed(runs))


def is_excluded(path: Path, settings: Settings) -> bool:
    """Whether the settings exclude a path, by itself or with a folder that it is in, from their root on."""
    whole, folder = absolute(path), str(settings.root)
    if whole == folder:
        return False
    if not whole.startswith(os.path.join(folder, "")):
        folder = os.path.dirname(whole)
    for part in os.path.relpath(whole, folder).split(os.sep):
        inside = os.path.join(folder, part)
        questions = [
            (patterns, patterns.prefix_of(folder)) for patterns in exclusions(settings.exclude, str(settings.root))
        ]
        if left_out(questions, f"{part}/" if inside != whole or os.path.isdir(inside) else part):
            return True
        folder = inside
    return False


def left_out(questions: Iterable[tuple[Patterns, str]], name: str) -> bool:
    """Whether an entry is left out: the first patterns that say something decide."""
    for patterns, before in questions:
        verdict = patterns.verdict(before, name)
        if verdict is not None:
            return verdict
    return False
