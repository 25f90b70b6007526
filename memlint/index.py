"""What the run must know of memlint's rules before it needs one, so that only those a file is for are imported.

`index.json` beside this module says it; `python -m memlint.index > memlint/index.json` writes it anew.
"""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from memlint.gate import Gate
from memlint.model import Effect, Safety, Severity
from memlint.rule import Rule

FILE = Path(__file__).with_suffix(".json")
WORDS = ("code", "name", "default", "quiet_in_tests")
TUPLES = ("since", "yields_to", "also", "claims")


class Deferred:
    """Stands for a rule class: it says what the index does, and imports the class for all else."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.__module__, _, name = said["class"].rpartition(".")
        self.__name__ = self.__qualname__ = name
        self.__dict__.update({word: said[word] for word in WORDS})
        self.__dict__.update({word: tuple(said[word]) for word in TUPLES})
        self.effect, self.severity = Effect[said["effect"]], Severity[said["severity"]]
        self.fixes = tuple(Safety[each] for each in said["fixes"])
        statement, file = ([each.encode("latin-1") for each in side] for side in (said["statement"], said["file"]))
        self.gate = Gate(tuple(statement), tuple(file))

    @cached_property
    def rule(self) -> type[Rule]:
        """The class itself."""
        found: type[Rule] = getattr(importlib.import_module(self.__module__), self.__name__)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rule, name)

    def __call__(self, *arguments: Any) -> Rule:
        return self.rule(*arguments)


def listed() -> list[type[Rule]]:
    """Memlint's own rules, none of them imported."""
    return cast("list[type[Rule]]", [Deferred(said) for said in json.loads(FILE.read_text("utf-8"))])


def rules_of(module: ModuleType) -> Iterator[type[Rule]]:
    """The rules that a module, or the modules of a package, define."""
    for part in pkgutil.iter_modules(getattr(module, "__path__", [])):
        yield from rules_of(importlib.import_module(f"{module.__name__}.{part.name}"))
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Rule) and value.__module__ == module.__name__:
            yield value


def said(rule: type[Rule]) -> dict[str, Any]:
    """What the index says of a rule."""
    return {
        "class": f"{rule.__module__}.{rule.__qualname__}",
        **{word: getattr(rule, word) for word in WORDS + TUPLES},
        "effect": rule.effect.name,
        "severity": rule.severity.name,
        "fixes": [each.name for each in rule.fixes],
        "statement": [each.decode("latin-1") for each in rule.gate.statement],
        "file": [each.decode("latin-1") for each in rule.gate.file],
    }


def index() -> str:
    """The text of `index.json`, from the classes themselves."""
    rules = sorted(rules_of(importlib.import_module("memlint.rules")), key=lambda rule: rule.code)
    return "[\n" + ",\n".join(json.dumps(said(rule)) for rule in rules) + "\n]\n"


if __name__ == "__main__":
    print(index(), end="")
