"""Flags of commands: grouped in --help, those of settings read off the table of settings."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from memlint.options import GROUPS, OPTIONS, RUN, Scope
from memlint.ruff import OPTIONS as OF_RUFF
from memlint.settings import InForce, Settings, explain, suggestion
from memlint.values import Ignores, Strings, Switch

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

WIDTH = 100
"""Columns that --help takes at most; no line of it is longer."""


class Flag(click.Option):
    """An option that belongs to a group of --help; `--[no-]fix` stands for a pair."""

    def __init__(self, *declarations: Any, group: str = RUN, **others: Any) -> None:
        super().__init__(*declarations, **others)
        self.group = group

    def get_help_record(self, context: click.Context) -> tuple[str, str] | None:
        if self.hidden:
            return None
        names = [name.replace("--", "--[no-]") if self.secondary_opts else name for name in self.opts]
        shown = ", ".join(sorted(names, key=len))
        return (shown if self.is_flag else f"{shown} {self.metavar}", self.help or "")


flag = functools.partial(click.option, cls=Flag)


class Command(click.Command):
    """A command whose options are listed by group, and that answers those who ask for an option of ruff's."""

    def __init__(self, *arguments: Any, **others: Any) -> None:
        super().__init__(*arguments, **others)
        self.context_settings["max_content_width"] = WIDTH

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        shown: dict[str, list[tuple[str, str]]] = {group: [] for group in GROUPS}
        for parameter in self.get_params(context):
            record = parameter.get_help_record(context) if isinstance(parameter, click.Option) else None
            if record:
                shown.setdefault(getattr(parameter, "group", RUN), []).append(record)
        widest = max(len(name) for records in shown.values() for name, _ in records)
        for group, records in shown.items():
            if records:
                with formatter.section(group):
                    formatter.write_dl([(name.ljust(widest), text) for name, text in records], col_max=widest)

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(context, args)
        except click.NoSuchOption as error:
            wanted = error.option_name
            if wanted in OF_RUFF:
                raise click.UsageError(f"{wanted}: {OF_RUFF[wanted]}") from None
            known = [name for parameter in self.params for name in (*parameter.opts, *parameter.secondary_opts)]
            raise click.UsageError(f'there is no option "{wanted}"{suggestion(wanted, known)}') from None


def settings_flags(without: Collection[str] = ()) -> Callable[[Decorated], Decorated]:
    """Adds a flag for each setting but some, `--config` and `--isolated`."""

    def decorate(command: Decorated) -> Decorated:
        command = flag("--isolated", is_flag=True, help="Read no settings file.")(command)
        command = flag("--config", multiple=True, metavar="FILE|KEY=VALUE", help="A settings file, or one setting.")(
            command
        )
        for key, option in reversed(OPTIONS.items()):
            if option.group and key not in without:
                command = flag(*spelled(key), **shape(option.value), group=option.group, help=option.described)(command)
        return command

    return decorate


def spelled(key: str) -> Sequence[str]:
    """A setting as its flag is declared."""
    return [f"--{key}/--no-{key}"] if isinstance(OPTIONS[key].value, Switch) else [f"--{key}"]


def shape(value: Any) -> dict[str, Any]:
    """How the flag of a setting takes its value."""
    if isinstance(value, Switch):
        return {"default": None}
    return {"metavar": value.metavar, "multiple": isinstance(value, (Strings, Ignores))}


def loader(flags: dict[str, Any]) -> Callable[[Path], InForce]:
    """What tells the settings of a folder, with the flags that were given on top."""
    overrides = {}
    for key, option in OPTIONS.items():
        given = flags.get(key.replace("-", "_"))
        if option.group and given not in (None, ()):
            overrides[key] = option.value.from_flag(given, f"--{key}")
    return functools.cache(lambda folder: explain(folder, overrides, flags["isolated"], flags["config"]))


def of_the_run(settings: Settings) -> dict[str, Any]:
    """The settings that bear on the whole run, under the names of their flags."""
    names = (key.replace("-", "_") for key, option in OPTIONS.items() if option.scope is Scope.RUN and option.group)
    return {name: getattr(settings, name) for name in names}
