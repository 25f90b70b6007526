"""Loggers that are made time and again, and handlers that are added so."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def facts_of(code: str) -> Facts:
    return Facts(SourceFile("example.py", code), Tree(SourceFile("example.py", code), ast.parse(code)), Project())


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("__name__", None),
        ("f'{__name__}.{self.kind}'", None),
        ("f'a.{id(self)}'", "id(self)"),
        ("'a.' + job_id", "job_id"),
        ("put", "self.request_id"),
    ],
)
def test_endless(name: str, part: str | None) -> None:
    code = f"import logging\ndef f(self, job_id):\n    put = 'a' + self.request_id\n    logging.getLogger({name})\n"
    facts = facts_of(code)
    calls = [node for node in facts.tree.parents if isinstance(node, ast.Call)]
    found = next((each for call in calls if (each := facts.loggers.endless(call))), None)
    assert (ast.unparse(found) if found else None) == part


@pytest.mark.parametrize(
    ("code", "is_repeated"),
    [
        ("def f():\n    getLogger('a').addHandler(StreamHandler())\n", True),
        ("def f(n):\n    getLogger(n).addHandler(StreamHandler())\n", False),
        ("def setup():\n    getLogger('a').addHandler(StreamHandler())\n", False),
        ("def f():\n    getLogger('a').addHandler(StreamHandler())\nf()\n", False),
        ("def f():\n    x = getLogger('a')\n    if not x.handlers: ...\n    x.addHandler(StreamHandler())\n", False),
    ],
)
def test_repeated(code: str, is_repeated: bool) -> None:
    facts = facts_of(f"from logging import getLogger, StreamHandler\n{code}")
    calls = [node for node in facts.tree.parents if isinstance(node, ast.Call)]
    assert any(map(facts.loggers.repeated, calls)) is is_repeated
