"""Which lambdas a Qt signal keeps for longer than their object should live."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

PANEL = """from PySide6.QtWidgets import QApplication, QMainWindow, QWidget
from app import theme
class Panel({base}):
    def {method}(self, given):
        {before}
        {connect}
    def show(self, row):
        pass
"""


def kept(connect: str, base: str = "QWidget", method: str = "__init__", before: str = "pass") -> list[str]:
    text = PANEL.format(base=base, method=method, before=before, connect=connect)
    source = SourceFile.from_bytes("example.py", text.encode())
    facts = Facts(source, Tree(source, ast.parse(source.text)), Project())
    calls = [node for node in ast.walk(facts.tree.module) if isinstance(node, ast.Call)]
    return [ast.unparse(own) for call in calls if (own := facts.qt_lambdas.of(call))]


@pytest.mark.parametrize("sender", ["theme.changed", "QApplication.clipboard().dataChanged", "given.changed"])
def test_a_sender_that_was_there_before_keeps_the_lambda(sender: str) -> None:
    assert kept(f"{sender}.connect(lambda row: self.show(row))") == ["self.show(row)"]


@pytest.mark.parametrize(
    "connect",
    [
        "self.button.clicked.connect(lambda: self.show(1))",
        "theme.changed.connect(self.show)",
        "theme.changed.connect(lambda: print(1))",
        "theme.changed.connect(lambda: self.show(1)); theme.changed.disconnect()",
    ],
)
def test_other_connections_are_let_be(connect: str) -> None:
    assert kept(connect) == []


@pytest.mark.parametrize("before", ["super().__init__(given)", "QWidget.__init__(self, given)", "self.add(given)"])
def test_a_sender_that_is_handed_on_may_be_a_part_or_a_parent(before: str) -> None:
    assert kept("given.changed.connect(lambda: self.show(1))", before=before) == []


def test_a_parameter_counts_where_the_method_is_given_what_it_listens_to() -> None:
    connect = "given.changed.connect(lambda: self.show(1))"
    assert kept(connect, method="set_model") == ["self.show(1)"]
    assert kept(connect, method="update_row") == []


def test_the_main_window_may_be_kept() -> None:
    assert kept("theme.changed.connect(lambda: self.show(1))", base="QMainWindow") == []
