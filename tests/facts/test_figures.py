"""Which figures of pyplot are left open."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("fig = plt.figure(); fig.savefig(p)", 1),
        ("plt.figure(); plt.savefig(p)", 1),
        ("fig, ax = plt.subplots(); ax.get_figure().savefig(p)", 1),
        ("fig = plt.figure(3); fig.savefig(p)", 0),
        ("fig = plt.figure(); fig.savefig(p); plt.close()", 0),
        ("fig = plt.figure(); fig.savefig(p); plt.show()", 0),
        ("fig = plt.figure(); p.savefig(p)", 0),
        ("fig = plt.figure(); fig.savefig(p); p.log(fig)", 0),
    ],
)
def test_left_open(body: str, count: int) -> None:
    source = SourceFile("a.py", f"import matplotlib.pyplot as plt\ndef plot(p):\n    {body}\n")
    facts = Facts(source, Tree(source, ast.parse(source.text)), Project())
    calls = [node for node in list(facts.tree.parents) if isinstance(node, ast.Call)]
    assert sum(facts.figures.left_open(call) is not None for call in calls) == count
