"""What calls hand to functions of the same file."""

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

CODE = """
def plain(a, *, b): ...
class Base:
    def __init__(self, x): ...
    def step(self, x): ...
    def over(self, x): ...
class Sub(Base):
    def over(self, x): ...
    def run(self, v):
        plain(1, b=v)
        self.step(v)
        super().step(x=v)
        Base(v)
        plain(*v, b=v)
        other(v)
class Third(Base):
    def __init__(self, v):
        super().__init__(v)
    def run(self, v):
        self.step(v)
"""


def facts(code: str) -> Facts:
    source = SourceFile("example.py", code)
    return Facts(source, Tree(source, ast.parse(code)), Project())


@pytest.mark.parametrize(
    ("called", "expected"),
    [
        ("plain(1, b=v)", ("plain", "b")),
        ("self.step(v)", ("step", "x")),
        ("super().step(x=v)", ("step", "x")),
        ("Base(v)", ("__init__", "x")),
        ("super().__init__(v)", ("__init__", "x")),
        ("plain(*v, b=v)", None),
        ("other(v)", None),
    ],
)
def test_parameter(called: str, expected: tuple[str, str] | None) -> None:
    known = facts(CODE)
    call = next(node for node in known.tree.parents if isinstance(node, ast.Call) and ast.unparse(node) == called)
    value = [*call.args, *(each.value for each in call.keywords)][-1]
    found = known.handing.parameter(call, value)
    assert (found and (found[0].function.name, found[1].arg)) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def _f(a=[]): ...\n_f([1])\n_f(a=[2])", True),
        ("def _f(a=[]): ...\n_f([1])\n_f()", False),
        ("def _f(a=[]): ...\n_f(*b)", False),
        ("def _f(a=[]): ...\nmap(_f, b)", False),
        ("def _f(a=[]): _f(a)", False),
        ("def f(a=[]): ...\nf([1])", False),
        ("class _C:\n    def __init__(self, a=[]): ...\n_C([1])\nisinstance(1, _C)", True),
        ("class _C:\n    def __init__(self, a=[]): ...\n_C([1])\nclass D(_C): ...", False),
    ],
)
def test_is_always_given(code: str, expected: bool) -> None:
    known = facts(code)
    function = next(node for node in known.tree.parents if isinstance(node, ast.FunctionDef))
    parameter = next(each for each in function.args.args if each.arg == "a")
    assert known.handing.is_always_given(function, parameter) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("def f(a=[]): ...\nf([1])", True),
        ("def f(a=[]): ...\nf()", False),
        ("class C:\n    def m(self, a=[]): ...\nC().m([1])", True),
        ("class C:\n    @staticmethod\n    def m(a=[]): ...\nC.m([1])", False),
    ],
)
def test_is_always_given_as_far_as_this_file_shows(code: str, expected: bool) -> None:
    known = facts(code)
    function = next(node for node in known.tree.parents if isinstance(node, ast.FunctionDef))
    parameter = next(each for each in function.args.args if each.arg == "a")
    assert known.handing.is_always_given(function, parameter, is_public=True) is expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("class C:\n    def __init__(self): ...\nC()", True),
        ("class C:\n    def __init__(self): ...\nC()\nc = C()", False),
        ("class C:\n    def __init__(self): ...", False),
        ("def f(): ...\nf()", False),
    ],
)
def test_is_dropped(code: str, expected: bool) -> None:
    known = facts(code)
    function = next(node for node in known.tree.parents if isinstance(node, ast.FunctionDef))
    assert known.handing.is_dropped(function) is expected


def test_nobody_else_knows_a_function_in_another_one() -> None:
    known = facts("def outer():\n    def f(a=[]): ...\n    f([1])")
    functions = [node for node in known.tree.parents if isinstance(node, ast.FunctionDef)]
    inner = next(each for each in functions if each.name == "f")
    assert [known.handing.is_nested(each) for each in functions if each.name == "outer"] == [False]
    assert known.handing.is_nested(inner)
    assert known.handing.is_always_given(inner, inner.args.args[0])
