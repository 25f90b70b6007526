"""Whether an instance may be in other cycles than the one that an attribute closes."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

CLASS = """
    class Session(Base):
        def __init__(self, peer):
            self.check = self.check_range
"""

ALONE = {
    "nothing else": "",
    "looked at": "    def show(self):\n        print(self, len(self), isinstance(self, Base))\n",
    "of a base": "    def end(self):\n        Base.end(self)\n        super().end()\n",
    "a method called": "    def open(self):\n        register(self.end())\n    def end(self):\n        ...\n",
    "an attribute given": "    def open(self):\n        register(self.size)\n",
    "a weak reference": "    def link(self, peer):\n        peer.back = weakref.ref(self)\n",
    "another cycle of its own": "    def open(self):\n        self.root = self\n",
    "another method of its own": "    def open(self):\n        self.check = self.check_all\n",
    "made with others": "def open(peer):\n    return Session(peer)\n",
}

TOGETHER = {
    "given to a call": "    def open(self):\n        register(self)\n",
    "a method given to a call": "    def open(self):\n        register(self.end)\n    def end(self):\n        ...\n",
    "given by name": "    def open(self):\n        self.child = Child(parent=self)\n",
    "stored elsewhere": "    def link(self, peer):\n        peer.back = self\n",
    "put into a table": "    def link(self, peer):\n        peer.links[0] = self\n",
    "made by its parent": "class Hub:\n    def open(self):\n        self.session = Session(self)\n",
    "set to something else": "    def close(self, other):\n        self.check = other\n",
}


def is_in_others(more: str) -> bool:
    source = SourceFile("session.py", "import weakref\n" + dedent(CLASS) + "\n" + more)
    facts = Facts(source, Tree(source, ast.parse(source.text)), Project())
    model = next(each for each in facts.classes.models.values() if each.node.name == "Session")
    return facts.company.is_in_others(model, model.stores[0]) or facts.company.is_made_by_parent(model)


CHILDREN = {
    "made with a parent": ("class Node:\n    def __init__(self, parent): ...\n", True),
    "stored by another": (
        "class Node:\n    def __init__(self):\n        self.tree = None\n\n\n"
        "class Tree:\n    def add(self, node):\n        node.tree = self\n",
        True,
    ),
    "stored in another": (
        "class Node:\n    def __init__(self):\n        self.tree = None\n\n\n"
        "class Tree:\n    def add(self, node):\n        node.other = self\n",
        False,
    ),
    "given its own": ("class Node:\n    def link(self, node):\n        node.link = self\n", False),
}


@pytest.mark.parametrize("case", CHILDREN)
def test_children(case: str) -> None:
    text, expected = CHILDREN[case]
    source = SourceFile("node.py", text)
    facts = Facts(source, Tree(source, ast.parse(source.text)), Project())
    model = next(each for each in facts.classes.models.values() if each.node.name == "Node")
    assert facts.company.is_child(model) is expected


@pytest.mark.parametrize("case", ALONE)
def test_alone(case: str) -> None:
    assert not is_in_others(ALONE[case])


@pytest.mark.parametrize("case", TOGETHER)
def test_in_others(case: str) -> None:
    assert is_in_others(TOGETHER[case])
