"""Where the collector stays off after an exception."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def is_left_off(between: str) -> bool:
    code = f"import gc, pickle\ndef load(read, file):\n    gc.disable()\n    {between}\n    gc.enable()\n"
    source = SourceFile("example.py", code)
    facts = Facts(source, Tree(source, ast.parse(code)), Project())
    calls = [node for node in ast.walk(facts.tree.module) if isinstance(node, ast.Call)]
    return any(facts.collector.left_off(each) is not None for each in calls)


@pytest.mark.parametrize(
    "between", ["read()", "rows = [read(1) for _ in file]", "yield", "pickle.load(file)", "if file: raise OSError"]
)
def test_an_exception_is_to_be_expected(between: str) -> None:
    assert is_left_off(between)


@pytest.mark.parametrize(
    "between", ["pass", "build()", "file.parse()", "gc.collect()", "def later(): raise OSError", "run = lambda: read()"]
)
def test_nothing_that_is_seen_raises(between: str) -> None:
    assert not is_left_off(between)
