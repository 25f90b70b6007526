"""What grows by being copied, and what is taken from the front."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def facts_of(code: str) -> tuple[Facts, ast.Module]:
    source = SourceFile("example.py", code)
    module = ast.parse(code)
    return Facts(source, Tree(source, module), Project()), module


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("z = b''\nfor x in y:\n    z += x", ("bytes", "+=")),
        ("z = b''\nfor x in y:\n    z += x\n    z = b''", None),
        ("z = 0\nfor x in y:\n    z += x", None),
        ("z = []\nfor x in range(y):\n    z = z + [x]", ("list", "+")),
        ("z = []\nfor x in y:\n    z = z + [x]", None),
        ("z = set()\nwhile y:\n    z = z | y()", ("set", "|")),
        ("import numpy\nz = numpy.zeros((0, 3))\nfor x in y:\n    z = numpy.vstack([z, x])", ("table", "numpy.vstack")),
        ("import numpy\nz = numpy.ones(3)\nfor x in y:\n    z = numpy.vstack([z, x])", None),
        ("z = b''\nfor x in y:\n    z += x\n    show(z)", None),
    ],
)
def test_what_a_loop_copies_to_add_to_it(code: str, found: tuple[str, str] | None) -> None:
    facts, module = facts_of(code)
    statements = [node for node in ast.walk(module) if isinstance(node, (ast.Assign, ast.AugAssign))]
    growths = [growth for each in statements if (growth := facts.accumulation.growth(each))]
    assert [(growth.kind, growth.by) for growth in growths] == ([found] if found else [])


@pytest.mark.parametrize(
    ("code", "is_doubtful"),
    [
        ("z = b''\nwhile x := y.recv(9):\n    z += x", False),
        ("z = b''\nwhile (x := y.read(1)) != b':':\n    z += x", True),
        ("z = b''\nwhile len(z) < n:\n    z += y()", True),
        ("z = b''\nwhile y and (n is None or len(z) < n):\n    z += y()", False),
        ("z = b''\nwhile n > 0:\n    z += y()\n    n -= 4", True),
        ("z = b''\nfor x in y:\n    if len(z) + len(x) > MOST:\n        raise E\n    z += x", True),
        ("z = b''\nfor x in y.items():\n    for w in x:\n        z += w", True),
        ("y = []\ny.append(x)\nz = b''\nfor x in y:\n    z += x", True),
        ("import numpy\nz = numpy.empty(0)\nfor x in y.selected_data:\n    z = numpy.append(z, x)", True),
        ("import numpy\nz = numpy.empty(0)\nfor x in y.data:\n    z = numpy.append(z, x)", False),
        ("z = set()\nwhile y:\n    z = z | y()", True),
        ("z = []\nfor x in range(y):\n    z = z + [x]", False),
    ],
)
def test_parts_that_may_be_few(code: str, is_doubtful: bool) -> None:
    facts, module = facts_of(code)
    statements = [node for node in ast.walk(module) if isinstance(node, (ast.Assign, ast.AugAssign))]
    growths = [growth for each in statements if (growth := facts.accumulation.growth(each))]
    assert [growth.is_doubtful for growth in growths] == [is_doubtful]


@pytest.mark.parametrize(
    ("code", "is_found"),
    [
        ("q = [x]\nwhile q:\n    q.extend(q.pop(0).y)", True),
        ("q = [x]\nwhile q:\n    q.append(q.pop(0).y)", False),
        ("q = x.splitlines()\nwhile q:\n    q.pop(0)", True),
        ("q = x.splitlines()\nwhile q[0]:\n    q.pop(0)", False),
        ("q = []\nwhile len(q) > n:\n    q += x\n    del q[0]", False),
        ("q = []\nfor x in range(n):\n    q.insert(0, x)", True),
        ("q = {0: [x]}\nwhile q:\n    q.pop(0)", False),
    ],
)
def test_a_list_that_is_shifted_as_a_queue(code: str, is_found: bool) -> None:
    facts, module = facts_of(code)
    nodes = [node for node in ast.walk(module) if isinstance(node, (ast.Call, ast.Delete))]
    assert any(facts.fronts.shifted(node) for node in nodes) is is_found


@pytest.mark.parametrize(
    ("code", "is_pending"),
    [
        ("z = bytes(y)\nwhile z:\n    z = z[4:]", False),
        ("z = b''\nfor x in y:\n    z += x\n    while z:\n        z = z[4:]", False),
        ("z = b''\nfor x in y:\n    z += x\n    z = z[-9:]\n    while z:\n        z = z[4:]", True),
        ("async def f(y):\n z = b''\n async for x in y:\n  z += x\n  while z:\n   z = z[4:]", True),
    ],
)
def test_a_buffer_of_little_more_than_came_last(code: str, is_pending: bool) -> None:
    facts, module = facts_of(code)
    cut = [node for node in ast.walk(module) if isinstance(node, ast.Assign) and "4:" in ast.unparse(node)]
    fronts = [(each, front) for each in cut if (front := facts.fronts.advanced(each, frozenset({"bytes"})))]
    assert [facts.fronts.is_pending(*each) for each in fronts] == [is_pending]
