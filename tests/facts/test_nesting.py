"""What is known of the elements of containers."""

from __future__ import annotations

import pytest

from tests.facts.test_kinds import last_name


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("f = [[1], [2]]\nf", "list"),
        ("f = [1, [2]]\nf", None),
        ("f = [a, [2]]\nf", None),
        ("f = []\nf", None),
        ("f = {'a': {}, 'b': {}}\nf", "dict"),
        ("f = {**{'a': []}, 'b': []}\nf", "list"),
        ("f = {**g, 'b': []}\nf", None),
        ("f = [*[[1]], [2]]\nf", "list"),
        ("f = [[0] * n for _ in r]\nf", "list"),
        ("f = {k: set() for k in r}\nf", "set"),
        ("f = [[0] * 2] * 3\nf", "list"),
        ("f = [[1]] + [[2]]\nf", "list"),
        ("f = {'a': []} | {'b': {}}\nf", None),
        ("f = dict(a=[], b=[])\nf", "list"),
        ("f = dict([])\nf", None),
        ("f = dict({'a': []})\nf", "list"),
        ("f = dict(g, a=[])\nf", None),
        ("f = dict.fromkeys(k, [])\nf", "list"),
        ("from collections import defaultdict\nf = defaultdict(list)\nf", "list"),
        ("from collections import defaultdict\nf = defaultdict(lambda: {})\nf", "dict"),
        ("import copy\ng = [[1]]\nf = copy.copy(g)\nf", "list"),
        ("g = [[1]]\nf = g.copy()\nf", "list"),
        ("g = [[1]]\nf = g[1:]\nf", "list"),
        ("g = {'a': [[1]]}\nf = g['a']\nf", "list"),
        ("def g(f: dict[str, list[int]]): f", "list"),
        ("import typing\ndef g(f: typing.Optional[typing.Mapping[str, dict]]): f", "dict"),
        ("def g(f: 'list[set[int]]'): f", "set"),
        ("def g(f: tuple[list, int]): f", None),
        ("def g(f: list): f", None),
        ("def g(f=[[1]]): f", "list"),
        ("def g() -> list[dict]: ...\nf = g()\nf", "dict"),
        ("f: dict[str, list[int]] = {}\nf", "list"),
        ("D = {'a': {}}\ndef g():\n f = D\n f", "dict"),
        ("class C:\n x = {'a': []}\n def m(self):\n  f = self.x\n  f", "list"),
        ("class C:\n x = {'a': []}\nf = C.x\nf", "list"),
        ("class C:\n def __init__(self): self.x = [{}]\n def m(self):\n  f = self.x\n  f", "dict"),
        ("f = [[1]]\nf = [2]\nf", "int"),
        ("f = g[0]\ng = [f]\nwhile f: f = f[0]\nf", None),
    ],
)
def test_element(code: str, kind: str | None) -> None:
    facts, name = last_name(code)
    assert facts.nesting.element(name) == kind
