"""What is known of libraries, as tables: a further library is a line of TOML, not code."""

from __future__ import annotations

import sys
from functools import cache
from importlib import resources

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@cache  # memlint: ignore[ML602] one entry per table that ships
def table(name: str) -> dict[str, dict[str, list[str]]]:
    """A table by its file name without the ending: section → key → names."""
    loaded: dict[str, dict[str, list[str]]] = tomllib.loads(
        resources.files(__name__).joinpath(f"{name}.toml").read_text("utf-8")
    )
    return loaded


@cache  # memlint: ignore[ML602] one entry per column that ships
def names(file: str, section: str, key: str) -> frozenset[str]:
    """One list of a table, for asking whether a name is in it."""
    return frozenset(table(file)[section][key])


@cache  # memlint: ignore[ML602] one entry per section that ships
def inverted(file: str, section: str) -> dict[str, str]:
    """A section of a table, asked by the names in it: name → key."""
    return {name: key for key, listed in table(file)[section].items() for name in listed}
