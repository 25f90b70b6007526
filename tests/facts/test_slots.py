"""Slots that spare no dictionary."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def is_useless(path: str, base: str) -> bool:
    code = f"class Base({base}): ...\nclass Point(Base):\n    __slots__ = ('x',)\n"
    facts = Facts(SourceFile(path, code), Tree(SourceFile(path, code), ast.parse(code)), Project())
    point = next(each for each in facts.tree.parents if isinstance(each, ast.ClassDef) and each.name == "Point")
    return facts.slots.useless(facts.classes.of(point)) is not None


@pytest.mark.parametrize(("base", "expected"), [("", True), ("Exception", False), ("OSError", False)])
def test_an_exception_makes_its_dictionary_late(base: str, expected: bool) -> None:
    assert is_useless("shapes.py", base) is expected


def test_cython_makes_classes_without_a_dictionary(tmp_path: Path) -> None:
    module = str(tmp_path / "shapes.py")
    assert is_useless(module, "")
    (tmp_path / "shapes.pxd").write_text("cdef class Base: pass\n", "utf-8")
    assert not is_useless(module, "")
