"""What each place says of the settings: settings files and what they extend, `--config`, then the flags."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from memlint.mistakes import UsageError, kind, printable, quoted, suggestion
from memlint.options import checked
from memlint.values import NEWEST, OLDEST

Answer = TypeVar("Answer")

MARKS = frozenset({"memlint.toml", "pyproject.toml", ".git"})
"""A folder with none of these has the settings of the folder above it."""
LOWER_BOUND = r"(?:~=|===?|>=?)\s*v?([0-9]+)(?:\.([0-9]+))?"
SYNTAX_ERROR = r"(?s)(.*) \(at (?:line ([0-9]+), column [0-9]+|end of document)\)"


class Layer(NamedTuple):
    """What one place says, checked: values by the names of their settings."""

    place: str
    """As a message names it; none are the flags."""
    source: str
    """`file` or `flag`."""
    folder: str
    """What its paths and patterns are relative to."""
    values: Mapping[str, Any]

    def named(self, key: str) -> str:
        """The place as it says a setting."""
        return self.place or f"--{key}"


def forget() -> None:
    """Read settings files anew from here on."""
    for answers in (present, content, parsed, layers_of):
        answers.cache_clear()
    for question in (settings_file, python_for, project_for):
        question.known.clear()


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
def settings_file(folder: str) -> str | None:
    origin = f"{folder}{os.sep}memlint.toml"
    if content(origin) is not None:
        return origin
    origin = f"{folder}{os.sep}pyproject.toml"
    # A pyproject.toml that never speaks of memlint may be broken: that is for its own tools to say.
    if b"memlint" not in (content(origin) or b""):
        return None
    tools = parsed(origin).get("tool")
    return origin if isinstance(tools, dict) and "memlint" in tools else None


@Nearest
def python_for(folder: str) -> Layer | None:
    """The oldest Python that the project runs on, by its `requires-python`."""
    origin = f"{folder}{os.sep}pyproject.toml"
    try:
        project = parsed(origin).get("project") if b"requires-python" in (content(origin) or b"") else None
    except UsageError:
        return None
    required = project.get("requires-python") if isinstance(project, dict) else None
    lowest = lowest_python(required) if isinstance(required, str) else None
    return Layer(f"{place(origin)}: requires-python", "file", folder, {"target-version": lowest}) if lowest else None


@Nearest
def project_for(folder: str) -> str | None:
    marked = present(f"{folder}{os.sep}pyproject.toml") or os.path.exists(f"{folder}{os.sep}.git")
    return folder if marked else None


def lowest_python(required: str) -> tuple[int, int] | None:
    """The oldest minor version that a `requires-python` lets in, within what memlint knows."""
    bounds = [(int(major), int(minor or 0)) for major, minor in re.findall(LOWER_BOUND, required)]
    return min(max(OLDEST, *bounds), NEWEST) if bounds else None


@functools.cache
def layers_of(origin: str, extended_by: tuple[str, ...] = ()) -> tuple[Layer, ...]:
    """The layers of a settings file: those of the file that it extends, then its own."""
    trail = (*extended_by, origin)
    layer = Layer(place(origin), "file", os.path.dirname(origin), values_in(origin))
    if "extend" not in layer.values:
        return (layer,)
    target = extended(origin, layer.values["extend"])
    if os.path.realpath(target) in map(os.path.realpath, trail):
        circle = " extends ".join(map(place, [*trail, target]))
        raise UsageError(f"{place(origin)}: extend: a circle, {circle}; take one of them out")
    return (*layers_of(target, trail), layer)


def extended(origin: str, named: str) -> str:
    """The path of the file that a settings file extends."""
    target = os.path.normpath(os.path.join(os.path.dirname(origin), os.path.expanduser(named)))
    if present(target):
        return target
    folder, wanted = os.path.split(target)
    near = set(os.listdir(folder)) - {wanted} if os.path.isdir(folder) and os.access(folder, os.R_OK) else ()
    way_out = suggestion(wanted, near) or "; write its path from this file's folder"
    raise UsageError(f"{place(origin)}: extend: there is no file {quoted(named)}{way_out}")


def values_in(origin: str) -> dict[str, Any]:
    """What a settings file says."""
    if os.path.basename(origin) != "pyproject.toml":
        return checked(parsed(origin), place(origin), f"{place(origin)}: ")
    header = f"{place(origin)}: [tool.memlint]"
    tools = parsed(origin).get("tool")
    if not isinstance(tools, dict) or "memlint" not in tools:
        raise UsageError(f"{place(origin)} has no [tool.memlint]; add one, or name another file")
    table = tools["memlint"]
    if not isinstance(table, dict):
        raise UsageError(f"{header} must be a table, not {kind(table)}; write its keys below the header")
    return checked(table, header, f"{header} ")


def configured(arguments: Sequence[str], start: str, isolated: bool) -> tuple[str | None, list[Layer]]:
    """What `--config` says: the settings file to be read instead of the nearest one, and single settings."""
    file, layers = None, []
    for argument in arguments:
        path = os.path.normpath(os.path.join(start, os.path.expanduser(argument)))
        if not present(path):
            layers.append(Layer(f"--config {printable(argument)}", "flag", start, pairs(argument)))
            continue
        if isolated:
            raise UsageError(
                f"--config {printable(argument)}: --isolated reads no settings file; leave out one of them"
            )
        if file:
            raise UsageError(
                f"--config {printable(argument)}: {place(file)} is named already; name one file, and `extend` in it"
            )
        file = path
    return file, layers


def pairs(argument: str) -> dict[str, Any]:
    """The settings in a `KEY=VALUE` of `--config`."""
    where = f"--config {printable(argument)}"
    if "=" not in argument:
        raise UsageError(f"{where}: no such file; name a settings file, or write KEY=VALUE as 'select = [\"ML1\"]'")
    try:
        table = loads(argument)
    except (ValueError, RecursionError):
        raise UsageError(
            f"{where}: the value is not TOML; write strings in quotes, as 'profile = \"service\"'"
        ) from None
    return checked(table, "--config", "--config ", "flag")


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
    data = content(origin) or b""
    try:
        return loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        row, fault = data.count(b"\n", 0, error.start) + 1, "not UTF-8; save the file as UTF-8"
    except RecursionError:
        row, fault = 1, "nested too deeply to be read; flatten it"
    except ValueError as error:
        match = re.fullmatch(SYNTAX_ERROR, str(error))
        row = int((match and match[2]) or data.rstrip().count(b"\n") + 1)
        fault = f"not TOML: {printable(match[1] if match else str(error))}"
    raise UsageError(f"{place(origin)}:{row}: {fault}")


def loads(text: str) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib.loads(text)


def place(origin: str) -> str:
    """A settings file as a message names it: from the working directory if it is below."""
    return printable(origin.removeprefix(f"{os.getcwd()}{os.sep}"))
