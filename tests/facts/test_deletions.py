"""What holds the object of a deleted name all the same."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def holder(body: str) -> str | None:
    text = f"class Owner:\n    def work(self, make):\n        {body}\n"
    source = SourceFile.from_bytes("example.py", text.encode())
    facts = Facts(source, Tree(source, ast.parse(source.text)), Project())
    statement = next(node for node in ast.walk(facts.tree.module) if isinstance(node, ast.Delete))
    (name,) = (each for each in statement.targets if isinstance(each, ast.Name))
    found = facts.deletions.holder(name, statement)
    return found.text if found else None


@pytest.mark.parametrize(
    ("body", "held_by"),
    [
        ("x = self.model; del x", "self.model"),
        ("x = make(); self.model = x; del x", "self.model"),
        ("x = make(); y = [1]; y.append(x); del x; return y", "y"),
        ("y = make(); x = y; del x; return y", "y"),
    ],
)
def test_something_still_holds_it(body: str, held_by: str) -> None:
    assert holder(body) == held_by


@pytest.mark.parametrize(
    "body",
    [
        "x = make(); del x",
        "x = self.model; self.model = None; del x",
        "x = make(); y = [x]; del x",
        "y = make(); x = y; del x; y = 1; return y",
        "del make",
    ],
)
def test_nothing_does(body: str) -> None:
    assert holder(body) is None
