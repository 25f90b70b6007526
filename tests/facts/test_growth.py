"""Containers that only grow: what fills them, what keeps them small, what comes from outside."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.growth_model import Home, Sort
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def facts(code: str) -> Facts:
    source = SourceFile("example.py", code)
    return Facts(source, Tree(source, ast.parse(code)), Project())


def endless(code: str, *homes: Home) -> list[str]:
    """The names of the containers that only grow."""
    return [each.name for each in facts(code).growths.of(*(homes or tuple(Home)))]


@pytest.mark.parametrize(
    ("made", "growth"),
    [
        ("{}", "x[k] = v"),
        ("{}", "x.setdefault(k, []).append(v)"),
        ("{}", "x.update(k)"),
        ("[]", "x.append(v)"),
        ("[]", "x.insert(0, v)"),
        ("set()", "x.add(k)"),
        ("set()", "y = x; y.add(k)"),
        ("__import__('collections').deque()", ""),
    ],
)
def test_growth_in_a_function(made: str, growth: str) -> None:
    code = f"x = {made}\ndef f(k, v):\n    {growth or 'x.append(v)'}\n"
    assert endless(code) == (["x"] if growth else [])


@pytest.mark.parametrize(
    "end",
    [
        "x.pop(1)",
        "del x[1]",
        "x.clear()",
        "return x",
        "g(x)",
        "if len(x) > 9: raise KeyError",
        "global x; x = {}",
        "self.x = x",
    ],
)
def test_what_keeps_a_container_small(end: str) -> None:
    assert endless(f"x = {{}}\ndef f(k, v):\n    x[k] = v\ndef h(self, g):\n    {end}\n") == []


@pytest.mark.parametrize("use", ["print(x)", "len(x)", "x.get(1)", "for k in x: print(k)", "x[1].clear()"])
def test_what_leaves_a_container_as_it_is(use: str) -> None:
    assert endless(f"x = {{}}\ndef f(k, v):\n    x[k] = v\ndef h():\n    {use}\n") == ["x"]


def test_attributes_of_instances_and_classes() -> None:
    code = (
        "class A:\n    c = {}\n    def __init__(self):\n        self.i = {}\n        self.j = []\n"
        "    def f(self, k):\n        self.i[k] = A.c[k] = 1\n        self.j.append(k)\n"
        "    def g(self):\n        self.j = []\n"
    )
    assert endless(code, Home.CLASS) == ["c"]
    assert endless(code, Home.INSTANCE) == ["i"]


def test_sorts() -> None:
    code = (
        "import threading, weakref\nlocks = {}\nrefs = []\ntalk = []\nplain = {}\n"
        "def f(k):\n    locks[k] = threading.Lock()\n"
        "    refs.append(weakref.ref(k))\n    talk.append({'role': 'user', 'content': k})\n    plain[k] = 1\n"
    )
    growths = facts(code).growths
    found = {each.name: growths.sort(each, each.growths[0]) for each in growths.of(Home.MODULE)}
    assert found == {"locks": Sort.LOCK, "refs": Sort.WEAK, "talk": Sort.MESSAGE, "plain": Sort.PLAIN}


@pytest.mark.parametrize(
    ("key", "is_open"),
    [
        ("url", True),
        ("request.user", True),
        ("(url, 1)", True),
        ("path", False),
        ("hash(name)", False),
        ("type(url)", False),
        ("name", False),
        ("module_path", False),
        ("'fixed'", False),
    ],
)
def test_origins(key: str, is_open: bool) -> None:
    code = f"x = {{}}\ndef f(url, path, request, name, module_path):\n    x[{key}] = 1\n"
    known = facts(code)
    (container,) = known.growths.of(Home.MODULE)
    assert known.growths.is_from_outside(container, container.growths[0]) is is_open


def test_a_path_is_endless_where_its_contents_are_put_in() -> None:
    code = "x = {}\ndef f(path):\n    text = open(path).read()\n    x[path] = text\n"
    known = facts(code)
    (container,) = known.growths.of(Home.MODULE)
    assert known.growths.is_from_outside(container, container.growths[0])


def test_what_runs_at_import() -> None:
    code = (
        "x = {}\ndef enter(path):\n    x[path] = 1\ndef more(path):\n    x[path] = 2\n"
        "enter('a')\nif __name__ == '__main__':\n    more('b')\n"
    )
    growths = facts(code).growths
    (container,) = growths.of(Home.MODULE)
    assert [growths.is_repeated(each) for each in container.growths] == [False, True]
