"""`memlint config`: print the settings in force, and where each comes from."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import click

from memlint.cache import folder_for
from memlint.cli.flags import Command, flag, loader, settings_flags
from memlint.discover import discover, missing
from memlint.judge import ignored_in_file
from memlint.options import OPTIONS, REPORT
from memlint.profile import guess, telling
from memlint.registry import all_rules, chosen, narrowness
from memlint.schema import schema
from memlint.settings import InForce, Settings, UsageError, suggestion, total

FORMATS = ("text", "json")
MOST_FILES = 5_000
"""That are looked for to guess what kind of program it is."""
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


@click.command(cls=Command)
@click.argument("path", default=".", metavar="[PATH]")
@settings_flags(without={"output-format"})
@flag("--output-format", default="text", metavar="FORMAT", group=REPORT, help="One of text, json.")
@flag("--schema", "wants_schema", is_flag=True, group=REPORT, help="Print the JSON Schema instead.")
def command(path: str, output_format: str, wants_schema: bool, **flags: Any) -> int:
    """Print the settings in force for a file or folder (default: the current folder)."""
    if output_format not in FORMATS:
        raise click.UsageError(
            f'--output-format: there is no format "{output_format}"{suggestion(output_format, FORMATS)}'
        )
    if wants_schema:
        click.echo(as_json(schema()))
        return 0
    try:
        found = described(Path(path), loader(flags))
    except UsageError as error:
        raise click.UsageError(str(error)) from None
    click.echo(as_json(found) if output_format == "json" else as_toml(found))
    return 0


def described(path: Path, in_force: Callable[[Path], InForce]) -> dict[str, Any]:
    """All that is in force for a path, as JSON holds it."""
    if not path.exists():
        raise missing(path)
    settings, said = in_force(path if path.is_dir() else path.parent)
    ignored = ignored_in_file(str(path), settings)
    found = {}
    for key, option in OPTIONS.items():
        if key in said:
            plain = option.value.plain
            places = [
                {"place": layer.named(key), "folder": layer.folder, "value": plain(value)} for layer, value in said[key]
            ]
            value = plain(total(value for _, value in said[key]))
            found[key] = {"value": value, "from": said[key][-1][0].source, "places": places}
        elif not (option.field or option.only or key == "extend-select"):
            found[key] = fallback(key, settings, in_force)
    return {
        "path": str(path),
        "root": str(settings.root),
        "file": str(settings.origin) if settings.origin else None,
        "rules": [rule.code for rule in chosen(settings) if not any(narrowness(each, rule) >= 0 for each in ignored)],
        "settings": found,
    }


def fallback(key: str, settings: Settings, in_force: Callable[[Path], InForce]) -> dict[str, Any]:
    """What holds where no place sets a setting."""
    if key == "profile":
        files = discover([settings.root], lambda folder: in_force(folder).settings, lambda failure: None)
        first = (found.path for found in islice(files, MOST_FILES))
        kind, reason = guess(settings.root, telling(settings.root, first))
        return {"value": kind, "from": "guessed", "places": [{"place": reason, "folder": None, "value": kind}]}
    value = getattr(settings, key.replace("-", "_"))
    if key == "cache-dir":
        value = str(folder_for(None, settings.root))
    return {"value": OPTIONS[key].value.plain(value) if value != "" else None, "from": "default", "places": []}


def as_json(found: object) -> str:
    return json.dumps(found, indent=2)


def as_toml(found: dict[str, Any]) -> str:
    """What is in force as a settings file would say it, each line with a comment that says where it comes from."""
    lines = [
        f"# {found['path']}: {len(found['rules'])} of {len(all_rules())} rules are on",
        f"# settings file: {found['file'] or 'none'}",
        f"# root: {found['root']}",
    ]
    stated = {key: f"{key} = {toml(each['value'])}" for key, each in found["settings"].items()}
    widest = max(len(line) for line in stated.values() if len(line) < 60)
    for key, each in found["settings"].items():
        places = ", ".join(dict.fromkeys(place["place"] for place in each["places"]))
        comment = f"{each['from']}: {places}" if places else each["from"]
        line = f"# {key} is not set" if each["value"] is None else stated[key]
        lines.append(f"{line:{widest}}  # {comment}")
    return "\n".join(lines)


def toml(value: Any) -> str:
    """A value as TOML writes it on one line."""
    if isinstance(value, dict):
        entries = [f"{key if BARE_KEY.fullmatch(key) else toml(key)} = {toml(each)}" for key, each in value.items()]
        return f"{{ {', '.join(entries)} }}" if entries else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
