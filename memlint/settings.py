"""What the user asked for: the nearest memlint.toml or pyproject.toml, and the flags on top of it."""

from __future__ import annotations

import functools
import itertools
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from memlint.knowledge import Extension, lists, tables
from memlint.model import Severity
from memlint.profile import PROFILES

Answer = TypeVar("Answer")


class UsageError(Exception):
    """A mistake of the caller: its text is one line that names the place and the way out."""


@dataclass(frozen=True)
class Settings:
    """The settings in force for the files of one folder."""

    root: Path
    """The folder that patterns are relative to."""
    origin: Path | None
    """The settings file, if there is one."""
    select: tuple[str, ...] = ()
    """Selectors as written; none means the rules that are on by default."""
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    """Patterns as in a .gitignore, on top of what is never walked."""
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Pattern, then the selectors that are ignored where it matches."""
    target_version: tuple[int, int] = (3, 10)
    src: tuple[str, ...] = (".", "src")
    """Folders where imports begin, relative to the root."""
    knowledge: Extension = ()
    """Names that the user adds to the knowledge tables."""
    profile: str = ""
    """What kind of program the files are; empty where that is to be guessed."""
    min_severity: Severity = Severity.INFO
    fail_on: Severity = Severity.WARNING
    baseline: str = field(default="", repr=False)  # no part of the cache's key, as it comes after the cache
    """The file that lists the findings which are not told, relative to the root."""


class Table(NamedTuple):
    """The checked keys of a settings file."""

    origin: Path
    fields: dict[str, Any]


TARGETS = {f"py3{minor}": (3, minor) for minor in range(7, 16)}
OLDEST, NEWEST = min(TARGETS.values()), max(TARGETS.values())
MARKS = frozenset({"memlint.toml", "pyproject.toml", ".git"})
"""A folder with none of these has the settings of the folder above it."""
SEVERITIES = {severity.label: severity for severity in Severity}
LOWER_BOUND = r"(?:~=|===?|>=?)\s*v?([0-9]+)(?:\.([0-9]+))?"
SYNTAX_ERROR = r"(?s)(.*) \(at (?:line ([0-9]+), column [0-9]+|end of document)\)"
KINDS = {bool: "a boolean", str: "a string", int: "a number", float: "a number", list: "a list", dict: "a table"}


def load(path: Path, overrides: Mapping[str, object] = {}, isolated: bool = False) -> Settings:
    """The settings in force for a file or a folder.

    `overrides` holds the flags under the names of their settings; one that is None was not given.
    `isolated` reads no settings file.
    """
    folder = absolute(path)
    if not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    given = {key.replace("_", "-"): value for key, value in overrides.items() if value is not None}
    flags = checked(given, "the command line", "--") if given else {}
    return settle(folder, os.getcwd(), tuple(flags.items()), isolated)


def forget() -> None:
    """Read settings files anew from here on, for a process that outlives a change of them."""
    for answers in (settle, present, content, parsed):
        answers.cache_clear()
    for question in (table_for, python_for, project_for):
        question.known.clear()


@functools.cache
def settle(folder: str, start: str, flags: tuple[tuple[str, Any], ...], isolated: bool) -> Settings:
    """Settings file, project and flags put together; `start` is the working directory."""
    table = None if isolated else table_for(folder)
    fields = (table.fields if table else {}) | dict(flags)
    if "target_version" not in fields and not isolated and (lowest := python_for(folder)):
        fields["target_version"] = lowest
    if table:
        return Settings(table.origin.parent, table.origin, **fields)
    root = project_for(folder) or (start if Path(folder).is_relative_to(start) else beside_package(folder))
    return Settings(Path(root), None, **fields)


def beside_package(folder: str) -> str:
    """The folder that holds the top-level package of a folder; one that is no package itself."""
    while present(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder)
    return folder


class Nearest(Generic[Answer]):
    """A question put to a folder, then to each one above it until one answers; each is asked once."""

    def __init__(self, ask: Callable[[str], Answer | None]) -> None:
        self.ask = ask
        self.known: dict[str, Answer | None] = {}

    def __call__(self, folder: str) -> Answer | None:
        asked = []
        answer = None
        while answer is None and folder not in self.known:
            asked.append(folder)
            answer = self.ask(folder)
            if folder == (folder := os.path.dirname(folder)):
                break
        if answer is None:
            answer = self.known.get(folder)
        self.known.update(dict.fromkeys(asked, answer))
        return answer


@Nearest
def table_for(folder: str) -> Table | None:
    origin = f"{folder}{os.sep}memlint.toml"
    if content(origin) is not None:
        return Table(Path(origin), checked(parsed(origin), place(origin), f"{place(origin)}: "))
    origin = f"{folder}{os.sep}pyproject.toml"
    # A pyproject.toml that never speaks of memlint may be broken: that is for its own tools to say.
    if b"memlint" not in (content(origin) or b""):
        return None
    tools = parsed(origin).get("tool")
    if not isinstance(tools, dict) or "memlint" not in tools:
        return None
    header = f"{place(origin)}: [tool.memlint]"
    table = tools["memlint"]
    if not isinstance(table, dict):
        raise UsageError(f"{header} must be a table, not {kind(table)}; write its keys below the header")
    return Table(Path(origin), checked(table, header, f"{header} "))


@Nearest
def python_for(folder: str) -> tuple[int, int] | None:
    origin = f"{folder}{os.sep}pyproject.toml"
    try:
        project = parsed(origin).get("project") if b"requires-python" in (content(origin) or b"") else None
    except UsageError:
        return None
    required = project.get("requires-python") if isinstance(project, dict) else None
    return lowest_python(required) if isinstance(required, str) else None


@Nearest
def project_for(folder: str) -> str | None:
    marked = present(f"{folder}{os.sep}pyproject.toml") or os.path.exists(f"{folder}{os.sep}.git")
    return folder if marked else None


def lowest_python(required: str) -> tuple[int, int] | None:
    """The oldest minor version that a `requires-python` lets in, within what memlint knows."""
    bounds = [(int(major), int(minor or 0)) for major, minor in re.findall(LOWER_BOUND, required)]
    return min(max(OLDEST, *bounds), NEWEST) if bounds else None


@functools.cache
def present(origin: str) -> bool:
    return os.path.isfile(origin)


@functools.cache
def content(origin: str) -> bytes | None:
    """The bytes of a settings file, or None where there is none."""
    try:
        return Path(origin).read_bytes() if present(origin) else None
    except OSError as error:
        fault = f"cannot be read ({error.strerror}); use --isolated to do without"
        raise UsageError(f"{place(origin)}: {fault}") from None


@functools.cache
def parsed(origin: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    data = content(origin) or b""
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        row, fault = data.count(b"\n", 0, error.start) + 1, "not UTF-8; save the file as UTF-8"
    except RecursionError:
        row, fault = 1, "nested too deeply to be read; flatten it"
    except ValueError as error:
        match = re.fullmatch(SYNTAX_ERROR, str(error))
        row = int((match and match[2]) or data.rstrip().count(b"\n") + 1)
        fault = f"not TOML: {printable(match[1] if match else str(error))}"
    raise UsageError(f"{place(origin)}:{row}: {fault}")


def checked(table: Mapping[str, object], holder: str, prefix: str) -> dict[str, Any]:
    """The table's values as fields of `Settings`.

    `holder` is what has no such key, `prefix` what stands before the name of a key whose value is wrong.
    """
    fields = {}
    for key, value in table.items():
        if key not in CHECKS:
            way_out = suggestion(key, CHECKS) or f"; its keys are {', '.join(CHECKS)}"
            raise UsageError(f"{holder} has no key {quoted(key)}{way_out}")
        fields[key.replace("-", "_")] = CHECKS[key](value, f"{prefix}{key}", key)
    return fields


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


def ignores(value: object, where: str, key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, Mapping):
        written = f'{key} = {{ "tests/*" = ["ML1"] }}'
        raise UsageError(f"{where} must be a table, not {kind(value)}; write {written}")
    return tuple(
        (pattern, strings(selectors, f"{where}: {quoted(pattern)}", quoted(pattern)))
        for pattern, selectors in value.items()
    )


def additions(value: object, where: str, key: str) -> Extension:
    """What is added to the knowledge tables: table, section, key, names."""
    found = []
    for file, sections in tables_of(value, where, tables()):
        for section, keys in tables_of(sections, f"{where}.{file}", lists(file)):
            for name, items in tables_of(keys, f"{where}.{file}.{section}", lists(file)[section]):
                found.append((file, section, name, strings(items, f"{where}.{file}.{section}.{name}", name)))
    return tuple(found)


def tables_of(value: object, where: str, known: Iterable[str]) -> list[tuple[str, object]]:
    """The entries of a table whose keys are all known."""
    if not isinstance(value, Mapping):
        raise UsageError(f"{where} must be a table, not {kind(value)}; its keys are {', '.join(known)}")
    for key in value:
        if key not in known:
            way_out = suggestion(key, known) or f"; its keys are {', '.join(known)}"
            raise UsageError(f"{where} has no key {quoted(key)}{way_out}")
    return list(value.items())


def filename(value: object, where: str, key: str) -> str:
    if not isinstance(value, str) or not value:
        raise UsageError(f'{where} must be the path of a file; write {key} = "memlint-baseline.json"')
    return value


def spelled(parse: Callable[[str], object]) -> Callable[[object, str, str], object]:
    """A check for a setting that is one word of a closed list."""

    def check(value: object, where: str, _key: str) -> object:
        try:
            return parse(str(value))
        except UsageError as error:
            raise UsageError(f"{where}: {error}") from None

    return check


def parse_target(text: str) -> tuple[int, int]:
    """A Python version as the tools write it: `py311`."""
    if text in TARGETS:
        return TARGETS[text]
    match = re.search(r"([0-9])\.?([0-9]{0,4})", text)
    major, minor = match.groups() if match else ("3", "")
    wanted = 100 * (int(major) - 3) + int(minor or 10)
    nearest = min(TARGETS, key=lambda known: abs(wanted - TARGETS[known][1]))
    raise UsageError(f"{quoted(text)} is no target version; write {quoted(nearest)}")


def parse_severity(text: str) -> Severity:
    if text in SEVERITIES:
        return SEVERITIES[text]
    way_out = suggestion(text, SEVERITIES) or "; write info, warning or error"
    raise UsageError(f"{quoted(text)} is no severity{way_out}")


def parse_profile(text: str) -> str:
    if text in PROFILES:
        return text
    raise UsageError(f"{quoted(text)} is no profile{suggestion(text, PROFILES) or '; write ' + ' or '.join(PROFILES)}")


CHECKS: dict[str, Callable[[object, str, str], object]] = {
    "select": strings,
    "ignore": strings,
    "exclude": strings,
    "per-file-ignores": ignores,
    "src": strings,
    "knowledge": additions,
    "target-version": spelled(parse_target),
    "profile": spelled(parse_profile),
    "min-severity": spelled(parse_severity),
    "fail-on": spelled(parse_severity),
    "baseline": filename,
}


def suggestion(word: str, known: Iterable[str]) -> str:
    """`; did you mean "select"?` for the nearest known word, of near ones the one that begins alike, or nothing."""
    import difflib

    spellings = {spelling.casefold(): spelling for spelling in known}
    near = difflib.get_close_matches(word.casefold(), spellings, n=20)

    def shared(spelling: str) -> int:
        """How many letters both begin with."""
        pairs = zip(word.casefold(), spelling, strict=False)
        return len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)))

    nearest = max(near, key=shared, default=None)
    return f"; did you mean {quoted(spellings[nearest])}?" if nearest else ""


def absolute(path: Path) -> str:
    """The path from the top, links kept as they are written; only `..` makes it necessary to follow them."""
    return os.path.realpath(path) if ".." in path.parts else os.path.abspath(path)


def place(origin: str) -> str:
    """A settings file as a message names it: from the working directory if it is below."""
    return printable(origin.removeprefix(f"{os.getcwd()}{os.sep}"))


def kind(value: object) -> str:
    return KINDS.get(type(value), "a date")


def quoted(text: str) -> str:
    return f'"{printable(text)}"'


def printable(text: str) -> str:
    """The text on one line that any terminal can show; what cannot be shown is escaped."""
    return "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in text)
