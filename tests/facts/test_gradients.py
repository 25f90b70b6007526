"""Where graphs of gradients are recorded in vain, kept, or retained."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def facts_of(body: str) -> Facts:
    source = SourceFile("a.py", "import torch\ndef run(model, loader, kept, x):\n" + body)
    return Facts(source, Tree(source, ast.parse(source.text)), Project())


@pytest.mark.parametrize(
    ("body", "wasted"),
    [
        ("    model.eval()\n    print(model(x).item())", True),
        ("    model.eval()\n    return model(x)", False),
        ("    model.eval()\n    with torch.no_grad():\n        print(model(x).item())", False),
        ("    model.eval()\n    model(x).backward()", False),
        ("    print(model(x).item())", False),
    ],
)
def test_wasted(body: str, wasted: bool) -> None:
    facts = facts_of(body)
    function = facts.tree.module.body[1]
    assert isinstance(function, ast.FunctionDef)
    assert (facts.outputs.wasted(function) is not None) is wasted


@pytest.mark.parametrize(
    ("statement", "keeps"),
    [
        ("kept.append(model(x))", True),
        ("kept = torch.cat((kept, model(x)))", True),
        ("kept.append(model(x).detach())", False),
        ("kept.append(model(x).argmax())", False),
    ],
)
def test_kept_outputs(statement: str, keeps: bool) -> None:
    facts = facts_of(f"    model.eval()\n    for x in loader:\n        {statement}")
    assert any(facts.outputs.kept(node) for node in list(facts.tree.parents)) is keeps


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("    loss = model(x)\n    loss.backward(retain_graph=True)", True),
        ("    loss = model(x)\n    loss.backward(retain_graph=False)", False),
        ("    loss = model(x)\n    loss.backward(retain_graph=True)\n    loss.backward()", False),
        ("    x.backward(retain_graph=True)", False),
    ],
)
def test_retained(body: str, told: bool) -> None:
    facts = facts_of(body)
    calls = [node for node in list(facts.tree.parents) if isinstance(node, ast.Call)]
    assert any(facts.gradients.retained(call) for call in calls) is told
