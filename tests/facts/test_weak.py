"""What is referenced weakly, connected to signals, kept by the collector, and given slots."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def facts(code: str) -> Facts:
    source = SourceFile("example.py", code)
    return Facts(source, Tree(source, ast.parse(source.text)), Project())


def calls(known: Facts) -> list[ast.Call]:
    return [node for node in ast.walk(known.tree.module) if isinstance(node, ast.Call)]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("weakref.ref(x)", ["x"]),
        ("weakref.proxy(x, y)", ["x"]),
        ("weakref.WeakSet([x, y])", ["x", "y"]),
        ("s = weakref.WeakSet(); s.add(x)", ["x"]),
        ("s = weakref.WeakKeyDictionary(); s[x] = y", ["x"]),
        ("s = weakref.WeakValueDictionary(); s.setdefault(x, y)", ["y"]),
        ("s = weakref.WeakValueDictionary(); z = s.setdefault(x, y)", []),
        ("s = weakref.WeakSet(); s = set(); s.add(x)", []),
        ("s = {}; s[x] = y", []),
    ],
)
def test_weak(code: str, expected: list[str]) -> None:
    known = facts(f"import weakref\n{code}")
    found = [ast.unparse(each.value) for node in ast.walk(known.tree.module) for each in known.weak.of(node)]
    assert found == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("lambda: 0", "a lambda"),
        ("partial(print)", "a new `partial`"),
        ("Plain()", "a new `Plain`"),
        ("Handed()", ""),
        ("Foreign()", ""),
        ("make()", ""),
    ],
)
def test_temporary(value: str, expected: str) -> None:
    known = facts(
        "from functools import partial\nfrom a import Base\n"
        "class Plain:\n    def __init__(self): self.x = 1\n"
        "class Handed:\n    def __init__(self): ALL.append(self)\n"
        f"class Foreign(Base): ...\n({value})"
    )
    statement = known.tree.module.body[-1]
    assert isinstance(statement, ast.Expr)
    assert known.weak.temporary(statement.value) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("post_save.connect(lambda **k: 0)", "a lambda"),
        ("def f():\n    def g(**k): ...\n    post_save.connect(g)", "the local function `g`"),
        ("def f():\n    def g(**k): ...\n    post_save.connect(g)\n    run()", None),
        ("def g(**k): ...\npost_save.connect(g)", None),
        ("other.connect(lambda **k: 0)", None),
    ],
)
def test_lost_receiver(code: str, expected: str | None) -> None:
    known = facts(f"from django.db.models.signals import post_save\nfrom a import other\n{code}")
    found = [lost.what for call in calls(known) if (lost := known.signals.lost(call))]
    assert found == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def f(run):\n    gc.disable()\n    run()\n    gc.enable()", 1),
        ("def f():\n    gc.disable()\n    run()\n    gc.enable()", 0),
        ("def f():\n    gc.disable()\n    try: run()\n    finally: gc.enable()", 0),
        ("def f():\n    gc.disable()\n    run()", 0),
        ("gc.disable()\nrun()\ngc.enable()", 0),
    ],
)
def test_left_off(code: str, expected: int) -> None:
    known = facts(f"import gc\n{code}")
    assert sum(known.collector.left_off(call) is not None for call in calls(known)) == expected


@pytest.mark.parametrize(
    ("bases", "expected"),
    [("Open", "Open"), ("Closed", None), ("Closed, Open", "Open"), ("ValueError", None), ("Foreign", None)],
)
def test_useless_slots(bases: str, expected: str | None) -> None:
    known = facts(
        "from a import Foreign\nclass Open: ...\nclass Closed:\n    __slots__ = ()\n"
        f"class Row({bases}):\n    __slots__ = ('x',)"
    )
    model = max(known.classes.models.values(), key=lambda each: each.node.lineno)
    found = known.slots.useless(model)
    assert (found.bases[0].node.name if found else None) == expected


@pytest.mark.parametrize(
    ("made", "is_of_module"),
    [
        ("ROOM = Room()", True),
        ("def room():\n    global ROOM\n    ROOM = Room()", True),
        ("def room():\n    return Room()", False),
        ("ROOM = Room()\ndef room():\n    here = Room()", False),
        ("class House(Room): pass", False),
    ],
)
def test_is_of_module(made: str, is_of_module: bool) -> None:
    known = facts(f"class Room:\n    def open(self): return self\n{made}\n")
    (value,) = (node.value for node in ast.walk(known.tree.module) if isinstance(node, ast.Return) and is_self(node))
    assert value is not None
    assert known.weak.is_of_module(value) is is_of_module


def is_self(node: ast.Return) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "self"
