"""What sort of class a class is."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.class_kinds import ClassKind
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

HEADER = """
import abc, attr, attrs, dataclasses, enum, typing, unittest
from dataclasses import dataclass as record
from django.db import models
from pydantic import BaseModel as Schema
from sqlalchemy.orm import declarative_base
from elsewhere import AppModel, Thing, SlowTestCase, decorate
Base = declarative_base()
"""


def facts(code: str) -> Facts:
    source = SourceFile("example.py", HEADER + code)
    return Facts(source, Tree(source, ast.parse(source.text)), Project())


def kind(code: str) -> ClassKind:
    """The kind of the last class."""
    known = facts(code)
    return known.class_kinds.of(max(known.classes.models.values(), key=lambda model: model.node.lineno))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("class A: pass", ClassKind.PLAIN),
        ("class A(Thing): pass", ClassKind.PLAIN),
        ("@decorate\nclass A: pass", ClassKind.PLAIN),
        ("@dataclasses.dataclass\nclass A: pass", ClassKind.DATACLASS),
        ("@record(frozen=True)\nclass A: pass", ClassKind.DATACLASS),
        ("@attr.s(auto_attribs=True)\nclass A: pass", ClassKind.ATTRS),
        ("@attrs.define\nclass A: pass", ClassKind.ATTRS),
        ("class A(Schema): pass", ClassKind.PYDANTIC),
        ("class A(typing.NamedTuple): pass", ClassKind.NAMED_TUPLE),
        ("class A(typing.TypedDict, total=False): pass", ClassKind.TYPED_DICT),
        ("class A(typing.Protocol[int]): pass", ClassKind.PROTOCOL),
        ("class A(str, enum.Enum): pass", ClassKind.ENUM),
        ("class A(LookupError): pass", ClassKind.EXCEPTION),
        ("class A(models.Model): pass", ClassKind.MODEL),
        ("class A(Base): pass", ClassKind.MODEL),
        ("class A(AppModel): pass", ClassKind.MODEL),
        ("class A(unittest.TestCase): pass", ClassKind.TEST),
        ("class A(SlowTestCase): pass", ClassKind.TEST),
        ("class TestA:\n    def test_it(self): pass", ClassKind.TEST),
        ("class TestA:\n    def run(self): pass", ClassKind.PLAIN),
        ("class A(type): pass", ClassKind.METACLASS),
        ("class A(abc.ABC): pass", ClassKind.PLAIN),
    ],
)
def test_kind(code: str, expected: ClassKind) -> None:
    assert kind(code) is expected


def test_bases_of_the_file_count_transitively() -> None:
    assert kind("class A(Schema): pass\nclass B(A): pass\nclass C(B): pass") is ClassKind.PYDANTIC


def test_the_name_of_a_base_of_the_file_says_nothing() -> None:
    assert kind("class DomainModel: pass\nclass A(DomainModel): pass") is ClassKind.PLAIN


def test_classes_that_inherit_in_a_circle_have_a_kind() -> None:
    assert kind("class A(B): pass\nclass B(A): pass") is ClassKind.PLAIN


@pytest.mark.parametrize(
    ("code", "hidden"),
    [
        ("class A: pass", False),
        ("class A(dict, typing.Generic[int]): pass", False),
        ("class A(Thing): pass", True),
        ("class A(Thing): pass\nclass B(A): pass", True),
        ("class A(abc.ABC): pass\nclass B(A): pass", False),
    ],
)
def test_hidden_bases(code: str, hidden: bool) -> None:
    known = facts(code)
    last = max(known.classes.models.values(), key=lambda model: model.node.lineno)
    assert known.class_kinds.has_hidden_bases(last) is hidden


@pytest.mark.parametrize(
    ("code", "hidden"),
    [
        ("class A: pass", False),
        ("@record\nclass A(metaclass=abc.ABCMeta): pass", False),
        ("@decorate\nclass A: pass", True),
        ("class A(metaclass=Thing): pass", True),
        ("class A(metaclass=Thing): pass\nclass B(A): pass", True),
    ],
)
def test_hidden_makers(code: str, hidden: bool) -> None:
    known = facts(code)
    last = max(known.classes.models.values(), key=lambda model: model.node.lineno)
    assert known.class_kinds.has_hidden_makers(last) is hidden
