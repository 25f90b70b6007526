from __future__ import annotations

import re
from functools import cache

from memlint.api import (
    GAP,
    PUT_IN,
    Container,
    Effect,
    Facts,
    Growth,
    GrowthRule,
    Home,
    Scan,
    Severity,
    Sort,
    all_of,
    known,
)

ROLE = re.compile(rb"role[\"']|role" + GAP + rb"=(?!=)")
"""The key of a role, in a dict or as the keyword of one."""


@cache
def words_of(key: str) -> frozenset[bytes]:
    """A list of what messages are made of, as it stands in a file."""
    return frozenset(name.encode() for name in known("growth", "messages", key))


def is_conversing(scan: Scan) -> bool:
    """Whether a file may make messages: objects of a listed class, or dicts with a role."""
    if not scan.words.isdisjoint(words_of("classes")):
        return True
    if b"role" not in scan.words or (b"dict" not in scan.words and scan.words.isdisjoint(words_of("keys"))):
        return False
    return ROLE.search(scan.data) is not None


class HistoryUnbounded(GrowthRule):
    """A conversation is kept as a list of messages that every turn makes longer."""

    code = "ML616"
    name = "history-unbounded"
    effect = Effect.KEPT
    gate = all_of(*PUT_IN, file=(is_conversing,))
    severity = Severity.INFO
    homes = (Home.MODULE, Home.CLASS, Home.INSTANCE)

    @classmethod
    def fault(cls, facts: Facts, container: Container, growth: Growth) -> bool:
        growths = facts.growths
        return growths.sort(container, growth) is Sort.MESSAGE and growths.is_turn(growth)

    def report_growth(self, container: Container, growth: Growth) -> None:
        name = container.name if container.home is Home.MODULE else self.told_owner(container)
        self.report(
            growth.by,
            f"`{name}` keeps every message of every turn, and nothing shortens it: memory, and the length of each "
            "request, grow with the conversation; keep the last messages, or a summary of the others",
            related=[(container.statement, "the history begins here")],
        )
