"""Which collections of tasks only ever grow."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

HUB = """import asyncio
class Hub:
    def __init__(self):
        self.tasks = {made}
    def {name}(self, work):
        self.tasks.add(asyncio.create_task(work({argument})))
    def other(self):
        {use}
"""


def is_grown(made: str = "set()", name: str = "spawn", argument: str = "work", use: str = "pass") -> bool:
    text = HUB.format(made=made, name=name, argument=argument, use=use)
    source = SourceFile.from_bytes("example.py", text.encode())
    facts = Facts(source, Tree(source, ast.parse(source.text)), Project())
    calls = [node for node in ast.walk(facts.tree.module) if isinstance(node, ast.Call)]
    return any(map(facts.task_sets.grown, calls))


@pytest.mark.parametrize(
    "use", ["pass", "return len(self.tasks)", "[each.cancel() for each in self.tasks]", "if not self.tasks: return"]
)
def test_reading_and_cancelling_take_nothing_out(use: str) -> None:
    assert is_grown(use=use)


@pytest.mark.parametrize(
    "use",
    [
        "self.tasks.clear()",
        "self.tasks = set()",
        "self.tasks -= {1}",
        "return asyncio.gather(*self.tasks)",
        "return list(self.tasks)",
        "return [each.result() for each in self.tasks]",
        "self.hook = self.tasks.discard",
        "prune(self.tasks)",
    ],
)
def test_what_may_take_out_is_taken_for_it(use: str) -> None:
    assert not is_grown(use=use)


def test_weak_sets_and_functions_that_run_once_are_let_be() -> None:
    assert not is_grown(made="WeakSet()")
    assert not is_grown(name="start")
