"""What is known of libraries, as tables: a further library is a line of TOML, not code.

A table is a file, its sections hold keys, and a key holds names: qualified (`numpy.zeros`, those of builtins
beginning with `builtins.`) or, where the section says so, of methods, keywords or folders. Users add names to the
lists in `[tool.memlint.knowledge]`.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

Extension: TypeAlias = tuple[tuple[str, str, str, tuple[str, ...]], ...]
"""What a user adds: file, section, key, names."""

FOLDER = Path(__file__).parent
FILE = FOLDER / "tables.json"
"""All tables, as a run reads them; `memlint.index` writes it."""
FIGURES = frozenset({"nanoseconds"})
"""Sections of what was measured, which nobody adds to."""

_in_force: Extension = ()


def use(extension: Extension) -> None:
    """Answer from the tables with these additions from here on; `lint` says so for each file."""
    global _in_force
    _in_force = extension


def table(name: str) -> dict[str, dict[str, list[str]]]:
    """A table by its file name without the ending: section → key → names."""
    return _table(name, _in_force)


def names(file: str, section: str, key: str) -> frozenset[str]:
    """One list of a table, for asking whether a name is in it."""
    return _names(file, section, key, _in_force)


def inverted(file: str, section: str) -> dict[str, str]:
    """A section of a table, asked by the names in it: name → key."""
    return _inverted(file, section, _in_force)


@cache
def shipped() -> dict[str, dict[str, Any]]:
    """The tables as they ship, by name."""
    found: dict[str, dict[str, Any]] = json.loads(FILE.read_text("utf-8"))
    return found


def read(name: str) -> dict[str, Any]:
    """A table as it is written; raises `FileNotFoundError` for another name."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


def lists(name: str) -> dict[str, dict[str, list[str]]]:
    """The sections of a table that users may add names to."""
    return {section: keys for section, keys in shipped()[name].items() if section not in FIGURES}


def tables() -> list[str]:
    """The names of the tables that ship."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


@cache  # memlint: ignore[ML602] one entry per table and settings file
def _table(name: str, extension: Extension) -> dict[str, dict[str, list[str]]]:
    merged: dict[str, dict[str, list[str]]] = {section: dict(keys) for section, keys in shipped()[name].items()}
    for file, section, key, added in extension:
        if file == name:
            merged[section][key] = [*merged[section][key], *added]
    return merged


@cache  # memlint: ignore[ML602] one entry per list and settings file
def _names(file: str, section: str, key: str, extension: Extension) -> frozenset[str]:
    return frozenset(_table(file, extension)[section][key])


@cache  # memlint: ignore[ML602] one entry per section and settings file
def _inverted(file: str, section: str, extension: Extension) -> dict[str, str]:
    return {name: key for key, listed in _table(file, extension)[section].items() for name in listed}
