"""What becomes of values, where the answer once took for ever."""

from __future__ import annotations

import ast

from memlint.facts import Facts
from memlint.facts.escape import Role
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def roles(code: str, name: str) -> set[Role]:
    source = SourceFile("example.py", code)
    facts = Facts(source, Tree(source, ast.parse(code)), Project())
    return {fate.role for fate in facts.escape.fates(facts.names.module.bindings[name])}


def test_a_loop_over_its_own_variable_comes_to_an_end() -> None:
    assert Role.MUTATED in roles("x = [[1]]\nfor x in x:\n    x.append(1)\n", "x")


def test_two_loops_over_each_other_come_to_an_end() -> None:
    assert Role.READ in roles("a = b = []\nfor a in b:\n    for b in a:\n        print(b)\n", "b")
