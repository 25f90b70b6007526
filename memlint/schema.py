"""The JSON Schema of a settings file, for editors and for whoever checks one: read off the table of settings.

`memlint.schema.json`, beside this module, is its text: `memlint config --schema > memlint/memlint.schema.json`.
"""

from __future__ import annotations

from typing import Any

from memlint.options import OPTIONS, Option
from memlint.settings import Settings
from memlint.values import STRINGS, closed

DIALECT = "http://json-schema.org/draft-07/schema#"


def schema() -> dict[str, Any]:
    """What [tool.memlint] or a memlint.toml may hold."""
    described = {key: of_option(key, option) for key, option in OPTIONS.items() if option.only != "flag"}
    return {"$schema": DIALECT, "title": "Settings of memlint", **closed(described), "definitions": {"names": STRINGS}}


def of_option(key: str, option: Option) -> dict[str, Any]:
    found = {"description": option.described, **option.value.schema()}
    default = getattr(Settings, key.replace("-", "_"), None)
    return found if default in (None, "", ()) else {**found, "default": option.value.plain(default)}
