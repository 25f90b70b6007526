"""Containers that are shared: of class bodies, memo defaults, fields, constants."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

SCRIPT = "import sys\nif __name__ == '__main__':\n    x(sys.argv)\n"


def facts(code: str) -> Facts:
    source = SourceFile("example.py", code)
    return Facts(source, Tree(source, ast.parse(code)), Project())


GROWING = "class A:\n    x = {value}\n    def f(self, k, v):\n        {growth}\n"


@pytest.mark.parametrize(
    ("value", "growth"),
    [
        ("[]", "self.x.append(v)"),
        ("[]", "self.x += v"),
        ("{}", "self.x[k] = v"),
        ("{}", "self.x.update(v)"),
        ("set()", "y = self.x; y.add(v)"),
        ("__import__('collections').x or []", "self.x.append(v)"),
    ],
)
def test_growth_through_an_instance(value: str, growth: str) -> None:
    known = facts(GROWING.format(value=value, growth=growth))
    found = [each.name for model in known.classes.models.values() for each in known.class_containers.of(model)]
    assert found == ([] if " or " in value else ["x"])


@pytest.mark.parametrize(
    "growth",
    [
        "self.x.clear(); self.x[k] = v",
        "self.x = {}; self.x[k] = v",
        "A.x[k] = v; self.x[k] = v",
        "type(self).x; self.x[k] = v",
        "self.x[self] = v",
        "self.x.setdefault(k, v); self.x[k]",
        "self.__dict__ = k; self.x[k] = v",
    ],
)
def test_what_tells_that_sharing_is_known(growth: str) -> None:
    known = facts(GROWING.format(value="{}", growth=growth))
    assert not any(known.class_containers.of(model) for model in known.classes.models.values())


@pytest.mark.parametrize(
    ("body", "endless"),
    [
        ("if k not in d: d[k] = v\n    return d[k]", True),
        ("return d.setdefault(k, v)", True),
        ("d[k] = v", False),
        ("if k not in d: d[k] = v\n    d.pop(v)", False),
        ("if k not in d: d[k] = v\n    return len(d)", False),
        ("if k not in d: d[k] = v\n    return d", False),
        ("if k not in d: d[k] = v\n    trim(d)", False),
    ],
)
def test_endless_memo(body: str, endless: bool) -> None:
    known = facts(f"def f(k, v, d={{}}):\n    {body}\n")
    function = known.tree.module.body[0]
    assert isinstance(function, ast.FunctionDef)
    (default,) = known.defaults.of(function)
    assert (known.memos.endless(default) is not None) is endless


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("x = C; x['k'] = 1", [False]),
        ("x = C; x['a']['k'] = 1", [True]),
        ("x = None or C; x.clear()", [False]),
        ("x = C; x = dict(x); x['k'] = 1", []),
        ("x = dict(C); x['k'] = 1", []),
        ("x = C; C['k'] = x['k'] = 1", []),
    ],
)
def test_constant_changed_under_another_name(body: str, found: list[bool]) -> None:
    known = facts("C = {'a': {}}\ndef f():\n    " + body.replace("; ", "\n    ") + "\n")
    assert [write.is_nested for write in known.constants.alias_writes] == found


def test_fields_that_share_their_default() -> None:
    known = facts(
        "import attr\nfrom typing import NamedTuple\n"
        "@attr.s\nclass A:\n    x = attr.ib(default=[])\n    y = attr.ib(default=[], converter=list)\n"
        "class B(NamedTuple):\n    z: list = []\n    w: list = []\n"
        "def f(b): b.z.append(1)\n"
    )
    assert [(each.name, each.change is not None) for each in known.fields.shared] == [("x", False), ("z", True)]


def test_a_container_in_itself() -> None:
    known = facts("a = []\nb = [a]\na.append(b)\na.append(1)\n")
    calls = [node for node in known.tree.parents if isinstance(node, ast.Call)]
    found = [known.containment.in_itself(call) for call in sorted(calls, key=lambda call: call.lineno)]
    assert [binding.name if binding else None for binding in found] == ["a", None]


def test_a_loop_that_uses_up_a_list_of_lines() -> None:
    known = facts("for line in f.readlines():\n    print(line.strip())\nx = f.readlines()\n")
    calls = [node for node in known.tree.parents if isinstance(node, ast.Call) and ast.unparse(node) == "f.readlines()"]
    loops = [known.line_loops.over(call) for call in sorted(calls, key=lambda call: call.lineno)]
    assert [type(loop) for loop in loops] == [ast.For, type(None)]
    assert loops[0] is not None
    assert known.line_loops.is_stripped(loops[0])


@pytest.mark.parametrize(
    ("loop", "is_short"),
    [
        ("for line in f.readlines():\n    x.append(float(line))", False),
        ("for line in f.readlines():\n    line = line.strip()\n    if line:\n        x.append(line)", True),
        ("for line in f.readlines():\n    a, b = line.split()\n    x.append('{} {}'.format(a, b))", True),
        ("y = [line.rstrip() for line in f.readlines()]", True),
        ("y = [json.loads(line.rstrip()) for line in f.readlines()]", False),
        ("for line in f.readlines():\n    key, value = line.split('=', 1)", True),
        ("for line in f.readlines():\n    key, value = line.split('=')", False),
        ("with open(self.limit_file) as f:\n    for line in f.readlines():\n        print(line)", True),
        ("with open(config['input']) as f:\n    for line in f.readlines():\n        print(line)", False),
        ("with open('.env') as f:\n    for line in f.readlines():\n        print(line)", True),
        (f"{SCRIPT}for line in f.readlines():\n    y.append(line[0])", False),
        (f"{SCRIPT}for line in f.readlines():\n    print(line)", True),
    ],
)
def test_a_list_of_lines_that_is_likely_short(loop: str, is_short: bool) -> None:
    known = facts(loop)
    call = next(node for node in known.tree.parents if ast.unparse(node) == "f.readlines()")
    assert isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)
    found = known.line_loops.over(call)
    assert found is not None
    assert known.line_loops.is_short(call.func.value, found) is is_short
