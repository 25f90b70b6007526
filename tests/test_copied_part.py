"""A part of a large buffer that becomes a copy: it holds the same and the buffer goes; and what is left alone."""

from __future__ import annotations

import sys
import tracemalloc
from types import SimpleNamespace
from typing import Any

import pytest

from memlint.engine import lint
from memlint.facts.project import Project
from memlint.fixing import fixed
from memlint.model import Outcome
from memlint.registry import all_rules
from memlint.source import SourceFile
from memlint.testing import findings

RULES = [rule for rule in all_rules() if rule.code == "ML417"]
SIZE = 10_000_000

VIEWS = f"""
class Message:
    def read(self):
        data = bytearray({SIZE})
        data[1] = 7
        view = memoryview(data)
        self.head = view[:4]
        start = view[1:3]
        return start, memoryview(data)[-2:]

def kept():
    message = Message()
    return [message.head, *message.read(), message.head][1:]
""".replace("[message.head, ", "[0, ")
ARRAYS = f"""
import numpy

class Signal:
    def read(self):
        samples = numpy.zeros({SIZE})
        self.head = samples[:3]
        return len(samples), samples[2:4]

def kept():
    signal = Signal()
    return [signal.read()[1], signal.head]
"""


class Array:
    """What of an array of NumPy the example needs."""

    def __init__(self, base: bytes | memoryview) -> None:
        self.base = memoryview(base)

    def __getitem__(self, part: slice) -> Array:
        return Array(self.base[part])

    def __len__(self) -> int:
        return len(self.base)

    def __bytes__(self) -> bytes:
        return bytes(self.base)

    def copy(self) -> Array:
        return Array(bytes(self.base))


def rewritten(code: str) -> str:
    """The code with all the fixes that it has."""

    def look(source: SourceFile) -> Outcome:
        return lint(source, RULES, Project(), parse=True)

    return fixed(SourceFile("example.py", code), look, unsafe=True)[0].original


@pytest.mark.parametrize("code", [VIEWS, ARRAYS])
def test_parts_hold_the_same_and_no_buffer(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", SimpleNamespace(zeros=lambda size: Array(bytes(size))))
    told = []
    for text, is_freed in ((code, False), (rewritten(code), True)):
        names: dict[str, Any] = {}
        exec(text, names)
        tracemalloc.start()
        kept = names["kept"]()
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert (held < SIZE) is is_freed
        told.append([bytes(each) for each in kept])
    assert told[0] == told[1]


READ = "import numpy as np\nfrom random import shuffle\n\nclass Signal:\n    def read(self, path, other):\n"


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("samples[0] = 1", "`samples` is used later"),
        ("samples.sort()", "`samples` is used later"),
        ("samples += 1", "how `samples` is copied is not known"),
        ("rest = samples[5:]\nrest[0] = 1", "`samples` is used later"),
        ("return lambda: len(samples)", "a function inside uses `samples`"),
        ("self.head[0] = 1", "`head` is written to"),
        ("self.head += 1", "`head` is written to"),
        ("np.add(1, 2, out=self.head)", "`head` is written to"),
        ("shuffle(other.head)", "`head` is written to"),
        ("np.random.shuffle(other.head[2:])", "`head` is written to"),
        ("other.head.fill(0)", "`head` is written to"),
        ("return samples.mean(), samples.shape, len(samples), samples[0], samples > 0", ""),
    ],
)
def test_a_part_of_an_array_stays_where_it_may_be_written(lines: str, reason: str) -> None:
    code = READ + "        samples = np.load(path)\n        self.head = samples[:4]\n"
    code += "".join(f"        {line}\n" for line in lines.split("\n"))
    found = findings(code, *RULES)
    assert [bool(finding.fix) for finding in found] == [not reason]
    assert reason in found[0].unfixed


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("data = np.zeros(10**8)\nself.head = memoryview(data)[:4]", "may be other than bytes"),
        (
            "data = bytearray(10**8)\nself.head = memoryview(data)[:4]\nreturn self.head.cast('I')",
            "`head.cast` needs a",
        ),
        (
            "data = bytearray(10**8)\nhead = memoryview(data)[:4]\nself.head = head\nprint(head.obj)",
            "`head.obj` needs a",
        ),
        ("data = bytearray(10**8)\nself.head = memoryview(data)[:4]\nbytes = 1", "`bytes` means something else here"),
        ("data = bytearray(10**8)\nview = memoryview(data)\nself.head = view[:4]\nother.readinto(view)", "used later"),
        (
            "data = bytearray(10**8)\nfor each in other:\n  data[0] = 1\n  self.head = memoryview(data)[:4]",
            "used later",
        ),
    ],
)
def test_a_part_of_a_view_stays_where_bytes_would_not_do(lines: str, reason: str) -> None:
    code = READ + "".join(f"        {line}\n" for line in lines.split("\n"))
    (finding,) = findings(code, *RULES)
    assert finding.fix is None
    assert reason in finding.unfixed
