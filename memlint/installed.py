"""What is installed, and what of it offers rules: told without `importlib.metadata`, whose import takes longer."""

from __future__ import annotations

import os
import sys
from pathlib import Path

GROUP = "memlint.rules"
"""The entry point group by which other distributions offer rules."""
RELEASES = (".dist-info", ".egg-info", ".egg-link")
"""Endings of what says which release of a distribution is installed."""


def releases() -> list[tuple[str, str]]:
    """The folder and the name of what says so, for each distribution on the way of imports."""
    folders = [each or "." for each in sys.path]
    return sorted((folder, name) for folder in folders for name in names_in(folder) if name.endswith(RELEASES))


def names_in(folder: str) -> list[str]:
    """The names in a folder; none where it is not there, is no folder, or cannot be read."""
    try:
        return os.listdir(folder)
    except OSError:
        return []


def declared(release: tuple[str, str]) -> str:
    """The entry points that a distribution declares, as they are written; empty where it declares none."""
    try:
        return Path(*release, "entry_points.txt").read_text("utf-8")
    except (OSError, ValueError):
        return ""


def may_offer() -> bool:
    """Whether any distribution offers rules, as far as can be told: one in an archive may."""
    return any(map(os.path.isfile, sys.path)) or any(GROUP in declared(release) for release in releases())
