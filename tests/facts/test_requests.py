"""Models loaded again and again, hooks whose handle is gone, and functions that are traced anew."""

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


def calls(facts: Facts) -> list[ast.Call]:
    return [node for node in facts.tree.parents if isinstance(node, ast.Call)]


@pytest.mark.parametrize(
    ("expression", "same"),
    [("a + self.b", True), ("str(a)", True), ("x", False), ("self.c", False), ("next(a)", False), ("[a, x]", False)],
)
def test_what_is_the_same_at_each_turn(expression: str, same: bool) -> None:
    facts = facts_of(f"for x in y:\n    self.c = ({expression})\n")
    loop = facts.tree.module.body[0]
    assert isinstance(loop, ast.For)
    statement = loop.body[0]
    assert isinstance(statement, ast.Assign)
    assert facts.invariance.is_same(statement.value, loop) is same


@pytest.mark.parametrize(
    ("statement", "loads"),
    [
        ("m = spacy.load('en')", True),
        ("m = spacy.load(x)", False),
        ("cache[x] = spacy.load('en')", False),
        ("if m is None: m = spacy.load('en')", False),
        ("m = spacy.blank('en')", False),
    ],
)
def test_load(statement: str, loads: bool) -> None:
    facts = facts_of(f"import spacy\nfor x in y:\n    {statement}\n")
    assert any(map(facts.models.load, calls(facts))) is loads


@pytest.mark.parametrize(
    ("statement", "is_dropped"),
    [
        ("m.register_forward_hook(f)", True),
        ("m.a.register_forward_hook(f)", True),
        ("h = m.register_forward_hook(f)", True),
        ("hs.append(m.register_forward_hook(f))", False),
        ("n = Net(); n.register_forward_hook(f)", False),
    ],
)
def test_dropped(statement: str, is_dropped: bool) -> None:
    facts = facts_of(f"def g(m, x):\n    {statement}\n    return m(x)\n")
    assert any(map(facts.hooks.dropped, calls(facts))) is is_dropped


@pytest.mark.parametrize(
    ("call", "is_retraced"),
    [
        ("jax.jit(lambda a: a)", True),
        ("jax.jit(lambda a: a + x)", False),
        ("jax.jit(f)", False),
        ("tf.function(f)", True),
        ("tf.function(x)", False),
    ],
)
def test_retraced(call: str, is_retraced: bool) -> None:
    facts = facts_of(f"import jax\nimport tensorflow as tf\nfor x in y:\n    {call}\n")
    assert any(map(facts.tracing.retraced, calls(facts))) is is_retraced
