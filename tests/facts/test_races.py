"""Which tasks of a race run on when another was first."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

LOOP = """import asyncio
async def pump(a, b, other):
    while True:
        one = asyncio.create_task(a())
        two = asyncio.create_task({second})
        {wait}
        {after}
"""
WAIT = "await asyncio.wait([one, two], return_when=asyncio.FIRST_COMPLETED)"


def works(wait: str = WAIT, second: str = "b()", after: str = "pass") -> list[str]:
    text = LOOP.format(wait=wait, second=second, after=after)
    source = SourceFile.from_bytes("example.py", text.encode())
    facts = Facts(source, Tree(source, ast.parse(source.text)), Project())
    calls = [node for node in ast.walk(facts.tree.module) if isinstance(node, ast.Call)]
    return [ast.unparse(work) for call in calls if (race := facts.races.of(call)) for work in race.works]


def test_those_made_in_each_turn_race() -> None:
    assert works() == ["a()", "b()"]
    assert works(f"done, _ = {WAIT}", after="print(one in done, two.done())") == ["a()", "b()"]


@pytest.mark.parametrize("after", ["two.cancel()", "await one", "other.append(one)"])
def test_a_task_that_is_used_otherwise_is_no_loser(after: str) -> None:
    assert works(after=after) == []


def test_what_is_short_or_read_is_let_be() -> None:
    assert works(second="asyncio.sleep(1)") == []
    assert works(f"done, rest = {WAIT}", after="print(rest)") == []
    assert works("await asyncio.wait([one, two])") == []
