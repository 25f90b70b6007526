"""What becomes of values: in functions of the file that are given them, and where the answer once took for ever."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.escape import Role
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def roles(text: str, name: str, function: str = "") -> set[Role]:
    """The fates of a variable of a function, or of the module."""
    source = SourceFile("a.py", text)
    facts = Facts(source, Tree(source, ast.parse(text)), Project())
    functions = (node for node in facts.tree.parents if isinstance(node, ast.FunctionDef) and node.name == function)
    scope = facts.names.inner(next(functions)) if function else facts.names.module
    return {fate.role for fate in facts.escape.fates(scope.bindings[name])}


@pytest.mark.parametrize(
    ("helper", "use", "expected"),
    [
        pytest.param("def f(a): return len(a)", "f(x)", set(), id="read"),
        pytest.param("def f(a): a.append(1)", "f(x)", {Role.MUTATED}, id="changed"),
        pytest.param("def f(b, *, a): a[0] = b", "f(1, a=x)", {Role.MUTATED}, id="changed, by keyword"),
        pytest.param("def f(a): g(a)\ndef g(b): b.clear()", "f(x)", {Role.MUTATED}, id="changed further on"),
        pytest.param("def f(a): return a", "f(x)", set(), id="given back and dropped"),
        pytest.param("def f(a): return [a]", "return f(x)", {Role.RETURNED}, id="given back and returned"),
        pytest.param("def f(a): return a", "f(x).append(1)", {Role.MUTATED}, id="given back and changed"),
        pytest.param("KEPT = []\ndef f(a): KEPT.append(a)", "f(x)", {Role.STORED}, id="stored"),
        pytest.param("def f(a): unknown(a)", "f(x)", {Role.PASSED}, id="passed on to who knows whom"),
        pytest.param("def f(a): f(a[1:])", "f(x)", set(), id="recursion"),
        pytest.param("def f(a): return f(a)", "f(x)", set(), id="recursion on itself"),
        pytest.param("def f(a): return lambda: a", "f(x)", {Role.PASSED}, id="captured"),
        pytest.param("def f(a): yield len(a)", "f(x)", {Role.PASSED}, id="kept by a generator"),
        pytest.param("async def f(a): return len(a)", "f(x)", {Role.PASSED}, id="kept by a coroutine"),
        pytest.param("@wrap\ndef f(a): return len(a)", "f(x)", {Role.PASSED}, id="decorated"),
        pytest.param("def f(*a): return len(a)", "f(x)", {Role.PASSED}, id="among others"),
        pytest.param("def f(a, b): return len(a)", "f(*y, x)", {Role.PASSED}, id="behind a star"),
        pytest.param("def f(a): pass\nf = other", "f(x)", {Role.PASSED}, id="two functions of one name"),
    ],
)
def test_a_function_of_the_file_is_looked_into(helper: str, use: str, expected: set[Role]) -> None:
    found = roles(f"{helper}\ndef caller(x, y=()):\n    {use}\n", "x", "caller")
    assert found - {Role.READ} == expected


def test_a_loop_over_its_own_variable_comes_to_an_end() -> None:
    assert Role.MUTATED in roles("x = [[1]]\nfor x in x:\n    x.append(1)\n", "x")


def test_two_loops_over_each_other_come_to_an_end() -> None:
    assert Role.READ in roles("a = b = []\nfor a in b:\n    for b in a:\n        print(b)\n", "b")
