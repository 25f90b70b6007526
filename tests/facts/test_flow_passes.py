"""A caller that knows the value of a binding knows on which branch it cannot be current."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from memlint.facts.flow import Flow

from .bodies import definitions, lines, parse


def test_a_default_that_a_test_replaces() -> None:
    body = parse("""
        def f(x, *rest):
            x = []
            if rest: x = None
            if not x and rest:
                x = rest
            if x is None: return x
            return x
    """)

    def passes(definition: Any, test: ast.expr, outcome: bool) -> bool:
        """Line 3 binds None, the others something else."""
        is_none: bool = definition.lineno == 3
        if isinstance(test, ast.Name):
            return not (is_none and outcome)
        if isinstance(test, ast.Compare):
            return is_none == outcome
        return True

    expected = {4: "2 3", 6: "3", 7: "2 5", "returned": "2 3 5", "left": "2 3 5"}
    assert definitions(Flow(body, passes), body, "x") == expected
    assert definitions(Flow(body), body, "x") == expected | {6: "2 3 5", 7: "2 3 5"}


@pytest.mark.parametrize("test", ["if x:", "while x:", "assert x\n    if True:"])
def test_tests_refine_what_follows(test: str) -> None:
    source = f"def f(rest):\n    x = 0\n    if rest: x = rest\n    {test}\n        print(x)"
    body = ast.parse(source).body[0]
    assert isinstance(body, ast.FunctionDef)

    def passes(definition: Any, test: ast.expr, outcome: bool) -> bool:
        return not (definition.lineno == 2 and isinstance(test, ast.Name) and outcome)

    assert definitions(Flow(body, passes), body, "x")[len(source.split("\n"))] == "3"


@pytest.mark.parametrize("value", ["x and x.y", "x.y if x else 0", "not x or x.y", "[x.y for _ in rest if x]"])
def test_tests_refine_within_an_expression(value: str) -> None:
    body = parse(f"""
        def f(rest):
            x = None
            if rest: x = rest
            return {value}
    """)
    (attribute,) = (node for node in ast.walk(body) if isinstance(node, ast.Attribute))
    assert isinstance(attribute.value, ast.Name)

    def passes(definition: Any, test: ast.expr, outcome: bool) -> bool:
        return not (definition.lineno == 2 and isinstance(test, ast.Name) and outcome)

    assert lines(Flow(body, passes).reaching(attribute.value)) == "3"
    assert lines(Flow(body).reaching(attribute.value)) == "2 3"
