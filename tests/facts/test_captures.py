"""What nested functions hold in their cells."""

from __future__ import annotations

import pytest

from memlint.facts import Facts
from tests.facts.test_closures import facts_of, function


def heavy(facts: Facts) -> list[str]:
    circle = facts.closures.circle(function(facts, "g"))
    return [variable.name for variable in facts.captures.heavy(circle)]


def test_numbers_texts_and_functions_are_of_no_size() -> None:
    facts = facts_of(
        "def f(data, depth: int, limit=3):\n"
        "    name, found = 'x', []\n"
        "    size = len(data)\n"
        "    def other(): pass\n"
        "    def g(): g(data, depth, limit, found, size, other)\n"
    )
    assert heavy(facts) == ["data", "found"]


def test_tuples_of_builtins_and_constants_are_of_no_size() -> None:
    facts = facts_of(
        "def f(data):\n    kinds = (list, tuple, 3)\n    pair = (list, data)\n    def g(): g(kinds, pair)\n"
    )
    assert heavy(facts) == ["pair"]


@pytest.mark.parametrize(
    ("made", "used"),
    [
        ("x, y = divmod(a, b)", "x + y"),
        ("x = 0\n    x += 1", "x"),
        ("for x in range(3): pass", "x"),
        ("for x, y in enumerate(a): pass", "x"),
        ("x = a.short", "1 if x and c else 2"),
        ("x = a.short", "not x"),
        ("x = Highlighter()", "x(c)"),
    ],
)
def test_what_is_light_by_what_it_is_bound_to_or_used_for(made: str, used: str) -> None:
    assert heavy(facts_of(f"def f(a, b):\n    {made}\n    def g(c): g({used})\n")) == []


@pytest.mark.parametrize(
    ("made", "used"),
    [
        ("x, y = split(a, b)", "x"),
        ("for y, x in enumerate(a): pass", "x"),
        ("x = a.short", "x or c"),
        ("x = Highlighter(a)", "x(c)"),
        ("x = Highlighter()", "x.seen"),
    ],
)
def test_what_may_be_of_any_size(made: str, used: str) -> None:
    assert heavy(facts_of(f"def f(a, b):\n    {made}\n    def g(c): g({used})\n")) == ["x"]


def test_what_is_given_back_is_kept_by_the_caller() -> None:
    code = "def f(a):\n    found = {}\n    def g(c): g(found, c)\n    g(a)\n    return found\n"
    assert heavy(facts_of(code)) == []
    assert heavy(facts_of(code.replace("return found", "return len(found)"))) == ["found"]


def test_an_instance_that_has_its_attributes_from_its_class() -> None:
    code = (
        "class State:\n"
        "    def __init__(self): self.__dict__ = self._shared\n"
        "    def f(self):\n"
        "        def g(): g(self.device)\n"
    )
    assert heavy(facts_of(code)) == []


def test_the_current_instance_most_likely_lives_on() -> None:
    code = "class State:\n    def f(self, rows):\n        def g(): g(self.device, rows)\n"
    assert heavy(facts_of(code)) == ["rows"]
