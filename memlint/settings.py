"""What the user asked for: the nearest memlint.toml or pyproject.toml, and the flags on top of it."""

from __future__ import annotations

import functools
import operator
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from memlint import layers
from memlint.knowledge import Extension
from memlint.layers import MARKS as MARKS
from memlint.layers import Layer, configured, layers_of, present, project_for, python_for, settings_file
from memlint.mistakes import UsageError as UsageError
from memlint.mistakes import printable as printable
from memlint.mistakes import suggestion as suggestion
from memlint.model import Severity
from memlint.options import OPTIONS, Scope, checked


class Anchored(NamedTuple):
    """A pattern as in a .gitignore, and the folder that it is relative to: that of the file that says it."""

    folder: str
    pattern: str


class Selection(NamedTuple):
    """The selectors of one place: what it switches on and off, the more specific one deciding."""

    on: tuple[str, ...] = ()
    off: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """The settings in force for the files of one folder; what each means stands in `options.OPTIONS`."""

    root: Path
    """The folder of the settings file, or of the project."""
    origin: Path | None
    """The settings file, if there is one."""
    select: tuple[str, ...] = ()
    """Selectors as written; none means the rules that are on by default."""
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    amended: tuple[Selection, ...] = ()
    """What later places switch on and off of that, in order."""
    exclude: tuple[Anchored, ...] = ()
    """On top of what is never walked."""
    force_exclude: bool = False
    respect_gitignore: bool = True
    per_file_ignores: tuple[tuple[Anchored, tuple[str, ...]], ...] = ()
    ignore_noqa: bool = False
    target_version: tuple[int, int] = (3, 10)
    src: tuple[str, ...] = (".", "src")
    """Relative to the root."""
    knowledge: Extension = ()
    profile: str = ""
    """Empty where it is to be guessed."""
    min_severity: Severity = Severity.INFO
    fail_on: Severity = Severity.WARNING
    fixable: tuple[str, ...] = ("ALL",)
    unfixable: tuple[str, ...] = ()
    fix: bool = False
    unsafe_fixes: bool = False
    fix_only: bool = False
    show_fixes: bool = False
    output_format: str = ""
    """Empty where that depends on the terminal."""
    cache_dir: str = ""
    baseline: str = ""
    """Relative to the root; empty where there is none."""

    def __hash__(self) -> int:
        """Of what tells settings apart most often: a run asks for it with every file."""
        return hash((self.root, self.select, self.profile))

    @property
    def asked(self) -> tuple[str, ...]:
        """All selectors that switch rules on."""
        return (*self.select, *self.extend_select, *(each for selection in self.amended for each in selection.on))

    @property
    def selections(self) -> tuple[Selection, ...]:
        return (Selection((*self.select, *self.extend_select), self.ignore), *self.amended)

    @property
    def has_selectors(self) -> bool:
        return bool(self.asked or self.per_file_ignores or self.fixable != Settings.fixable or self.unfixable) or any(
            selection.off for selection in self.selections
        )

    def bearing_on_findings(self) -> list[str]:
        """What the findings of a file depend on, as text."""
        fields = [name(key) for key, option in OPTIONS.items() if option.scope is Scope.FINDINGS and not option.field]
        return [f"{field}={getattr(self, field)!r}" for field in ("root", "amended", *fields)]


Said = dict[str, list[tuple[Layer, Any]]]
"""Who says what of a setting, in order."""


class InForce(NamedTuple):
    """Settings, and where each comes from that some place sets."""

    settings: Settings
    said: Said


SELECTING = ("select", "extend-select", "ignore", "extend-ignore")

STARTS_ANEW = {"select": ("ignore", "extend-select", "extend-ignore"), "fixable": ("unfixable", "extend-fixable")}
"""Settings that take back what earlier places say of others, as in ruff."""


def load(
    path: Path, overrides: Mapping[str, object] = {}, isolated: bool = False, config: Sequence[str] = ()
) -> Settings:
    """The settings in force for a file or a folder.

    `overrides` holds the flags under the names of their settings; one that is None was not given.
    `isolated` reads no settings file. `config` holds what `--config` was given.
    """
    return explain(path, overrides, isolated, config).settings


