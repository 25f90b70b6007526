"""Children of classes from elsewhere, and instances that are defaults."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def facts_of(code: str) -> Facts:
    return Facts(SourceFile("example.py", code), Tree(SourceFile("example.py", code), ast.parse(code)), Project())


@pytest.mark.parametrize(
    ("statement", "children"),
    [
        ("self.part = Part(self)", ["Part"]),
        ("self.part = parts.Part(1, owner=self)", ["parts.Part"]),
        ("self.parts = [Part(self)]", ["Part"]),
        ("self.part = part or Part(self)", ["Part"]),
        ("self.part = Part(self.name)", []),
        ("self.part = part_of(self)", []),
        ("self.part = PART(self)", []),
        ("part = Part(self)", []),
    ],
)
def test_children(statement: str, children: list[str]) -> None:
    facts = facts_of(f"from parts import Part\nclass C:\n    def __init__(self, part):\n        {statement}\n")
    model = next(iter(facts.classes.models.values()))
    assert [ast.unparse(child.call.func) for child in facts.children.of(model)] == children


@pytest.mark.parametrize(
    ("default", "is_made"),
    [
        ("Part()", True),
        ("np.zeros(3)", True),
        ("Path('a')", False),
        ("Depends(Part)", False),
        ("part_of()", False),
        ("[]", False),
        ("None", False),
    ],
)
def test_made_defaults(default: str, is_made: bool) -> None:
    imports = "import numpy as np\nfrom pathlib import Path\nfrom fastapi import Depends\nfrom parts import Part\n"
    facts = facts_of(f"{imports}def f(x={default}):\n    return x\n")
    function = next(node for node in facts.tree.parents if isinstance(node, ast.FunctionDef))
    assert bool(list(facts.made_defaults.of(function))) is is_made
