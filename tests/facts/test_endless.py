"""Which threads never end, and so hold an instance for good."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

WORKER = """
import sys, threading

class Worker:
    def start(self):
        threading.Thread(target=self.run).start()

    def run(self):
        {}
"""


def held_by(body: str) -> list[str]:
    source = SourceFile.from_bytes("example.py", WORKER.format(body).encode())
    facts = Facts(source, Tree(source, ast.parse(source.text)), Project())
    calls = [node for node in ast.walk(facts.tree.module) if isinstance(node, ast.Call)]
    return [found.model.node.name for call in calls if (found := facts.threads.endless(call))]


@pytest.mark.parametrize(
    "body",
    [
        "while True: self.step()",
        "while 1:\n            for each in self: break",
        "with self.lock:\n            while True: self.step()",
        "while True:\n            try: self.step()\n            except OSError: pass",
        "while True:\n            def inner(): return 1",
    ],
)
def test_nothing_leaves_the_loop(body: str) -> None:
    assert held_by(body) == ["Worker"]


@pytest.mark.parametrize(
    "body",
    [
        "self.step()",
        "while self.running: self.step()",
        "while True:\n            if self.step(): break",
        "while True:\n            if self.step(): return",
        "while True: sys.exit()",
        "try:\n            while True: self.step()\n        except EOFError: pass",
        "while True: self.connection.recv()",
    ],
)
def test_something_may_leave_it(body: str) -> None:
    assert held_by(body) == []
