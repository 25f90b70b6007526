"""What loops carry from turn to turn."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def carriers(code: str) -> list[int]:
    """The lines of the loops that carry what the last assignment to a plain name binds, innermost first."""
    source = SourceFile("example.py", code)
    module = ast.parse(code)
    facts = Facts(source, Tree(source, module), Project())
    *_, last = (node for node in ast.walk(module) if isinstance(node, (ast.Assign, ast.AugAssign)))
    target = last.targets[0] if isinstance(last, ast.Assign) else last.target
    assert isinstance(target, (ast.Name, ast.Attribute))
    return [loop.lineno for loop in facts.rebuilding.carriers(last, target)]


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        ("for x in y:\n    z = z + x", [1]),
        ("for x in y:\n    for w in x:\n        z += w", [2, 1]),
        ("for x in y:\n    z = 0\n    for w in x:\n        z += w", [3]),
        ("for x in y:\n    z += x\n    break", []),
        ("for x in y:\n    def f():\n        z += x", []),
        ("while y:\n    pass\nelse:\n    z += x", []),
        ("for x in y:\n    self.z += x", [1]),
        ("for x in y:\n    self.flush()\n    self.z += x", []),
    ],
)
def test_the_loops_that_carry_a_value_on(code: str, lines: list[int]) -> None:
    assert carriers(code) == lines
