"""Lists that loops fill for a set alone."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

NESTED = (
    "def f(rows):\n    x = []\n    for row in rows:\n        for cell in row:\n            x.append(cell)\n    {end}\n"
)


def gathered(code: str) -> list[str]:
    """The names of the lists that are filled for a set alone."""
    source = SourceFile("example.py", code)
    facts = Facts(source, Tree(source, ast.parse(code)), Project())
    lists = [node for node in facts.tree.parents if isinstance(node, ast.List)]
    return [found.name.id for each in lists if (found := facts.gatherings.of(each))]


@pytest.mark.parametrize("end", ["return set(x)", "x = list(set(x))", "return sorted(frozenset(x))"])
def test_a_list_that_becomes_a_set(end: str) -> None:
    assert gathered(NESTED.format(end=end)) == ["x"]


@pytest.mark.parametrize("end", ["return x", "return set(x), len(x)", "return set(x, *x)", "return [set(x), set(x)]"])
def test_a_list_that_is_read_besides(end: str) -> None:
    assert gathered(NESTED.format(end=end)) == []
