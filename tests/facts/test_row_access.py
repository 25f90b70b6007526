"""Which rows of frames are read by their columns, and which arrays go through Python objects."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def facts_of(code: str) -> Facts:
    source = SourceFile("a.py", code)
    return Facts(source, Tree(source, ast.parse(code)), Project())


@pytest.mark.parametrize(
    ("code", "columns"),
    [
        ("for _, row in x.iterrows(): print(row['a'], row.b)", ("a", "b")),
        ("for _, row in x.iterrows(): print(row)", None),
        ("for _, row in x.head(3).iterrows(): print(row.a)", None),
        ("for row in x.to_dict('records'): print(row['a'])", ("a",)),
        ("x.apply(lambda row: row.a, axis=1)", ("a",)),
        ("x.apply(lambda row: row.a)", None),
    ],
)
def test_rows(code: str, columns: tuple[str, ...] | None) -> None:
    facts = facts_of(f"import pandas\n{code}\n")
    found = [facts.row_access.of(node) for node in facts.tree.parents if isinstance(node, ast.Call)]
    assert next((each.columns for each in found if each), None) == columns


@pytest.mark.parametrize(
    ("code", "goes_through"),
    [
        ("sum(np.zeros(n))", True),
        ("sum(np.zeros(n).tolist())", True),
        ("sum(np.array([1, 2]))", False),
        ("np.array(list(range(n)))", True),
        ("np.array(range(ndim))", False),
        ("sum(n)", False),
    ],
)
def test_reductions(code: str, goes_through: bool) -> None:
    facts = facts_of(f"import numpy as np\n{code}\n")
    calls = [node for node in facts.tree.parents if isinstance(node, ast.Call)]
    reductions = facts.reductions
    assert any(reductions.reduced(call) or reductions.counted(call) for call in calls) is goes_through


@pytest.mark.parametrize(
    ("code", "is_short"),
    [
        ("if len(t) > MOST:\n    pass\nelse:\n    x = numpy.array(range(len(t)))", True),
        ("if len(t) < MOST:\n    x = numpy.array(range(len(t)))", True),
        ("if len(t) > MOST:\n    x = numpy.array(range(len(t)))", False),
        ("if len(u) < MOST:\n    x = numpy.array(range(len(t)))", False),
    ],
)
def test_a_range_in_the_branch_for_what_is_short(code: str, is_short: bool) -> None:
    facts = facts_of("import numpy\n" + code)
    calls = [node for node in facts.tree.parents if isinstance(node, ast.Call)]
    made = [(call, counted) for call in calls if (counted := facts.reductions.counted(call))]
    assert [facts.reductions.is_below_limit(*each) for each in made] == [is_short]
