"""What a run must know of memlint's rules before it needs one, so that only those a file is for are imported.

`index.json` beside this module says it, with the patterns of their gates as they are searched for; the tables of what
is known of libraries stand in `knowledge/tables.json` as they are read fastest. `python -m memlint.index` writes both
anew.
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

from memlint import knowledge, probe
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
        self.gate = Gate(*(tuple(map(encoded, said[side])) for side in ("statement", "file")))

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
    found = json.loads(FILE.read_text("utf-8"))
    for pattern, (words, of_either_case, others) in found["cuts"].items():
        plain = [(list(map(encoded, needed)), encoded(other)) for needed, other in others]
        cut = probe.Cut(list(map(encoded, words)), list(map(encoded, of_either_case)), plain)
        probe.known[encoded(pattern)] = cut
    return cast("list[type[Rule]]", list(map(Deferred, found["rules"].values())))


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
        "statement": list(map(decoded, rule.gate.statement)),
        "file": list(map(decoded, rule.gate.file)),
    }


def encoded(pattern: str) -> bytes:
    return pattern.encode("latin-1")


def decoded(pattern: bytes) -> str:
    return pattern.decode("latin-1")


def index() -> str:
    """The text of `index.json`, from the classes themselves."""
    rules = sorted(rules_of(importlib.import_module("memlint.rules")), key=lambda rule: rule.code)
    patterns = sorted({each for rule in rules for each in (*rule.gate.statement, *rule.gate.file)})
    cuts = {}
    for pattern in patterns:
        words, of_either_case, others = probe.cut(pattern)
        plain = [[list(map(decoded, needed)), decoded(other)] for needed, other in others]
        cuts[decoded(pattern)] = [list(map(decoded, words)), list(map(decoded, of_either_case)), plain]
    return lines({"rules": {rule.code: said(rule) for rule in rules}, "cuts": cuts})


def tables() -> str:
    """The text of `knowledge/tables.json`, from the tables themselves."""
    return lines({name: knowledge.read(name) for name in knowledge.tables()})


def lines(found: dict[str, dict[str, Any]]) -> str:
    """JSON with a line for each item of what is found."""
    parts = {
        key: ",\n".join(f"{json.dumps(name)}: {json.dumps(each)}" for name, each in items.items())
        for key, items in found.items()
    }
    return "{\n" + ",\n".join(f"{json.dumps(key)}: {{\n{items}\n}}" for key, items in parts.items()) + "\n}\n"


if __name__ == "__main__":
    FILE.write_text(index(), "utf-8")
    knowledge.FILE.write_text(tables(), "utf-8")
