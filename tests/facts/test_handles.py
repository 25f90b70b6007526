"""What becomes of handles: read, closed, handed on, and on which ways they are left open."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

HEAD = "import contextlib, csv, io, json, sqlite3, subprocess\n"


def opened(code: str) -> tuple[Facts, ast.Call]:
    """The facts of a piece of code, and its first call that opens a handle."""
    source = SourceFile("example.py", HEAD + code)
    tree = Tree(source, ast.parse(source.text))
    facts = Facts(source, tree, Project())
    calls = sorted((each for each in tree.parents if isinstance(each, ast.Call)), key=lambda each: each.lineno)
    return facts, next(each for each in calls if facts.handles.sort(each))


@pytest.mark.parametrize(
    ("code", "sort"),
    [
        ("open(path)", "file"),
        ("io.open(path)", "file"),
        ("sqlite3.connect(path)", "sqlite"),
        ("subprocess.Popen(command)", "process"),
    ],
)
def test_sort(code: str, sort: str) -> None:
    facts, call = opened(code)
    assert facts.handles.sort(call) == sort


@pytest.mark.parametrize(
    ("code", "is_used_up"),
    [
        ("x = json.load(open(p))", True),
        ("x = open(p).read()", True),
        ("x = list(csv.reader(open(p)))", True),
        ("for line in open(p): print(line)", True),
        ("x = csv.reader(open(p))", False),
        ("x = work(open(p))", False),
        ("open(p).close()", False),
        ("open(p)", False),
        ("with open(p): pass", False),
        ("x = (line for line in open(p))", False),
    ],
)
def test_inline(code: str, is_used_up: bool) -> None:
    facts, call = opened(code)
    assert (facts.handles.inline(call) is not None) is is_used_up


@pytest.mark.parametrize(
    ("body", "how"),
    [
        ("f.read()", "is never closed"),
        ("f.close()", ""),
        ("json.load(f); f.close()", "stays open where something raises before the close"),
        ("\n try: json.load(f)\n finally: f.close()", ""),
        ("\n if x: return\n f.close()", "is left open on a way to the end of the function"),
        ("\n with f: json.load(f)", ""),
        ("\n with contextlib.closing(f): json.load(f)", ""),
        ("\n while x:\n  f = 1\n f.close()", "is left open where the name is bound again"),
    ],
)
def test_unclosed(body: str, how: str) -> None:
    facts, call = opened(f"def function(x):\n f = open(x)\n {body}\n")
    handle = facts.local_handles.of(call)
    assert handle is not None
    assert facts.local_handles.unclosed(handle) == how


@pytest.mark.parametrize(
    "body", ["return f", "x.f = f", "x(f)", "yield f", "g = lambda: f", "x.append(f)", "x(f.close)"]
)
def test_leaves(body: str) -> None:
    facts, call = opened(f"def function(x):\n f = open(x)\n {body}\n")
    assert facts.local_handles.of(call) is None


@pytest.mark.parametrize(
    ("method", "is_unclosed"),
    [("self.f.write(x)", True), ("self.f.close()", False), ("return self.f", False), ("getattr(self, 'f')", False)],
)
def test_owned(method: str, is_unclosed: bool) -> None:
    facts, call = opened(f"class C:\n def a(self, x): self.f = open(x)\n def b(self, x): {method}\n")
    assert (facts.owned_handles.unclosed(call) is not None) is is_unclosed


@pytest.mark.parametrize(
    ("body", "is_idle", "is_timed"),
    [
        ("self.pool = ThreadPoolExecutor()", True, False),
        ("self.pool = ThreadPoolExecutor(); self.pool.submit(self.run)", False, False),
        ("self.pool = ThreadPoolExecutor(); timer(5, self.run)", True, True),
        ("self.pool = ThreadPoolExecutor(); timer(5, run)", True, False),
        ("self.pool = open(p)", False, False),
    ],
)
def test_an_owner_whose_handle_does_nothing_or_that_a_timer_keeps(body: str, is_idle: bool, is_timed: bool) -> None:
    code = f"from concurrent.futures import ThreadPoolExecutor\nclass C:\n    def __init__(self, p): {body}\n"
    facts, call = opened(code)
    (kept,) = (node.targets[0] for node in facts.tree.parents if isinstance(node, ast.Assign))
    assert isinstance(kept, ast.Attribute)
    assert (facts.owned_handles.is_idle(call, kept), facts.owned_handles.is_timed(call)) == (is_idle, is_timed)
