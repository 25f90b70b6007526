"""Writes through shallow copies into what the original holds as well."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def is_shared(code: str) -> bool:
    code = dedent(code)
    source = SourceFile("example.py", code)
    facts = Facts(source, Tree(source, ast.parse(code)), Project())
    return any(facts.sharing.faults(1, len(source.lines)))


@pytest.mark.parametrize(
    "code",
    [
        "a = [[1], [2]]\nb = a.copy()\nb[0].append(3)\nprint(a)\n",
        "import copy\na = [[1], [2]]\nb = copy.copy(a)\nb[0][0] = 3\nprint(a)\n",
        "a = [[1], [2]]\nb = a[:]\nb[1] += [3]\nassert a == b\n",
        """
            DEFAULTS = {"x": {"y": 1}, "n": 3}
            def f():
                cfg = dict(DEFAULTS)
                cfg["x"]["y"] = 1
                return cfg
        """,
        """
            DEFAULTS = {"x": {"y": 1}, "n": 3}
            def f(user):
                cfg = {**DEFAULTS, **user}
                cfg["x"]["y"] = 1
                return cfg
        """,
        """
            DEFAULTS = {"x": {"y": 1}, "n": 3}
            def f(user):
                cfg = DEFAULTS | user
                cfg["x"]["y"] = 1
                return cfg
        """,
        """
            DEFAULTS = {"x": {"y": 1}, "n": 3}
            def f(user):
                cfg = DEFAULTS.copy()
                for k, v in cfg.items():
                    v.update(user)
                return cfg
        """,
        """
            class S:
                base = {"a": []}
                def __init__(self):
                    self.options = self.base.copy()
                def with_x(self, x):
                    self.options["a"].append(x)
        """,
        """
            def f(rows: list[list[int]]):
                mine = [*rows]
                for row in mine:
                    row.append(1)
                return mine
        """,
        """
            import copy
            class Team:
                def __init__(self):
                    self.members = []
            a = Team()
            b = copy.copy(a)
            b.members.append(1)
            print(a.members)
        """,
        "a = [[1, 2], [3]]\nb = a.copy()\na[0][0] = 99\nprint(b)\n",
        'def f():\n    a = {"x": {"y": 1}}\n    saved = dict(a)\n    a["x"]["y"] += 1\n    return saved, a\n',
    ],
)
def test_a_write_that_changes_both(code: str) -> None:
    assert is_shared(code)


@pytest.mark.parametrize(
    "code",
    [
        """
            DEFAULTS = {"x": {"y": 1}, "n": 3}
            def f():
                cfg = dict(DEFAULTS)
                cfg["x"] = dict(cfg["x"])
                cfg["x"]["y"] = 1
                return cfg
        """,
        """
            DEFAULTS = {"x": {"y": 1}, "n": 3}
            def f():
                cfg = {**DEFAULTS, "x": {}}
                cfg["x"]["y"] = 1
                return cfg
        """,
        "def f():\n    a = [[1]]\n    b = a.copy()\n    b[0].append(3)\n    return b\n",
        """
            class S:
                def __init__(self):
                    self.config = {"a": []}
                def with_x(self, x):
                    self.config = dict(self.config)
                    self.config["a"].append(x)
        """,
        'def f(x):\n    y = x.copy()\n    y["a"]["b"] = 1\n    return x, y\n',
        """
            def f():
                a = {"x": {"y": 1}}
                saved = dict(a)
                a["x"] = {}
                a["x"]["y"] = 1
                return saved, a
        """,
        'def f():\n    a = {"x": {"y": 1}}\n    saved = dict(a)\n    a["x"]["y"] = 1\n    return a\n',
        "def f():\n    a = [[1], [2]]\n    for row in a[:]:\n        a[0].append(1)\n    return a\n",
        'def f():\n    a = {"x": [1], "z": 3}\n    saved = dict(a)\n    a["z"] = 1\n    return a, saved\n',
    ],
)
def test_no_write_that_certainly_changes_both(code: str) -> None:
    assert not is_shared(code)
