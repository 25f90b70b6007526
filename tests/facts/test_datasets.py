"""Which data sets of torch are copied into the workers of their loader."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def copied(stored: str, asked: str = "self.x[index]", call: str = "DataLoader(Own(path), num_workers=2)") -> str | None:
    code = (
        "import csv, glob, json\n"
        "from torch.utils.data import DataLoader, Dataset\n"
        "class Own(Dataset):\n"
        f"    def __init__(self, path):\n        with open(path) as file:\n            self.x = {stored}\n"
        f"    def __getitem__(self, index):\n        return {asked}\n"
        f"def load(path, count=0):\n    own = Own(path)\n    return {call}\n"
    )
    source = SourceFile("a.py", code)
    facts = Facts(source, Tree(source, ast.parse(code)), Project())
    found = [facts.datasets.copied(node) for node in list(facts.tree.parents) if isinstance(node, ast.Call)]
    return next((each.store.attribute for each in found if each), None)


@pytest.mark.parametrize(
    ("stored", "is_copied"),
    [
        ("[line.split() for line in file]", True),
        ("{number: row for number, row in enumerate(csv.reader(file))}", True),
        ("json.load(file)", True),
        ("json.load(file)['items']", True),
        ("file.readlines()", True),
        ("list(file)", True),
        ("sorted(glob.glob(path))", True),
        ("file", False),
        ("[line for line in path]", False),
        ("['a', 'b']", False),
        ("file.read()", False),
    ],
)
def test_what_is_stored(stored: str, is_copied: bool) -> None:
    assert (copied(stored) == "x") is is_copied


@pytest.mark.parametrize(
    ("asked", "is_copied"), [("self.x[index]['a']", True), ("self.x['a']", False), ("index", False)]
)
def test_how_it_is_asked_for(asked: str, is_copied: bool) -> None:
    assert (copied("json.load(file)", asked) == "x") is is_copied


@pytest.mark.parametrize(
    ("call", "is_copied"),
    [
        ("DataLoader(own, num_workers=path.workers)", True),
        ("DataLoader(dataset=own, num_workers=4)", True),
        ("DataLoader(own)", False),
        ("DataLoader(own, num_workers=0)", False),
        ("DataLoader(own, num_workers=count)", False),
        ("DataLoader(path, num_workers=2)", False),
    ],
)
def test_the_loader(call: str, is_copied: bool) -> None:
    assert (copied("json.load(file)", call=call) == "x") is is_copied
