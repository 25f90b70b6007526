"""The work for a file grows with its text, and not with the square of it: what is counted are calls, not seconds."""

from __future__ import annotations

import sys
from types import FrameType

import pytest

from memlint.engine import lint
from memlint.facts.project import Project
from memlint.registry import all_rules
from memlint.source import SourceFile

FEW, MANY = 30, 120
MOST = 8.0
"""Times the work for four times the text; 16 would be its square."""

SHAPES = {
    "arguments": ("def main(p):\n", "    p.add('--x§', default=[], type=lambda v: v)\n", ""),
    "assertions": ("def test():\n", "    assert f(§) == [§, §]\n", ""),
    "attributes read": ("def f(x, out):\n", "    out.append(x.a§)\n", ""),
    "bases": ("class B:\n    x = []\n", "class A§(B):\n    def m(self, a):\n        self.x.append(a)\n", ""),
    "branches": ("def f(a):\n", "    if a == §:\n        return g(§)\n", ""),
    "branches that open": ("def f(a):\n", "    if a == §:\n        b = open(a)\n        b.close()\n", ""),
    "cached methods": (
        "import functools\nclass A:\n",
        "    @functools.lru_cache(None)\n    def f§(self, a):\n        return a\n",
        "",
    ),
    "calls": ("def f(a):\n", "    a.append(§)\n", ""),
    "caught": ("def f(a):\n", "    try:\n        b = g(§)\n    except ValueError as e:\n        err = e\n", ""),
    "caught and stored": (
        "class A:\n    def f(self):\n",
        "        try:\n            g()\n        except ValueError as e:\n            self.e§ = e\n",
        "",
    ),
    "caught in a loop": (
        "def f(a):\n  while True:\n",
        "    try:\n        b = g(§)\n    except ValueError as e:\n        err = e\n",
        "",
    ),
    "class containers": ("", "class A§:\n    x = []\n    def m(self, a):\n        self.x.append(a)\n", ""),
    "closures in a loop": ("def f():\n    fs = []\n", "    for x in range(3):\n        fs.append(lambda: x)\n", ""),
    "comments": ("", "x§ = 1  # memlint: ignore[ML102] why\n", ""),
    "constants": ("", "LIMIT_§ = [1, 2]\ndef f§():\n    x = LIMIT_§\n    x.append(1)\n", ""),
    "cycles": ("", "class A§:\n    def __init__(self, p):\n        self.p = p\n        self.c = A§(self)\n", ""),
    "defaults": ("", "def f§(a, b=[]):\n    b.append(a)\n    return b\n", ""),
    "entries": ("D = {\n", "  'k§': f(§, x=[§]),\n", "}\n"),
    "frames": ("import pandas as pd\ndef f():\n", "    x§ = pd.read_csv('a§')\n    y§ = x§.sum()\n", ""),
    "generators kept": (
        "class A:\n    def __init__(self):\n",
        "        self.g§ = self.run()\n",
        "    def run(self):\n        yield self\n",
    ),
    "globals": ("", "_x§ = None\ndef f§(v):\n    global _x§\n    _x§ = v\n", ""),
    "growing containers": ("C = {}\n", "def f§(k, v):\n    C[k] = v\n", ""),
    "keys by identity": ("C = {}\n", "def f§(k):\n    C[id(k)] = 1\n", ""),
    "lambdas kept": ("class A:\n    def __init__(self):\n", "        self.x§ = lambda: self.y§\n", ""),
    "local classes": ("def f():\n", "    class A§:\n        def m(self):\n            return A§\n", ""),
    "locals": ("def f(a):\n    x = a\n", "    x§ = g(a, x)\n", ""),
    "loops": ("def f(a):\n", "    for x in a:\n        y = x.read()\n", ""),
    "messages": ("import logging\nlog = logging.getLogger(__name__)\ndef f(a):\n", "    log.debug('%s' % a)\n", ""),
    "methods kept": (
        "class A:\n    def __init__(self):\n",
        "        self.x§ = self.m\n",
        "    def m(self):\n        pass\n",
    ),
    "methods": ("class A:\n", "    def m§(self, a):\n        self.x.append(a)\n        self.m§(a)\n", ""),
    "opened": ("", "def f§(a):\n    h = open(a)\n    return h.read()\n", ""),
    "opened inline": ("", "x§ = open('a').read()\n", ""),
    "processes": ("import subprocess\ndef f():\n", "    p§ = subprocess.Popen(['a'])\n    p§.kill()\n", ""),
    "raised": ("", "def f§(a):\n    e = ValueError()\n    raise e\n", ""),
    "records": ("from dataclasses import dataclass\n", "@dataclass\nclass A§:\n    x: list = None\n", ""),
    "recursive closures": ("def f():\n", "    def g§(x):\n        return g§(x - 1)\n", ""),
    "tasks": ("import asyncio\n", "async def g§(self):\n    await asyncio.create_task(g§())\n", ""),
    "tensors": (
        "import torch\n",
        "def f§(m, d):\n    losses = []\n    for x in d:\n        losses.append(m(x).sum())\n",
        "",
    ),
    "weak references": (
        "import weakref\nclass A:\n    def __init__(self, o):\n",
        "        self.r§ = weakref.ref(o.m§)\n",
        "",
    ),
}
"""What generated code, long tables and long tests are made of: the beginning, a part that comes § times, the end."""


def calls(text: str) -> int:
    """The function calls that a default run makes for a file."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    source, project = SourceFile("shop.py", text), Project()
    rules = [rule for rule in all_rules() if rule.default]
    sys.setprofile(note)
    try:
        lint(source, rules, project)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("shape", SHAPES)
def test_four_times_the_text_is_about_four_times_the_work(shape: str) -> None:
    head, part, tail = SHAPES[shape]
    calls(head + part.replace("§", "0") + tail)  # so that all is imported
    few, many = (
        calls(head + "".join(part.replace("§", str(each)) for each in range(count)) + tail) for count in (FEW, MANY)
    )
    assert many < MOST * few
