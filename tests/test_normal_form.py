"""The normal form of code: what it keeps, and what it does not."""

from __future__ import annotations

import pytest

from memlint.model import Outcome
from memlint.normal_form import normal_form
from memlint.source import SourceFile
from memlint.syntax import read


def form(text: str) -> str:
    """The normal form of the last statement of the last function."""
    tree = read(SourceFile("a.py", text), Outcome("a.py"))
    assert tree
    return normal_form(tree.module.body[-1].body[-1], tree)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "def f(path):\n    self.text: str = open(path, encoding='utf-8').read()\n",
            "(Assign [(Attribute (Name self) .text)] (Call (Attribute (Call (Name open) [(Name _0)]"
            " [(keyword encoding= (Constant 'utf-8'))]) .read) [] []))",
        ),
        (
            "def f(rows):\n    for row in rows:\n        print(row)\n    else:\n        print()\n",
            "(For (Name _0) (Name _1))",
        ),
        (
            "def f(rows):\n    return f'{rows!r:>{w}}', 255, lambda x, *y: (x, y, z)\n",
            "(Return (Tuple [(JoinedStr (FormattedValue (Name _0) 114 (JoinedStr (Constant '>')"
            " (FormattedValue (Name w) -1 None)))) (Constant 0xff)"
            " (Lambda (arguments [] [(arg _1)] (arg _2) [] [] None []) (Tuple [(Name _1) (Name _2) (Name z)]))]))",
        ),
        ("class A:\n    @cache\n    def f(self, x=[]):\n        pass\n", "(FunctionDef)"),
    ],
)
def test_normal_form(text: str, expected: str) -> None:
    assert form(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def f(a):\n    b = g(a, b)\n", "def f(c):\n    d = g(c, d)\n"),
        ("def f(a):\n    b = g(a, 'x')\n", 'def f(a: int):\n    b: int = (\n        g(a,\n"x",)  # why\n    )\n'),
        ("def f(a):\n    if a:\n        pass\n", "def f(a):\n    if a:\n        return\n    else:\n        f(a)\n"),
        ("def f(a):\n    with a as b:\n        pass\n", "def f(b):\n    with b as a:\n        f(a)\n"),
        ("def f():\n    [a for a in B]\n", "def f():\n    [b for b in B]\n"),
    ],
)
def test_what_it_does_not_keep(one: str, other: str) -> None:
    assert form(one) == form(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def f(a, b):\n    return g(a, b)\n", "def f(a, b):\n    return g(a, a)\n"),
        ("def f(a):\n    return a.b\n", "def f(a):\n    return a.c\n"),
        ("def f(a):\n    return g(b=a)\n", "def f(a):\n    return g(c=a)\n"),
        ("def f():\n    return G\n", "def f():\n    return H\n"),
        ("def f():\n    global x\n    x = 1\n", "def f():\n    global y\n    y = 1\n"),
        ("def f():\n    return 1\n", "def f():\n    return True\n"),
    ],
)
def test_what_it_keeps(one: str, other: str) -> None:
    assert form(one) != form(other)
