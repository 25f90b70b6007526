"""Defaults that are stored in attributes, and what becomes of them there."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

CLASS = "class A:\n    def __init__(self, x={default}):\n        {body}\n    def f(self):\n        {use}\n"


def escape_of(default: str, body: str, use: str) -> tuple[bool, bool]:
    """Whether a default escapes, and whether its class is seen to change it."""
    source = SourceFile("example.py", CLASS.format(default=default, body=body, use=use))
    facts = Facts(source, Tree(source, ast.parse(source.text)), Project())
    function = next(
        node for node in facts.tree.parents if isinstance(node, ast.FunctionDef) and node.name == "__init__"
    )
    found = facts.defaults.of(function)[0]
    escape = facts.defaults.escape(found)
    return escape is not None, bool(escape and facts.stored_defaults.change_through_self(found, escape))


@pytest.mark.parametrize(
    ("default", "body", "use", "expected"),
    [
        ("[]", "self.x = x", "return 1", (True, False)),
        ("[]", "self.x = x", "self.x.append(1)", (True, True)),
        ("('a', {})", "self.x = x", "return 1", (False, False)),
        ("('a', {})", "self.x = x", "self.x[1]['b'] = 2", (True, True)),
        ("('a', {})", "return x", "return 1", (False, False)),
        ("[]", "self.x = x; self.x = [*x]", "return 1", (False, False)),
        ("[]", "self.x = x; self.y = [*x]", "return 1", (True, False)),
    ],
)
def test_escape(default: str, body: str, use: str, expected: tuple[bool, bool]) -> None:
    assert escape_of(default, body, use) == expected
