"""What is done to a new object, and to what it holds."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def facts_of(body: str) -> Facts:
    text = "import copy\nimport numpy as np\n\n\ndef f(x, y):\n" + "".join(f"    {line}\n" for line in body.split("; "))
    source = SourceFile("a.py", text)
    return Facts(source, Tree(source, ast.parse(text)), Project())


def calls(facts: Facts) -> list[ast.Call]:
    return [node for node in ast.walk(facts.tree.module) if isinstance(node, ast.Call)]


@pytest.mark.parametrize(
    ("body", "touched"),
    [
        ("c = make(x); print(c['a'])", []),
        ("c = make(x); c['a'] = 1", [("changed", 0)]),
        ("c = make(x); c['a']['b'] = 1", [("changed", 1)]),
        ("c = make(x); c.pop('a')", [("changed", 0)]),
        ("c = make(x); c.get('a').append(y)", [("changed", 1)]),
        ("c = [make(y)]; return c", [("handed on", -1)]),
        ("for c in make(x): del c['a']", [("changed", 1)]),
        ("for c in [make(y)]: del c['a']", [("changed", 0)]),
        ("c = make(x); return c['a']", [("handed on", 1)]),
        ("c = make(x); c.name = y", [("has an attribute set", 0)]),
        ("c = make(x); c.run()", [("used by unknown code", 0)]),
        ("assert make(x) is y", [("used by unknown code", 0)]),
    ],
)
def test_deeds_have_a_level(body: str, touched: list[tuple[str, int]]) -> None:
    facts = facts_of(body)
    made = next(call for call in calls(facts) if getattr(call.func, "id", "") == "make")
    assert [(each.deed.value, each.depth) for each in facts.reading.touches(made)] == touched


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("return copy.deepcopy('a')", "immutable"),
        ("return copy.deepcopy([1, 2])", "flat"),
        ("return copy.deepcopy([[1], [2]])", "fresh"),
        ("c = copy.deepcopy(x); return sum(c)", "read"),
        ("c = copy.deepcopy(x); c.pop('a'); return c == y", "top"),
        ("c = copy.deepcopy(x); c['a'].pop(); return c == y", None),
        ("return copy.deepcopy(x)", None),
    ],
)
def test_a_deep_copy_is_needless_for_a_reason(body: str, why: str | None) -> None:
    facts = facts_of(body)
    found = [each.why.value for call in calls(facts) if (each := facts.copies.needless(call))]
    assert found == ([why] if why else [])


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("return np.ones(3).copy()", "new"),
        ("return np.array(x).flatten()", "new"),
        ("return np.ones(3, dtype=y).astype(y)", "same"),
        ("return np.asarray(x).flatten().sum()", "read"),
        ("return np.asarray(x).copy()", None),
    ],
)
def test_a_copy_of_an_array_is_redundant_for_a_reason(body: str, why: str | None) -> None:
    facts = facts_of(body)
    found = [each.why.value for call in calls(facts) if (each := facts.array_copies.redundant(call))]
    assert found == ([why] if why else [])


@pytest.mark.parametrize(
    ("body", "is_needless"),
    [
        ("c = [x]; return sorted(list(c))", True),
        ("c = {x: y}; return [z() for z in list(c.values())]", True),
        ("c = {x: y}; return [c.pop(z) for z in list(c)]", False),
        ("return sorted(list(x))", False),
    ],
)
def test_a_copy_is_iterated_in_vain_where_nothing_changes_the_original(body: str, is_needless: bool) -> None:
    facts = facts_of(body)
    assert any(facts.iterated_copies.needless(call) for call in calls(facts)) is is_needless
