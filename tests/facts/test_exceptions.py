"""Where a handled exception is put, and whether it is still there at the end."""

from __future__ import annotations

import ast
from textwrap import indent

import pytest

from memlint.facts import Facts
from memlint.facts.exceptions import FUNCTIONS, Grip
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def facts_of(code: str) -> Facts:
    source = SourceFile("example.py", code)
    return Facts(source, Tree(source, ast.parse(code)), Project())


def places(handler: str) -> list[tuple[str, Grip, bool, bool]]:
    """Of each place in a function: the target, what it holds, whether inside of it, whether it is still there."""
    head = "import sys\ndef f(out):\n    try:\n        run()\n    except E as e:\n"
    facts = facts_of(head + indent(handler, "        "))
    function = next(node for node in ast.walk(facts.tree.module) if isinstance(node, FUNCTIONS))
    found = []
    for place in facts.exceptions.places(function):
        binding = facts.exceptions.local(place, function)
        is_kept = binding is not None and facts.exceptions.is_kept(place, function, binding)
        found.append((ast.unparse(place.target), place.grip, place.is_inside, is_kept))
    return found


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        ("x = e", [("x", Grip.EXCEPTION, False, True)]),
        ("x = e; del x", [("x", Grip.EXCEPTION, False, False)]),
        ("x = str(e)", []),
        ("x = e.args", []),
        ("x = e.with_traceback(None)", []),
        ("x = e and e.code", []),
        ("x = None or e", [("x", Grip.EXCEPTION, False, True)]),
        ("x = OSError(1, e)", [("x", Grip.EXCEPTION, False, True)]),
        ("x = (1, e)", [("x", Grip.EXCEPTION, True, True)]),
        ("x = e.__traceback__", [("x", Grip.TRACEBACK, False, True)]),
        ("x = sys.exc_info()", [("x", Grip.TRIPLE, False, True)]),
        ("x = sys.exc_info()[0]", []),
        ("x = sys.exc_info()[1]", [("x", Grip.EXCEPTION, False, True)]),
        ("a, b = sys.exc_info()[:2]", [("b", Grip.EXCEPTION, False, True)]),
        ("a, b, c = sys.exc_info()", [("b", Grip.EXCEPTION, False, True), ("c", Grip.TRACEBACK, False, True)]),
        ("x = e; out.x = x", [("x", Grip.EXCEPTION, False, True), ("out.x", Grip.EXCEPTION, False, False)]),
        ("out.append(e)", [("out", Grip.EXCEPTION, True, False)]),
        ("x = []; x.append((1, e))", [("x", Grip.EXCEPTION, True, True)]),
        ("x = e; x = None; return x", [("x", Grip.EXCEPTION, False, False)]),
        ("x = e; sys.exit(1)", [("x", Grip.EXCEPTION, False, False)]),
        ("x = e; raise", [("x", Grip.EXCEPTION, False, True)]),
        ("e = e.__cause__ or e; raise", [("e", Grip.EXCEPTION, False, False)]),
        ("try:\n    x = e; raise\nfinally:\n    x = None", [("x", Grip.EXCEPTION, False, False)]),
        ("def g():\n    x = e", []),
    ],
)
def test_places(handler: str, expected: list[tuple[str, Grip, bool, bool]]) -> None:
    assert places(handler) == expected


def test_the_bindings_that_a_jump_takes_along() -> None:
    facts = facts_of("def f():\n    x = 1\n    try:\n        raise x\n    finally:\n        x = 2\n")
    (function,) = facts.tree.module.body
    assert isinstance(function, ast.FunctionDef)
    jump = next(node for node in ast.walk(function) if isinstance(node, ast.Raise))
    flow = facts.flow(function)
    assert {node.lineno for node in flow.reaching_after(jump, "x") if isinstance(node, ast.Name)} == {2}
    assert {node.lineno for node in flow.reaching_exit("x") if isinstance(node, ast.Name)} == {6}
