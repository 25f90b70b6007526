"""Where an element of a container that holds one object everywhere is changed first, by line; the maker is line 1."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def write(source: str, element: str = "[]", is_mapping: bool = False) -> int | None:
    """The line of the first change to an element of what the name `make` in the source stands for."""
    text = dedent(source).strip()
    tree = Tree(SourceFile("example.py", text), ast.parse(text))
    made = next(node for node in ast.walk(tree.module) if isinstance(node, ast.Name) and node.id == "make")
    value = ast.parse(element, mode="eval").body
    by = Facts(tree.source, tree, Project()).elements.write(made, value, is_mapping=is_mapping)
    return getattr(by, "lineno", None)


@pytest.mark.parametrize(
    "source",
    [
        "x = make\nx[0].append(1)",
        "x = y = make\ny[0][1] = 2",
        "x = make or None\ndel x[0][1]",
        "x = make\nx[0] += [1]",
        "x = (y := make)\ny.pop().clear()",
        "a, b = make\na.append(b)",
        "x = make\n[r.append(1) for r in x]",
        "x = make\n[r.append(i) for i, (s, r) in enumerate(zip(t, x))]",
        "x = make\ndef f(): x[0].append(1)",
        "x = make\nx[0].sort(); x[0] = 1",
    ],
)
def test_a_change_is_found(source: str) -> None:
    assert write(source) == 2


@pytest.mark.parametrize(
    "source",
    [
        "x = make\nprint(x[0], len(x))",
        "x = make\nx[0] = []\nx[0].append(1)",
        "x = make\nwhile x:\n    x[0].append(1)\n    x[0] = []",
        "x = make\nx = [list(r) for r in x]\nx[0].append(1)",
        "x = make\nfor r in x:\n    r = []\n    r.append(1)",
        "x = make\nx += [[]]\nx[-1].append(1)",
        "a, b = make\na.append(1)",
        "x = make\nfor i, r in zip(x, y):\n    r.append(1)",
        "x = make\ndef f(): x[0] = []\ndef g(): x[0].append(1)",
        "x = make\nx = None\ndef f(): x[0].append(1)",
        "x = make\nfor k in x.values():\n    k.append(1)",
    ],
)
def test_no_change_or_none_that_is_certain(source: str) -> None:
    assert write(source) is None


@pytest.mark.parametrize(
    "source",
    [
        "d = make\nd[k].append(1)",
        "d = make\nd.get(k).append(1)",
        "d = make\nd.setdefault(k, []).append(1)",
        "d = make\n[v.append(1) for v in d.values()]",
        "d = make\n[v.append(1) for k, v in list(d.items())]",
    ],
)
def test_a_mapping_gives_its_values(source: str) -> None:
    assert write(source, is_mapping=True) == 2


def test_the_keys_of_a_mapping_are_no_elements() -> None:
    assert write("d = make\nfor k in d:\n    k.append(1)", is_mapping=True) is None


@pytest.mark.parametrize(
    ("element", "found"),
    [("[]", None), ("[[]]", 2), ("[a]", None), ("[[0] * 2] * 3", 2), ("{'a': []}", 2), ("new()", None)],
)
def test_deeper_changes_count_where_all_in_between_is_made_with_it(element: str, found: int | None) -> None:
    assert write("x = make\nx[0][1].append(2)", element) == found


@pytest.mark.parametrize(
    ("change", "found"), [("x[0].update(y)", None), ("x[0] += y", None), ("x[0].a = y", 2), ("x[0][1] = y", 2)]
)
def test_of_an_element_of_unknown_kind_only_stores_count(change: str, found: int | None) -> None:
    assert write(f"x = make\n{change}", "new()") == found
