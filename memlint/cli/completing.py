"""What the shell may complete after an option: rules, formats, words of closed lists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from memlint.installed import GROUP

TITLE = re.compile(r"# ([A-Z]+[0-9]+) (\S+)")

Words = Iterable[tuple[str, str]]
"""Each with what it means, which some shells show."""


class Completed(click.types.StringParamType):
    """A parameter whose words are known; of a list with commas the last one is completed."""

    def __init__(self, words: Callable[[], Words]) -> None:
        self.words = words

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        before, comma, last = incomplete.rpartition(",")
        return [
            CompletionItem(before + comma + word, help=meaning or None)
            for word, meaning in sorted(self.words())
            if word.startswith(last) and word not in before.split(",")
        ]


def rules() -> Iterator[tuple[str, str]]:
    """The codes of all rules, by the titles of their pages: to import the rules would take too long for a key press."""
    if entry_points(group=GROUP):
        from memlint.registry import all_rules

        yield from ((rule.code, rule.name) for rule in all_rules())
        return
    spec = find_spec(GROUP)
    for folder in spec.submodule_search_locations or () if spec else ():
        for page in Path(folder).glob("*.md"):
            with page.open(encoding="utf-8") as file:
                if title := TITLE.match(file.readline()):
                    yield title[1], title[2]


def selectors() -> Iterator[tuple[str, str]]:
    yield "ALL", "every rule"
    yield from rules()


def words_of(command: str, parameter: str) -> Callable[[], Words] | None:
    """What a parameter may hold, where that is known: as the table of settings has it, if it is a setting's."""
    from memlint.options import OPTIONS, SELECTORS
    from memlint.values import Word

    if (command, parameter) in OTHERS:
        return OTHERS[command, parameter]
    option = OPTIONS.get(parameter.replace("_", "-"))
    if option and option.value is SELECTORS:
        return selectors
    if option and isinstance(option.value, Word):
        words = option.value.words
        return lambda: ((word, "") for word in words())
    return None


OTHERS: dict[tuple[str, str], Callable[[], Words]] = {
    ("check", "color"): lambda: [(word, "") for word in ("auto", "always", "never")],
    ("rule", "rule"): rules,
    ("rule", "output_format"): lambda: [(word, "") for word in ("text", "json")],
}
"""Words of parameters that are no settings, by command and parameter."""
FILES = frozenset({"paths", "path", "output_file", "cache_dir", "stdin_filename"})
"""Parameters that the shell completes by the names of files."""


def taught(name: str, command: click.Command) -> click.Command:
    """The command, whose parameters now complete their words."""
    for parameter in command.params:
        if words := words_of(name, parameter.name or ""):
            parameter.type = Completed(words)
        elif parameter.name in FILES:
            parameter.type = click.Path()
    return command
