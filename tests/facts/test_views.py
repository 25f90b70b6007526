"""Parts of large buffers that hold them."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.facts.views import is_short
from memlint.source import SourceFile


@pytest.mark.parametrize(
    ("cut", "short"),
    [
        ("a[:10]", True),
        ("a[5:8]", True),
        ("a[-3:]", True),
        ("a[:4, :]", True),
        ("a[:]", False),
        ("a[3:]", False),
        ("a[:-3]", False),
        ("a[-9:-3]", False),
        ("a[:n]", False),
        ("a[:100_000]", False),
        ("a[3]", False),
    ],
)
def test_a_slice_is_short_where_both_ends_say_so(cut: str, short: bool) -> None:
    expression = ast.parse(cut, mode="eval").body
    assert isinstance(expression, ast.Subscript)
    assert is_short(expression.slice) is short


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("return a[:9]", "slice"),
        ("self.x = a[:9]", "slice"),
        ("v = a[:9]\n return v", "slice"),
        ("return a[:9].copy()", ""),
        ("self.a = a\n return a[:9]", ""),
        ("print(a[:9])", ""),
    ],
)
def test_a_part_that_outlives_the_function_keeps_the_array(body: str, kind: str) -> None:
    code = f"import numpy as np\ndef f(self, p):\n a = np.load(p)\n {body}\n"
    source = SourceFile("example.py", code)
    module = ast.parse(code)
    facts = Facts(source, Tree(source, module), Project())
    parts = [node for node in ast.walk(module) if isinstance(node, ast.Subscript)]
    found = [each.kind for part in parts if (each := facts.views.retained(part))]
    assert "".join(found) == kind
