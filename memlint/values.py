"""What a setting may hold: each sort of value checks one, reads it from a flag and describes it as JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from memlint.knowledge import Extension, lists, tables
from memlint.mistakes import UsageError, kind, listed, quoted, suggestion
from memlint.model import Severity
from memlint.version import VERSION
from memlint.versions import allows

TARGETS = {f"py3{minor}": (3, minor) for minor in range(7, 16)}
OLDEST, NEWEST = min(TARGETS.values()), max(TARGETS.values())
SEVERITIES = {severity.label: severity for severity in Severity}
STRINGS = {"type": "array", "items": {"type": "string"}}
NAMES = {"$ref": "#/definitions/names"}


class Value(Protocol):
    """A sort of value; `where` is the place that a message names, `key` the setting."""

    metavar: str

    def check(self, value: object, where: str, key: str) -> Any:
        """The value as `Settings` holds it; raises `UsageError`."""

    def plain(self, value: Any) -> Any:
        """A checked value as a settings file writes it."""

    def from_flag(self, given: Any, where: str) -> object:
        """What was given on the command line as a settings file writes it."""

    def schema(self) -> dict[str, Any]:
        """What a settings file may write, as JSON Schema."""


class Switch:
    """True or false."""

    metavar = ""

    def check(self, value: object, where: str, key: str) -> bool:
        if not isinstance(value, bool):
            raise UsageError(f"{where} must be a boolean, not {kind(value)}; write {key} = true")
        return value

    def plain(self, value: bool) -> bool:
        return value

    def from_flag(self, given: bool, where: str) -> bool:
        return given

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class Text:
    """A string."""

    def __init__(self, metavar: str) -> None:
        self.metavar = metavar

    def check(self, value: object, where: str, key: str) -> Any:
        if not isinstance(value, str):
            raise UsageError(f"{where} must be a string, not {kind(value)}; write it in quotes")
        return value

    def plain(self, value: str) -> str:
        return value

    def from_flag(self, given: str, where: str) -> str:
        return given

    def schema(self) -> dict[str, Any]:
        return {"type": "string"}


class Required(Text):
    """The versions of memlint that the settings are written for, of which this must be one."""

    def check(self, value: object, where: str, key: str) -> str:
        text: str = super().check(value, where, key)
        try:
            is_allowed = allows(text, VERSION)
        except ValueError:
            raise UsageError(f'{where}: {quoted(text)} is no requirement; write one as ">={VERSION}"') from None
        if not is_allowed:
            raise UsageError(
                f"{where}: {quoted(text)} is asked for, and this is memlint {VERSION}; install one of those"
            )
        return text


class Word(Text):
    """One of some words, each of which stands for something."""

    def __init__(self, metavar: str, fault: str, words: Callable[[], Mapping[str, object]]) -> None:
        super().__init__(metavar)
        self.fault = fault
        self.words = words

    def check(self, value: object, where: str, key: str) -> Any:
        text, words = str(value), self.words()
        if text not in words:
            raise UsageError(f"{where}: {self.fault.format(quoted(text))}{self.way_out(text)}")
        return words[text]

    def way_out(self, text: str) -> str:
        return suggestion(text, self.words()) or f"; write {listed(self.words())}"

    def plain(self, value: object) -> Any:
        return next((word for word, meant in self.words().items() if meant == value), value)

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.words())}


class Target(Word):
    """A Python version as the tools write it: `py311`."""

    def way_out(self, text: str) -> str:
        match = re.search(r"([0-9])\.?([0-9]{0,4})", text)
        major, minor = match.groups() if match else ("3", "")
        wanted = 100 * (int(major) - 3) + int(minor or 10)
        return f"; write {quoted(min(TARGETS, key=lambda known: abs(wanted - TARGETS[known][1])))}"


class Strings:
    """A list of strings; as a flag parted by commas."""

    def __init__(self, metavar: str) -> None:
        self.metavar = metavar

    def check(self, value: object, where: str, key: str) -> tuple[str, ...]:
        return strings(value, where, key)

    def plain(self, value: Iterable[str]) -> list[str]:
        return list(value)

    def from_flag(self, given: Sequence[str], where: str) -> list[str]:
        return [word.strip() for each in given for word in each.split(",") if word.strip()]

    def schema(self) -> dict[str, Any]:
        return dict(STRINGS)


class Ignores:
    """Patterns, each with the rules that are left out where it matches."""

    metavar = "PAIRS"

    def check(self, value: object, where: str, key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        if not isinstance(value, Mapping):
            written = f'{key} = {{ "tests/*" = ["ML1"] }}'
            raise UsageError(f"{where} must be a table, not {kind(value)}; write {written}")
        return tuple(
            (pattern, strings(selectors, f"{where}: {quoted(pattern)}", quoted(pattern)))
            for pattern, selectors in value.items()
        )

    def plain(self, value: Iterable[tuple[str, Iterable[str]]]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for pattern, selectors in value:
            found.setdefault(pattern, []).extend(selectors)
        return found

    def from_flag(self, given: Sequence[str], where: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for pair in Strings("").from_flag(given, where):
            pattern, colon, selector = (part.strip() for part in pair.rpartition(":"))
            if not (pattern and colon and selector):
                raise UsageError(f'{where}: {quoted(pair)} is no pattern and rule; write one as "tests/*:ML1"')
            found.setdefault(pattern, []).append(selector)
        return found

    def schema(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": dict(STRINGS)}


class Additions:
    """What is added to the knowledge tables: table, section, key, names."""

    metavar = ""

    def check(self, value: object, where: str, key: str) -> Extension:
        found = []
        for file, sections in entries(value, where, tables()):
            for section, keys in entries(sections, f"{where}.{file}", lists(file)):
                for name, items in entries(keys, f"{where}.{file}.{section}", lists(file)[section]):
                    found.append((file, section, name, strings(items, f"{where}.{file}.{section}.{name}", name)))
        return tuple(found)

    def plain(self, value: Extension) -> dict[str, dict[str, dict[str, list[str]]]]:
        found: dict[str, dict[str, dict[str, list[str]]]] = {}
        for file, section, name, items in value:
            found.setdefault(file, {}).setdefault(section, {}).setdefault(name, []).extend(items)
        return found

    def from_flag(self, given: object, where: str) -> object:
        return given

    def schema(self) -> dict[str, Any]:
        return closed(
            {
                file: closed({section: closed(dict.fromkeys(keys, NAMES)) for section, keys in lists(file).items()})
                for file in tables()
            }
        )


def strings(value: object, where: str, key: str) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        items = ["..."] if isinstance(value, dict) else str(value).split(",")
        written = f"{key} = [{', '.join(quoted(item.strip()) for item in items)}]"
        raise UsageError(f"{where} must be a list of strings, not {kind(value)}; write {written}")
    for number, item in enumerate(value, start=1):
        if not isinstance(item, str):
            fault = f"but item {number} is {kind(item)}; write it in quotes"
            raise UsageError(f"{where} must be a list of strings, {fault}")
    return tuple(value)


def entries(value: object, where: str, known: Iterable[str]) -> list[tuple[str, object]]:
    """The entries of a table whose keys are all known."""
    if not isinstance(value, Mapping):
        raise UsageError(f"{where} must be a table, not {kind(value)}; its keys are {', '.join(known)}")
    for key in value:
        if key not in known:
            way_out = suggestion(key, known) or f"; its keys are {', '.join(known)}"
            raise UsageError(f"{where} has no key {quoted(key)}{way_out}")
    return list(value.items())


def closed(properties: Mapping[str, object]) -> dict[str, Any]:
    """A table with these keys and no others, as JSON Schema."""
    return {"type": "object", "properties": dict(properties), "additionalProperties": False}