def explain(
    path: Path, overrides: Mapping[str, object] = {}, isolated: bool = False, config: Sequence[str] = ()
) -> InForce:
    """The settings in force for a file or a folder, and where each comes from."""
    folder = absolute(path)
    if not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    given = {key.replace("_", "-"): value for key, value in overrides.items() if value is not None}
    flags = checked(given, "the command line", "--", "flag") if given else {}
    return settle(folder, os.getcwd(), tuple(flags.items()), isolated, tuple(config))


def forget() -> None:
    """Read settings files anew from here on, for a process that outlives a change of them."""
    settle.cache_clear()
    layers.forget()


@functools.cache
def settle(
    folder: str, start: str, flags: tuple[tuple[str, Any], ...], isolated: bool, config: tuple[str, ...]
) -> InForce:
    """Settings file, project and flags put together; `start` is the working directory."""
    named, single = configured(config, start, isolated)
    origin = None if isolated else named or settings_file(folder)
    root = start if named else root_for(folder, origin, start)
    stack = list(layers_of(origin)) if origin else []
    if named:
        stack[-1] = stack[-1]._replace(folder=start)  # as ruff has it
    if not isolated and (python := python_for(folder)):
        stack.insert(0, python)
    stack += [*single, Layer("", "flag", start, dict(flags))]
    said = in_force(stack)
    fields = settled(said, root) | selected(said, stack)
    return InForce(Settings(Path(root), Path(origin) if origin else None, **fields), said)


def root_for(folder: str, origin: str | None, start: str) -> str:
    if origin:
        return os.path.dirname(origin)
    return project_for(folder) or (start if Path(folder).is_relative_to(start) else beside_package(folder))


def beside_package(folder: str) -> str:
    """The folder that holds the top-level package of a folder; one that is no package itself."""
    while present(os.path.join(folder, "__init__.py")):
        folder = os.path.dirname(folder)
    return folder


def in_force(stack: Sequence[Layer]) -> Said:
    """Of each setting, what counts of what the layers say."""
    said: Said = {}
    for layer in stack:
        for key in layer.values.keys() & STARTS_ANEW.keys():
            for other in STARTS_ANEW[key]:
                said.pop(other, None)
        for key, value in layer.values.items():
            earlier = said.get(key, []) if OPTIONS[key].adds else []
            said[key] = [*earlier, (layer, value)]
    return said


def settled(said: Said, root: str) -> dict[str, Any]:
    """What counts, as fields of `Settings`; the choice of rules apart."""
    fields: dict[str, Any] = {}
    for key, option in OPTIONS.items():
        if key not in said or key in SELECTING or option.only == "file":
            continue
        value = total(anchored(key, value, layer, root) for layer, value in said[key])
        field = name(option.field or key)
        fields[field] = fields.get(field, getattr(Settings, field)) + value if option.field else value
    return fields


def total(values: Iterable[Any]) -> Any:
    """One value; several are joined."""
    return functools.reduce(operator.add, values)


def anchored(key: str, value: Any, layer: Layer, root: str) -> Any:
    """A value whose patterns and paths say what they are relative to."""
    if key in ("exclude", "extend-exclude"):
        return tuple(Anchored(layer.folder, pattern) for pattern in value)
    if key in ("per-file-ignores", "extend-per-file-ignores"):
        return tuple((Anchored(layer.folder, pattern), selectors) for pattern, selectors in value)
    if key == "src" and layer.folder != root:
        return tuple(os.path.normpath(os.path.join(layer.folder, each)) for each in value)
    if key == "cache-dir" and layer.source == "file":
        return os.path.join(layer.folder, os.path.expanduser(value))
    return value


def selected(said: Said, stack: Sequence[Layer]) -> dict[str, Any]:
    """The choice of rules, as fields of `Settings`: that of the first layer, then what others change of it."""
    steps = []
    for layer in stack:
        select, extend, ignore, more = (
            next((value for other, value in said.get(key, ()) if other is layer), ()) for key in SELECTING
        )
        if select or extend or ignore or more:
            steps.append((select, extend, ignore + more))
    if not steps:
        return {}
    (select, extend, ignore), *others = steps
    amended = tuple(Selection(on, off) for _, on, off in others)
    return {"select": select, "extend_select": extend, "ignore": ignore, "amended": amended}


def name(key: str) -> str:
    return key.replace("-", "_")


def absolute(path: Path) -> str:
    """The path from the top, links kept as they are written; only `..` makes it necessary to follow them."""
    return os.path.realpath(path) if ".." in path.parts else os.path.abspath(path)
