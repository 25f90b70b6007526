"""`memlint clean`: remove what earlier runs have kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from memlint.cache import FILE, NAME, folder_for
from memlint.settings import UsageError, load

OURS = frozenset({".gitignore", FILE, f"{FILE}-journal", f"{FILE}-shm", f"{FILE}-wal"})
"""What a run puts there."""


@click.command()
@click.option("--cache-dir", metavar="FOLDER", help=f"The folder to remove (default: {NAME} in the project).")
def command(cache_dir: str | None) -> int:
    """Remove the cache."""
    try:
        settings = load(Path("."))
        folder = folder_for(cache_dir or settings.cache_dir, settings.root)
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    if not folder.exists():
        click.echo(f"nothing to remove: there is no {folder}")
        return 0
    others = sorted(each.name for each in folder.iterdir() if each.name not in OURS)
    if others:
        raise click.UsageError(f"{folder} holds more than a cache ({others[0]}); remove it yourself")
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise click.UsageError(f"{folder} cannot be removed: {error.strerror or error}") from None
    click.echo(f"removed {folder}")
    return 0
