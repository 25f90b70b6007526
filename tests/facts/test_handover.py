"""What a class stores of an exception only to hand it over."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.exceptions import FUNCTIONS
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

OUTCOME = """
class Job:
    def start(self):
        try:
            self.{result} = self.work()
        except OSError as error:
            self.{attribute} = error
"""
THREAD = """
class Job(threading.{base}):
    def {method}(self):
        try:
            self.work()
        except OSError as error:
            self.failed = error
            {last}
"""
RUN = """
class Job:
    def start(self):
        try:
            self.work()
        except OSError as error:
            self.failed.append(error)

    def {method}(self):
        raise {raised}
"""
IMPORT = """
class Job:
    def start(self):
        try:
            import fast
        except {classes} as error:
            self.failed = error
"""


def is_handed_over(code: str) -> bool:
    """What is said of the one place in the code."""
    source = SourceFile("example.py", code)
    exceptions = Facts(source, Tree(source, ast.parse(code)), Project()).exceptions
    functions = [node for node in ast.walk(exceptions.facts.tree.module) if isinstance(node, FUNCTIONS)]
    [(place, function)] = [(place, each) for each in functions for place in exceptions.places(each)]
    return exceptions.is_handed_over(place, function)


@pytest.mark.parametrize(
    ("attribute", "result", "expected"),
    [("_error", "_result", True), ("exception", "value", True), ("last_error", "result", False), ("error", "x", False)],
)
def test_an_exception_beside_a_result(attribute: str, result: str, expected: bool) -> None:
    assert is_handed_over(OUTCOME.format(attribute=attribute, result=result)) is expected


@pytest.mark.parametrize(
    ("base", "method", "last", "expected"),
    [
        ("Thread", "run", "", True),
        ("Thread", "run", "raise", False),
        ("Thread", "step", "", False),
        ("Timer", "run", "", False),
    ],
)
def test_the_last_act_of_a_thread(base: str, method: str, last: str, expected: bool) -> None:
    assert is_handed_over(THREAD.format(base=base, method=method, last=last)) is expected


@pytest.mark.parametrize(
    ("method", "raised", "expected"),
    [
        ("run", "self.failed[0]", True),
        ("run", "self.failed", True),
        ("run", "Failed(self.failed)", True),
        ("write", "self.failed[0]", True),
        ("run", "Failed()", False),
        ("write", "self.written", False),
    ],
)
def test_raised_by_any_method(method: str, raised: str, expected: bool) -> None:
    assert is_handed_over(RUN.format(method=method, raised=raised)) is expected


@pytest.mark.parametrize(
    ("classes", "expected"),
    [("ImportError", True), ("(ImportError, ModuleNotFoundError)", True), ("(ImportError, OSError)", False)],
)
def test_a_failed_import(classes: str, expected: bool) -> None:
    assert is_handed_over(IMPORT.format(classes=classes)) is expected
