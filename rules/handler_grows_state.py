from __future__ import annotations

import ast
import re
from functools import cache

from memlint.api import PUT_IN, Container, Effect, Facts, Growth, GrowthRule, Home, Scan, Sort, all_of, known

DECORATOR = re.compile(rb"^[ \t\f]*@.*", re.MULTILINE)
WHOLE = re.compile(rb"""\s*@[\w.]+\s*(?:\((?:[^()"'#\\]|"[^"\\]*"|'[^'\\]*')*\)\s*)?""")
"""A decorator that ends on its line for certain."""


@cache
def frameworks() -> tuple[frozenset[bytes], re.Pattern[bytes]]:
    """The frameworks that call handlers, and the import of one."""
    listed = known("growth", "handlers", "frameworks")
    pattern = rf"(?:\b(?:from|import)\b|,)[\s\\]*(?:{'|'.join(sorted(listed))})\b"
    return frozenset(name.encode() for name in listed), re.compile(pattern.encode())


@cache
def routes() -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """The name of a decorator that hands a function to a framework; and one that may get another name."""
    functions = "|".join(sorted(name.rpartition(".")[2] for name in known("growth", "handlers", "functions")))
    methods = "|".join(sorted(known("growth", "handlers", "methods")))
    renamed = rf"\b(?:{functions})\b(?![\s\\]*[(.=:])"
    return re.compile(rf"\b(?:{functions}|{methods})\b".encode()), re.compile(renamed.encode())


def is_routed(scan: Scan) -> bool:
    """Whether a file imports a framework and may hand it functions by decorators."""
    names, imported = frameworks()
    if scan.words.isdisjoint(names) or b"@" not in scan.data or not imported.search(scan.data):
        return False
    named, renamed = routes()
    decorators = DECORATOR.findall(scan.data)
    if any(named.search(each) or not WHOLE.fullmatch(each) for each in decorators):
        return True
    return bool(decorators) and renamed.search(scan.data) is not None


class HandlerGrowsState(GrowthRule):
    """A route or a task puts something into a container of the process with every call."""

    code = "ML903"
    name = "handler-grows-state"
    effect = Effect.KEPT
    gate = all_of(*PUT_IN, rb"@", file=(is_routed,))
    homes = (Home.MODULE, Home.CLASS)

    @classmethod
    def fault(cls, facts: Facts, container: Container, growth: Growth) -> bool:
        growths = facts.growths
        return growths.sort(container, growth) is Sort.HANDLED and growths.is_new_each_time(growth)

    def report_growth(self, container: Container, growth: Growth) -> None:
        handler = self.facts.growths.handler(growth)
        name = handler.name if handler else "the handler"
        told = growth.key if growth.key is not None else growth.value
        shown = self.quoted(told) if isinstance(told, ast.expr) else ""
        self.report(
            growth.by,
            f"`{name}` puts {shown or 'something'} into `{container.name}` with every call, and nothing takes it out: "
            "the process grows as long as it serves; bound it, or keep it in a store that expires",
            related=[(container.statement, "it lives as long as the process")],
        )
