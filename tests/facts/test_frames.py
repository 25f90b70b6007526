"""Which assignments grow a frame in a loop, and which images of tkinter are lost."""

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


@pytest.mark.parametrize(
    ("statement", "grows"),
    [
        ("x = pd.concat([x, part])", True),
        ("x = pd.concat((part, x)).reset_index()", True),
        ("x = x.append(part)", True),
        ("x.loc[len(x)] = part", True),
        ("x = pd.concat([x, part], axis=1)", False),
        ("x = pd.concat([x, part]).tail(3)", False),
        ("x.loc[part] = 1", False),
    ],
)
def test_grown(statement: str, grows: bool) -> None:
    facts = facts_of(f"import pandas as pd\nx = pd.DataFrame()\nfor part in open('parts'):\n    {statement}\n")
    assignments = [node for node in list(facts.tree.parents) if isinstance(node, ast.Assign)]
    assert any(facts.frames.grown(each) for each in assignments) is grows


@pytest.mark.parametrize(
    ("statement", "lost"),
    [
        ("label.config(image=photo)", True),
        ("label['image'] = photo", True),
        ("label.image = photo", False),
        ("label.config(image=photo); label.mainloop()", False),
        ("show(image=photo)", False),
    ],
)
def test_lost(statement: str, lost: bool) -> None:
    facts = facts_of(f"import tkinter\ndef show(label):\n    photo = tkinter.PhotoImage()\n    {statement}\n")
    calls = [node for node in list(facts.tree.parents) if isinstance(node, ast.Call)]
    assert any(facts.images.lost(call) for call in calls) is lost
