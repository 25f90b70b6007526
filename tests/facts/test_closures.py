"""Functions within functions."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def facts_of(code: str) -> Facts:
    return Facts(SourceFile("example.py", code), Tree(SourceFile("example.py", code), ast.parse(code)), Project())


def function(facts: Facts, name: str) -> ast.FunctionDef:
    nodes = (node for node in facts.tree.parents if isinstance(node, ast.FunctionDef))
    return next(node for node in nodes if node.name == name)


@pytest.mark.parametrize(
    ("body", "members"),
    [
        ("    def g(): g()\n", ["g"]),
        ("    def g(): h()\n    def h(): g()\n", ["g", "h"]),
        ("    def g(): h()\n    def h(): pass\n", []),
        ("    def g(g): g()\n", []),
        ("    def g(): return lambda: g\n", ["g"]),
    ],
)
def test_circle(body: str, members: list[str]) -> None:
    facts = facts_of(f"def f():\n{body}")
    assert [getattr(each, "name", "") for each in facts.closures.circle(function(facts, "g"))] == members


def test_heavy_leaves_numbers_texts_and_functions_out() -> None:
    facts = facts_of(
        "def f(data, depth: int, limit=3):\n"
        "    name, found = 'x', []\n"
        "    size = len(data)\n"
        "    def other(): pass\n"
        "    def g(): g(data, depth, limit, found, size, other)\n"
    )
    circle = facts.closures.circle(function(facts, "g"))
    assert [variable.name for variable in facts.closures.heavy(circle)] == ["data", "found"]


def test_heavy_leaves_tuples_of_builtins_and_constants_out() -> None:
    facts = facts_of(
        "def f(data):\n    kinds = (list, tuple, 3)\n    pair = (list, data)\n    def g(): g(kinds, pair)\n"
    )
    circle = facts.closures.circle(function(facts, "g"))
    assert [variable.name for variable in facts.closures.heavy(circle)] == ["pair"]


@pytest.mark.parametrize(
    ("code", "runs_once"),
    [
        ("def f(): pass\n", False),
        ("def f(): pass\nf()\n", True),
        ("def f(): pass\nfor _ in x: f()\n", False),
        ("def f(): pass\ndef main(): f()\n", True),
        ("def f(): pass\ndef g(): f()\n", False),
        ("def f(): pass\nx = f\n", False),
        ("class C:\n    def f(self): pass\n", False),
        ("def test_it():\n    def f(): pass\n", True),
    ],
)
def test_runs_once(code: str, runs_once: bool) -> None:
    facts = facts_of(code)
    assert facts.closures.runs_once(function(facts, "f")) is runs_once
