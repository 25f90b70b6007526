"""A buffer that is reset in front of its `yield`: the batches are the same, each is freed while the generator waits."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator
from typing import Any

import pytest

from memlint.engine import lint
from memlint.facts.project import Project
from memlint.fixing import fixed
from memlint.model import Outcome
from memlint.registry import all_rules
from memlint.source import SourceFile
from memlint.testing import findings

RULES = [rule for rule in all_rules() if rule.code == "ML420"]

LISTS = """
class Batch(list):
    pass

def batches(items, size):
    batch = Batch()
    last = 1
    for item in items:
        if len(batch) >= size:
            yield batch
            batch = []
        batch.append(item)
    yield batch
"""
DELETED = """
class Batch(list):
    pass

def batches(items, size):
    for item in items:
        batch = Batch([item] * size)

        yield batch

        del batch
"""
GUARDED = """
class Batch(list):
    pass

def batches(items, size):
    try:
        batch = Batch()
        for item in items:
            batch.append(item)
            if len(batch) >= size:
                yield batch
                batch = [item]
    finally:
        items.clear()
"""


def rewritten(code: str) -> str:
    """The code with all the fixes that it has."""

    def look(source: SourceFile) -> Outcome:
        return lint(source, RULES, Project(), parse=True)

    return fixed(SourceFile("example.py", code), look, unsafe=True)[0].original


def made(code: str) -> Any:
    names: dict[str, Any] = {}
    exec(code, names)
    return names["batches"]


@pytest.mark.parametrize("code", [LISTS, DELETED, GUARDED])
def test_batches_are_the_same_and_are_freed_meanwhile(code: str) -> None:
    told = []
    for text, is_freed in ((code, False), (rewritten(code), True)):
        generator = made(text)([1, 2, 3, 4, 5], 2)
        batch = next(generator)
        alive, found = weakref.ref(batch), [list(batch)]
        del batch
        assert (alive() is None) is is_freed
        told.append(found + [list(each) for each in generator])
    assert told[0] == told[1]


def test_asynchronous_batches_are_the_same() -> None:
    code = LISTS.replace("def batches", "async def batches")

    async def all_of(batches: AsyncIterator[list[int]]) -> list[list[int]]:
        return [list(each) async for each in batches]

    before, after = (asyncio.run(all_of(made(text)([1, 2, 3], 2))) for text in (code, rewritten(code)))
    assert before == after == [[1, 2], [3]]


def test_a_name_that_is_taken_is_left_alone() -> None:
    assert "last_ = [batch]" in rewritten(LISTS)


ANY = "def batches(items, size, other):\n    batch = []\n    for item in items:\n"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("yield batch, item\nbatch = []", "more than `batch` alone is yielded"),
        ("yield batch  # at once\nbatch = []", "a comment stands there"),
        ("yield batch\n# again\nbatch = []", "a comment stands there"),
        ("yield batch; batch = []", "the statement shares its line"),
        ("yield batch\nsize = 0\nbatch = []", "the reset does not follow directly"),
        ("yield batch\nbatch = more = []", "the reset has more than one target"),
        ("yield batch\ndel batch, item", "the reset has more than one target"),
        ("yield batch\nbatch = [other.pop()]", "`[other.pop()]` may give something else"),
        ("yield batch\nbatch = [*other]", "`[*other]` may give something else"),
        ("yield batch\nbatch = [other.last]", "`[other.last]` may give something else"),
        ("yield batch\nbatch = [SIZE]", "`[SIZE]` may give something else"),
        ("yield batch\nbatch = list(other)", "`list(other)` may give something else"),
        ("yield batch\nbatch = {item: 1}", "`{item: 1}` may give something else"),
        ("try:\n  yield batch\n  batch = []\nexcept OSError: pass", "thrown into the `yield`"),
        ("with other:\n  yield batch\n  batch = []", "thrown into the `yield`"),
        ("yield batch\nbatch = []\nprint(locals())", "`locals` would see the new local name"),
    ],
)
def test_a_reset_stays_that_may_be_seen_or_may_change(lines: str, reason: str) -> None:
    code = ANY + "".join(f"        {line}\n" for line in ["batch.append(item)", *lines.split("\n")])
    (finding,) = findings(code, *RULES)
    assert finding.fix is None
    assert reason in finding.unfixed
