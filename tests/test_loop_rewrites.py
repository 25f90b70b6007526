"""The rewrites of loops that copy all that there is in each turn: what they write runs alike, and what they leave."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

from memlint.registry import all_rules
from memlint.source import SourceFile
from memlint.testing import findings

RULES = [rule for rule in all_rules() if rule.code in ("ML406", "ML407", "ML416")]

JOINED = """
def gather(parts):
    data = b""
    for _ in range(len(parts)):
        part = parts.pop()
        data += part
    return data
"""
CUT = """
def split(data: bytes):
    found = []
    while data:
        size = data[0]
        if len(data) < size + 1 or not data:
            break
        found.append(data[1 : size + 1])
        data = data[size + 1 :]
    return found
"""
QUEUE = """
import os

def walk(tree):
    found = []
    todo = ["a"]
    while todo:
        name = todo.pop(0)
        found.append(name)
        todo.extend(tree.get(name, ()))
    return found
"""


def rewritten(code: str) -> str:
    """The code with the one fix that it has."""
    (finding,) = findings(code, *RULES)
    assert finding.fix is not None
    return SourceFile("example.py", code).edited(finding.fix.edits).original


def run(code: str, function: str, argument: object) -> object:
    names: dict[str, Any] = {}
    exec(code, names)
    return names[function](argument)


@pytest.mark.parametrize(
    ("code", "function", "arguments"),
    [
        (JOINED, "gather", [[], [b"one"], [b"one", b"two", b"three"]]),
        (CUT, "split", [b"", b"\x01a", b"\x02ab\x03cde\x01f", b"\x09short", b"\x00\x00\x01a"]),
        (QUEUE, "walk", [{}, {"a": ["b", "c"], "b": ["d"], "c": ["e", "f"], "e": ["g"]}]),
    ],
    ids=["joined", "position", "deque"],
)
def test_the_rewritten_loop_gives_the_same(code: str, function: str, arguments: list[Any]) -> None:
    after = rewritten(code)
    assert after != code
    for argument in arguments:
        first, second = (list(argument), list(argument)) if isinstance(argument, list) else (argument, argument)
        assert run(after, function, first) == run(code, function, second)


@pytest.mark.parametrize(
    "code",
    [
        JOINED.replace("data += part", "data += part\n        if b'.' in data:\n            break"),
        JOINED.replace("return data", "return data, data_parts").replace(
            "def gather(parts):", "def gather(parts, data_parts):"
        ),
        """
        def gather(connection, buffer):
            data = b""
            while connection.readinto(buffer):
                data += buffer
            return data
        """,
        """
        def gather(connection):
            data = b""
            try:
                while part := connection.recv(4096):
                    data += part
            except OSError:
                print(data)
            return data
        """,
        CUT.replace("found.append(data[1 : size + 1])", "found.append(decode(data))"),
        CUT.replace("found.append(data[1 : size + 1])", "found.append(data[-size:])"),
        CUT.replace("return found", "return found, data"),
        QUEUE.replace("return found", "return found, todo"),
        QUEUE.replace("found.append(name)", "found.append(todo[:1])"),
        QUEUE.replace("import os\n", ""),
        QUEUE.replace('todo = ["a"]', 'todo: list = ["a"]'),
    ],
)
def test_what_would_change_more_is_left(code: str) -> None:
    (finding,) = findings(dedent(code), *RULES)
    assert finding.fix is None
    assert finding.unfixed
