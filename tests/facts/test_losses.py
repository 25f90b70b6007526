"""Which statements keep a loss with its graph."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

LOOP = """
import torch
def train(model, loader, total, losses):
    for x in loader:
        loss = model(x)
        loss.backward()
        {}
"""


def facts_of(code: str) -> Facts:
    source = SourceFile("a.py", code)
    return Facts(source, Tree(source, ast.parse(code)), Project())


@pytest.mark.parametrize(
    ("statement", "kept"),
    [
        ("total += loss", "total"),
        ("total = loss + total", "total"),
        ("losses.append({'loss': loss / 2})", "losses"),
        ("total += loss.mean()", "total"),
        ("total += loss.item()", None),
        ("total += len(loss)", None),
        ("total -= loss", None),
    ],
)
def test_kept(statement: str, kept: str | None) -> None:
    facts = facts_of(LOOP.format(statement))
    found = [each for node in list(facts.tree.parents) if (each := facts.losses.kept(node))]
    assert [ast.unparse(each.holder) for each in found] == ([kept] if kept else [])


@pytest.mark.parametrize(
    ("code", "framework", "uses"),
    [
        ("import torch.nn as nn", "torch", True),
        ("from matplotlib import pyplot", "pyplot", True),
        ("from .torch import nn", "torch", False),
        ("import torchlight", "torch", False),
    ],
)
def test_frameworks(code: str, framework: str, uses: bool) -> None:
    assert facts_of(code).frameworks.uses(framework) is uses
