"""`memlint check --watch`: check again whenever a file changes."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import click

from memlint import run, settings
from memlint.discover import ENDINGS, SKIPPED
from memlint.settings import UsageError

NAMES = frozenset({"memlint.toml", "pyproject.toml", ".gitignore"})
"""Files besides Python's that change what is found."""
NOTE = "memlint: watching for changes; Ctrl-C ends"


def watch(paths: Sequence[str], check: Callable[[], int]) -> int:
    """Check now and after each change, until Ctrl-C; a mistake in the settings ends only the first run."""
    try:
        from watchfiles import watch as changes
    except ModuleNotFoundError as error:
        if error.name != "watchfiles":
            raise
        raise UsageError('--watch needs watchfiles; install it with `pip install "memlint[watch]"`') from None
    if "-" in paths:
        raise UsageError("--watch reads files again when they change, which `-` cannot; name files or folders")
    try:
        check_on_empty_screen(check)
        folders = {folder_of(path) for path in paths}
        for _ in changes(*folders, watch_filter=lambda change, path: matters(path, folders)):
            settings.forget()
            run.project_for.cache_clear()
            try:
                check_on_empty_screen(check)
            except UsageError as error:
                click.echo(f"memlint: error: {error}\n{NOTE}", err=True)
    except KeyboardInterrupt:
        pass
    return 0


def check_on_empty_screen(check: Callable[[], int]) -> None:
    click.clear()
    check()
    click.echo(NOTE, err=True)


def folder_of(path: str) -> str:
    """The folder to watch for the sake of an argument: that of the settings in force, else its own."""
    absolute = settings.absolute(Path(path))
    own = absolute if os.path.isdir(absolute) else os.path.dirname(absolute)
    try:
        in_force = settings.load(Path(path))
    except UsageError:  # the run does without it, or would have ended
        return own
    return str(in_force.root) if in_force.origin else own


def matters(path: str, folders: Collection[str]) -> bool:
    """Whether a change of a file may change what is found: not in a cache or a virtual environment."""
    if not path.endswith(ENDINGS) and os.path.basename(path) not in NAMES:
        return False
    around = max((folder for folder in folders if path.startswith(folder)), key=len, default="")
    return frozenset(SKIPPED.split()).isdisjoint(path.removeprefix(around).split(os.sep))
