"""Which columns of a frame that is read from a file are used."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


@pytest.mark.parametrize(
    ("use", "columns"),
    [
        ("print(x['a'])", ("a",)),
        ("print(x[['a', 'b']], len(x))", ("a", "b")),
        ("print(x[x['a'] > 1]['b'])", ("b", "a")),
        ("print(x.loc[~x['a'].isna(), 'b'])", ("b", "a")),
        ("print(x.groupby('a')['b'].sum(), x.index)", ("a", "b")),
        ("print(x.dropna(subset=['a'])['b'])", ("a", "b")),
        ("print(x['a'], x['b'], x['c'], x['d'], x['e'])", None),
        ("print(x.dropna()['a'])", None),
        ("print(x.loc['a'])", None),
        ("print(x[a])", None),
        ("print(len(x))", None),
        ("x['a'] = x['b']", None),
        ("print(x['a'], x)", None),
    ],
)
def test_loaded(use: str, columns: tuple[str, ...] | None) -> None:
    source = SourceFile("a.py", f"import pandas as pd\ndef f(path, a):\n    x = pd.read_csv(path)\n    {use}\n")
    facts = Facts(source, Tree(source, ast.parse(source.text)), Project())
    found = [facts.columns.loaded(node) for node in facts.tree.parents if isinstance(node, ast.Call)]
    assert next((each.columns for each in found if each), None) == columns
