"""Wide classes: which attributes each instance surely has, and which calls make many that are kept."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def facts(code: str) -> Facts:
    source = SourceFile("example.py", code)
    return Facts(source, Tree(source, ast.parse(code)), Project())


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("self.a = self.b = x", "a b"),
        ("(self.a, self.b) = x", "a b"),
        ("self.a = x; self.reset()", "a r"),
        ("self.a: int", ""),
        ("if x: self.a = self.b = x\n        else: self.b = 1", "b"),
        ("for _ in x: self.a = x", ""),
        ("x.a = 1", ""),
    ],
)
def test_attributes_that_each_instance_has(body: str, names: str) -> None:
    read = facts(f"class A:\n    def __init__(self, x):\n        {body}\n    def reset(self): self.r = 1\n")
    (model,) = read.classes.models.values()
    assert read.wide.attributes(model) == set(names.split())


@pytest.mark.parametrize(
    ("code", "is_kept"),
    [
        ("x = [A() for _ in y]", True),
        ("x.extend(A() for _ in y)", True),
        ("for k in y: x[k] = A()", True),
        ("for k in y: a = A(); x.append(a)", True),
        ("for k in y: x['last'] = A()", False),
        ("for k in y: x.last = A()", False),
        ("for k in y: print(A())", False),
        ("x = [A() for _ in range(8)]", False),
        ("x.append(A())", False),
    ],
)
def test_instances_that_a_loop_makes_and_keeps(code: str, is_kept: bool) -> None:
    read = facts(f"class A: pass\ndef f(x, y):\n    {code}\n")
    (model,) = read.classes.models.values()
    assert any(map(read.wide.is_kept_in_number, read.wide.makers(model))) is is_kept
