"""Upper bounds of iterables, and the numbers behind expressions."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.facts.sizes import FEW
from memlint.source import SourceFile


def of_last(code: str) -> tuple[Facts, ast.expr]:
    """The facts of a piece of code, and its last statement, an expression."""
    source = SourceFile("example.py", code)
    module = ast.parse(code)
    *_, last = (node for node in ast.walk(module) if isinstance(node, ast.Expr))
    return Facts(source, Tree(source, module), Project()), last.value


@pytest.mark.parametrize(
    ("code", "most"),
    [
        ("(1, 2, 3)", 3),
        ("[*rows]", None),
        ("{'a': 1}.items()", 1),
        ("{**options}", None),
        ("'text'", 4),
        ("range(10)", 10),
        ("range(2, 20, 3)", 6),
        ("range(1, 2, 0)", None),
        ("range(n)", None),
        ("N = 10 ** 6\nrange(N)", 1_000_000),
        ("range(int(1e5))", 100_000),
        ("range(1 << 20)", 1 << 20),
        ("range(10 ** 10 ** 10)", None),
        ("zip(rows, range(3))", 3),
        ("zip(rows, lines)", None),
        ("enumerate(sorted((1, 2)))", 2),
        ("map(str, (1, 2))", 2),
        ("rows[:5]", 5),
        ("rows[2:5]", 3),
        ("rows[-5:]", 5),
        ("rows[5:]", None),
        ("x.shape", FEW),
        ("range(x.ndim)", FEW),
        ("range(len(x.shape))", FEW),
        ("import sys\nsys.argv[1:]", FEW),
        ("def f(*names):\n names", FEW),
        ("def f(names):\n names", None),
        ("ROWS = [1, 2]\nROWS", 2),
        ("ROWS = [1, 2]\nROWS.append(3)\nROWS", None),
        ("rows = ()\nrows = more()\nrows", None),
        ("rows = (1, 2)\nif more:\n rows = (1, 2, 3)\nrows", 3),
        ("rows = (1, 2)\nrows += (3,)\nrows", None),
        ("(1, 2) if small else (1, 2, 3)", 3),
        ("rows or (1, 2)", None),
        ("x = x\nx", None),
    ],
)
def test_most(code: str, most: int | None) -> None:
    facts, expression = of_last(code)
    assert facts.sizes.most(expression) == most
