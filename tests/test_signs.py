"""Signs of cycles in text: each stands wherever such a cycle does, however it is written."""

from __future__ import annotations

import pytest

from memlint.gate import Condition, Scan
from memlint.signs import (
    closes_circle,
    either,
    gives_instance,
    keeps_itself,
)


def holds(condition: Condition, text: str) -> bool:
    return Scan(text.encode()).has(condition)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("class A:\n    def f(self):\n        g(self)\n", True),
        ("class A:\n    def f(this):\n        g(1, this)\n", True),
        ("class A:\n    def f(  # first\n        self, x):\n        x.y = \\\n            self\n", True),
        ("class A:\n    def id(self):\n        g(self)\n", True),
        ("class A:\n    def valid(self):\n        g(self)\n", True),
        ("class A:\n    def f(self, x):\n        super(A, self).f(x)\n        return self\n", False),
        ("class A:\n    def f(self):\n        return type(self)(self.x)\n", False),
        ("def f(node):\n    g(node)\n", False),
    ],
)
def test_an_instance_is_given_away(text: str, expected: bool) -> None:
    assert holds(gives_instance, text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.x = b\nb.y = a\n", True),
        ("a.x = b; b.y = a\n", True),
        ("a . x = b\nb \\\n. y = a\n", True),
        ("a.x = b\nif c: b.y = a\n", True),
        ("a.x, b.y = b, a\n", True),
        ("a.x = b\nb.y.append(\n    # the other\n    a)\n", True),
        ("a.x = [b]\nb.y['k'] = a\n", True),
        ("a.x: T = b\nb.y: T = a\n", True),
        ("held = [b]\na.x = held\nb.y = a\n", True),
        ("ys = b.ys\na.x = b\nys.append(a)\n", True),
        ("a.x = b.z\nb.z.y = a\n", True),
        ("a.x = C(a)\n", True),
        ("a.x = f'[{b}'\na.z = b\nb.y = a\n", True),
        ("a.x = b\nc.y = b\n", False),
        ("a.x = b\nb.y = a.z\n", False),
        ("a.x = b\nb.y = 'a'  # a\n", False),
    ],
)
def test_objects_refer_to_each_other(text: str, expected: bool) -> None:
    assert holds(closes_circle, text) is expected


@pytest.mark.parametrize(
    ("condition", "text", "expected"),
    [
        (keeps_itself, "x.y = x\n", True),
        (keeps_itself, "x . y = x\n", True),
        (keeps_itself, "x.y[k].z.append(x)\n", True),
        (keeps_itself, "x.y = z\n", False),
        (either(gives_instance, keeps_itself), "x.y = x\n", True),
        (either(gives_instance, keeps_itself), "x.y = z\n", False),
    ],
)
def test_what_an_object_keeps_of_itself(condition: Condition, text: str, expected: bool) -> None:
    assert holds(condition, text) is expected
