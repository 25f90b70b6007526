"""Which loops empty a dict or set entry by entry."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

MODULE = """pending = {made}
def note(path, size):
    {put}
def flush():
    {loop}
def other():
    {other}
"""


def drained(
    loop: str, made: str = "{}", put: str = "pending[path] = size", other: str = "pass", name: str = "flush"
) -> list[str]:
    text = MODULE.format(made=made, put=put, loop=loop, other=other).replace("flush", name)
    source = SourceFile.from_bytes("example.py", text.encode())
    facts = Facts(source, Tree(source, ast.parse(source.text)), Project())
    return [ast.unparse(drain.taking) for drain in facts.drains.found]


@pytest.mark.parametrize(
    ("loop", "taking"),
    [
        ("while pending: send(pending.popitem())", "send(pending.popitem())"),
        ("while len(pending) > 0: pending.popitem()", "pending.popitem()"),
        ("for path in list(pending): del pending[path]", "del pending[path]"),
        ("for path in sorted(pending.keys()): size = pending.pop(path)", "size = pending.pop(path)"),
        ("for path in pending.copy(): pending.pop(path)", "pending.pop(path)"),
    ],
)
def test_a_loop_that_takes_everything_out_is_a_drain(loop: str, taking: str) -> None:
    assert drained(loop) == [taking]


@pytest.mark.parametrize(
    "loop",
    [
        "while len(pending) > 10: pending.popitem()",
        "for path in list(pending): pending.pop(path) if old(path) else None",
        "for path in list(pending): del pending[first]",
        "for path in list(pending.values()): pending.pop(path)",
        "for path in list(others): del pending[path]",
    ],
)
def test_a_loop_that_may_leave_entries_is_none(loop: str) -> None:
    assert drained(loop) == []


def test_a_set_is_drained_like_a_dict_and_a_list_is_not() -> None:
    loop = "while pending: pending.pop()"
    assert drained(loop, made="set()", put="pending.add(path)") == ["pending.pop()"]
    assert drained(loop, made="[]", put="pending.append(path)") == []


@pytest.mark.parametrize("other", ["pending.clear()", "return pending", "hand(pending)"])
def test_a_container_that_is_cleared_or_handed_on_is_let_be(other: str) -> None:
    assert drained("while pending: pending.popitem()", other=other) == []


def test_what_runs_at_the_end_is_let_be() -> None:
    assert drained("while pending: pending.popitem()", name="shutdown") == []
