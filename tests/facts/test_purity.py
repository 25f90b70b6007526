"""What code does besides giving a value."""

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
    ("expression", "is_pure"),
    [
        ("a.b[c] + len(d)", True),
        ("line.strip().split(',')", True),
        ("isinstance(a, (int, str)) and a < 3", True),
        ("next(a)", False),
        ("a()", False),
        ("a.send(b)", False),
        ("(b := a)", False),
        ("sorted(a, key=b)", False),
        ("dict(**a)", False),
        ("lambda: a", False),
        ("[(yield a)]", False),
    ],
)
def test_pure(expression: str, is_pure: bool) -> None:
    facts, module = facts_of(f"def f():\n    {expression}")
    (statement,) = module.body[0].body  # type: ignore[attr-defined]
    assert facts.purity.is_pure(statement.value) is is_pure


@pytest.mark.parametrize(
    ("before", "body", "is_confined"),
    [
        ("n = 0", "n += 1", True),
        ("", "n += 1", False),
        ("rows = []", "rows.append(line)", True),
        ("rows = []", "rows += [line]", True),
        ("rows = {}", "rows[line] = 1", True),
        ("rows = {}", "rows.setdefault(line, []).append(1)", True),
        ("rows = []; self.rows = rows", "rows.append(line)", False),
        ("rows = self.rows = []", "rows.append(line)", False),
        ("rows = vars(self)", "rows[line] = 1", False),
        ("rows = self.rows", "rows.append(line)", False),
        ("", "self.last = line", False),
        ("global last", "last = line", False),
        ("", "print(line)", False),
        ("", "yield line", False),
        ("", "return int(line)", True),
        ("", "raise ValueError(line)", True),
        ("", "import os", False),
    ],
)
def test_confined(before: str, body: str, is_confined: bool) -> None:
    facts, module = facts_of(f"def f(self, lines):\n    {before or 'pass'}\n    for line in lines:\n        {body}")
    loop = module.body[0].body[-1]  # type: ignore[attr-defined]
    assert facts.purity.is_confined([loop.target, *loop.body], loop) is is_confined
