"""The rewrites of cached methods, of frames that a loop grows and of arrays that a builtin goes through: what they
write runs alike, and what they leave."""

from __future__ import annotations

import copy
import gc
import sys
import weakref
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import pytest

from memlint.engine import lint
from memlint.facts.project import Project
from memlint.fixing import fixed
from memlint.model import Outcome
from memlint.registry import all_rules
from memlint.source import SourceFile

RULES = [rule for rule in all_rules() if rule.code in ("ML601", "ML912", "ML915")]

CACHED = """
from functools import cache, lru_cache

class Report:
    def __init__(self, rows):
        self.rows = rows
        self.worked = 0

    @lru_cache(maxsize=None)
    def _total(self):
        self.worked += 1
        return sum(self.rows)

    @property
    @cache
    def mean(self):
        return self._total() / len(self.rows)

    def told(self):
        return [self._total(), self.mean, self._total(), self.worked]
"""
GROWN = """
import pandas as pd

def joined(frame, parts):
    for group in parts:
        for part in group:
            if part:
                frame = pd.concat([frame, part])
    return frame

def newest_first(frame, parts):
    for group in parts:
        frame = pd.concat([group.pop(), frame])
    return frame
"""


def look(source: SourceFile) -> Outcome:
    return lint(source, RULES, Project(), parse=True)


def rewritten(code: str) -> tuple[str, list[str]]:
    """The code with its fixes, and why there are no others."""
    after, outcome = fixed(SourceFile("example.py", code), look, unsafe=True)
    return after.original, [finding.unfixed for finding in outcome.findings]


def test_cached_method_runs_alike_and_frees_its_instance() -> None:
    after, left = rewritten(CACHED)
    told = []
    for code, is_freed in ((CACHED, False), (after, True)):
        names: dict[str, Any] = {}
        exec(code, names)
        report = names["Report"]([1, 2, 3])
        told.append(report.told())
        alive = weakref.ref(report)
        del report
        gc.collect()
        assert (alive() is None) is is_freed
    assert told[0] == told[1] == [6, 2.0, 6, 1]
    assert left == []
    assert "lru_cache" not in after


@pytest.mark.parametrize(
    "rest",
    [
        "def go(self, other): return other._size()",
        "def go(self): return map(str, [self._size])",
        "def go(self): return getattr(self, '_size')()",
        "def go(self): self._size()",
        "def go(self): return self._size() + vars(self)['_size']",
        "def __eq__(self, other): return self._size() == 1",
        "__slots__ = ()",
        "size = _size",
    ],
)
def test_cached_method_stays_where_its_value_or_another_call_may_be_seen(rest: str) -> None:
    code = dedent(
        f"""
        from functools import cache

        class Report:
            @cache
            def _size(self):
                return 1

            {rest}
        """
    )
    after, left = rewritten(code)
    assert after == code
    assert all(left)


@pytest.mark.parametrize("function", ["joined", "newest_first"])
@pytest.mark.parametrize("parts", [[], [[[1], [2]], [[3]]]])
def test_frame_is_the_same(monkeypatch: pytest.MonkeyPatch, function: str, parts: list[list[list[int]]]) -> None:
    joining = SimpleNamespace(concat=lambda parts: [row for part in parts for row in part])
    monkeypatch.setitem(sys.modules, "pandas", joining)
    after, left = rewritten(GROWN)
    given = []
    for code in (GROWN, after):
        names: dict[str, Any] = {}
        exec(code, names)
        given.append(names[function]([0], copy.deepcopy(parts)))
    assert given[0] == given[1]
    assert left == []
    assert "frame = pd.concat([" not in after


@pytest.mark.parametrize(
    ("loop", "reason"),
    [
        ("for part in parts: frame = pd.concat([frame, part.of(frame)])", "more than a frame"),
        ("for part in parts: frame = pd.concat([frame, part['rows']])", "more than a frame"),
        ("for part in parts: frame = pd.concat([frame, part.read()]).drop_duplicates()", "more than a frame"),
        ("while len(frame) < 9: frame = pd.concat([frame, parts.pop()])", "read before"),
        ("with contextlib.suppress(OSError):\n  for part in parts: frame = pd.concat([frame, part])", "fails"),
    ],
)
def test_frame_is_left_where_a_turn_may_matter(loop: str, reason: str) -> None:
    code = "import contextlib\nimport pandas as pd\n\ndef joined(frame, parts):\n"
    code += "".join(f"    {line}\n" for line in [*loop.split("\n"), "return frame"])
    after, (left,) = rewritten(code)
    assert after == code
    assert reason in left


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("sum(array)", "array.sum(axis=0)"),
        ("-max(array - 1)", "-(array - 1).max(axis=0)"),
        ("sum(array.tolist())", "array.sum().item()"),
        ("min(array.tolist())", "array.min(axis=0).item()"),
        ("np.array(list(range(1, size)), dtype=np.int64)", "np.arange(1, size, dtype=np.int64)"),
        ("np.asarray([each for each in range(size)], 'float32')", "np.arange(size, dtype='float32')"),
        ("np.array(range(size), dtype=np.uint8)", "np.array(range(size), dtype=np.uint8)"),
        ("np.array(range(size), dtype=object)", "np.array(range(size), dtype=object)"),
    ],
)
def test_array_does_it_itself(before: str, after: str) -> None:
    code = "import numpy as np\n\ndef read(rows, size):\n    array = np.asarray(rows)\n    return {}\n"
    assert rewritten(code.format(before))[0] == code.format(after)
