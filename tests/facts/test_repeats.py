"""What a loop works out anew in each turn."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def facts_of(code: str) -> Facts:
    source = SourceFile("example.py", code)
    return Facts(source, Tree(source, ast.parse(code)), Project())


@pytest.mark.parametrize(
    ("loop", "is_again"),
    [
        ("while rows: print(sorted(rows)[0])", True),
        ("for name in names: print(sorted(rows)[0])", True),
        ("for rows in tables: print(sorted(rows)[0])", False),
        ("while more: rows = more.pop(); print(sorted(rows)[0])", False),
        ("for name in names: print(sorted(read(rows))[0])", False),
        ("print(sorted(rows)[0])", False),
    ],
)
def test_a_loop_sorts_the_same_again(loop: str, is_again: bool) -> None:
    facts = facts_of(f"def work(rows, names, tables, more, read):\n    {loop}")
    calls = [node for node in ast.walk(facts.tree.module) if isinstance(node, ast.Call)]
    work = next(each for each in calls if ast.unparse(each.func) == "sorted")
    assert facts.repeats.is_again(work) is is_again


@pytest.mark.parametrize(
    ("loop", "is_by_turn", "is_hashable"),
    [
        ("for key in list({1: 2}.keys()): print(key in list(table))", False, True),
        ("for key in set(names): print(key in list(table))", True, True),
        ("for key in names: print(key in list(table))", True, False),
        ("for key in names: print(key in list(TABLE))", False, False),
        ("for key in names: key = 1; print(key in list(table))", False, False),
        ("print([key for key in names if key in list(table)])", True, False),
        ("print('name' in list(table))", False, True),
        ("print(f'{names}' in list(table))", False, True),
    ],
)
def test_a_loop_looks_its_elements_up(loop: str, is_by_turn: bool, is_hashable: bool) -> None:
    facts = facts_of(f"def work(names, table):\n    {loop}")
    compared = next(node for node in ast.walk(facts.tree.module) if isinstance(node, ast.Compare))
    table = compared.comparators[0]
    assert isinstance(table, ast.Call)
    assert facts.repeats.is_looked_up_by_turn(compared.left, table.args[0]) is is_by_turn
    assert facts.repeats.is_hashable(compared.left) is is_hashable
