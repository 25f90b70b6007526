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


@pytest.mark.parametrize(
    ("code", "is_per_class"),
    [
        ("class M(type):\n    def __new__(m, n, b, d): f(d)\ndef f(d): pass\n", True),
        ("class BaseMeta(Meta):\n    def __init__(c, n, b, d): f(d)\ndef f(d): pass\n", True),
        ("class C:\n    def __init_subclass__(cls): f(cls)\ndef f(d): pass\n", True),
        ("class C:\n    def __init__(self, d): f(d)\ndef f(d): pass\n", False),
        ("class M(type):\n    def __new__(m, n, b, d): f(d)\ndef f(d): pass\ndef g(): f(2)\n", False),
        ("class C:\n    def f(self, env): pass\n", True),
        ("class C:\n    def f(self, env, page): pass\n", False),
        ("class C:\n    def f(self): pass\n", False),
    ],
)
def test_is_per_class(code: str, is_per_class: bool) -> None:
    facts = facts_of(code)
    assert facts.closures.is_per_class(function(facts, "f")) is is_per_class


@pytest.mark.parametrize(
    ("path", "code", "is_program"),
    [
        ("shop.py", "import sys\n", False),
        ("shop.py", "if __name__ == '__main__': pass\n", True),
        ("shop/scripts/order.py", "import sys\n", True),
        ("scripts/shop/order.py", "import sys\n", False),
    ],
)
def test_is_program(path: str, code: str, is_program: bool) -> None:
    source = SourceFile(path, code)
    assert Facts(source, Tree(source, ast.parse(code)), Project()).closures.is_program is is_program


def test_is_main_asks_for_the_block_itself() -> None:
    facts = facts_of("x = 1\ndef f(): x = 2\nif __name__ == '__main__':\n    x = 3\n    def g(): x = 4\n")
    values = [node for node in facts.tree.parents if isinstance(node, ast.Constant) and isinstance(node.value, int)]
    assert [each.value for each in values if facts.closures.is_main(each)] == [3]
