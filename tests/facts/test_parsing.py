"""Loops over parsers that keep their tree."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

HEAD = "import xml.etree.ElementTree as ET\n"


def kept(code: str) -> str:
    """What the parser of the last loop is kept by, as source; empty where it is not."""
    source = SourceFile("example.py", HEAD + code)
    module = ast.parse(HEAD + code)
    facts = Facts(source, Tree(source, module), Project())
    *_, loop = (node for node in ast.walk(module) if isinstance(node, (ast.For, ast.comprehension)))
    found = facts.parsing.kept(loop)
    return ast.unparse(found.call) if found else ""


@pytest.mark.parametrize(
    "loop",
    [
        "for _, e in ET.iterparse(p): print(e.tag)",
        "for n, (_, e) in enumerate(ET.iterparse(p)): print(e.tag)",
        "[e.text for _, e in iter(ET.iterparse(p))]",
    ],
)
def test_a_loop_that_frees_nothing_keeps_the_tree(loop: str) -> None:
    assert kept(loop) == "ET.iterparse(p)"


@pytest.mark.parametrize(
    "loop",
    [
        "for _, e in ET.iterparse(p): e.clear()",
        "for _, e in ET.iterparse(p): found.append(e)",
        "for _, e in ET.iterparse(p, ['start-ns']): print(e)",
        "for _, e in ET.iterparse(p):\n    if e: break",
        "for e in ET.iterparse(p): print(e)",
        "i = ET.iterparse(p)\nfor _, e in i: print(e.tag)\nprint(i.root)",
        "[e for _, e in ET.iterparse(p)]",
    ],
)
def test_a_loop_that_frees_stops_or_wants_the_tree_does_not(loop: str) -> None:
    assert kept(loop) == ""
