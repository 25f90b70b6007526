"""What goes from one place to another in one piece."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

HEAD = (
    "import hashlib, requests\nfrom typing import BinaryIO\nfrom urllib.request import urlopen\n"
    "s, t = open(p), open(q, 'w')\n"
)


def facts_of(code: str) -> tuple[Facts, ast.Module]:
    source = SourceFile("example.py", HEAD + code)
    module = ast.parse(HEAD + code)
    return Facts(source, Tree(source, module), Project()), module


@pytest.mark.parametrize(
    ("code", "copied"),
    [
        ("with open(p) as s, open(q, 'w') as t: t.write(s.read())", "text file to file"),
        ("with open(q, 'w') as t: t.write(requests.get(u).content)", "response to file"),
        ("hashlib.md5(urlopen(u).read())", "stream to hash"),
        ("with open(p) as s, open(q, 'w') as t: t.write(s.read(9))", ""),
        ("with open(p) as s: s.write(s.read())", ""),
        ("with open(p) as s: x.write(s.read())", ""),
        ("hashlib.md5(requests.get(u, stream=True).content)", ""),
        ("with open('a.txt') as s: hashlib.md5(s.read())", ""),
        ("def f():\n with open(__file__) as s: hashlib.md5(s.read())", ""),
        ("def f(static_folder):\n with open(static_folder) as s: hashlib.md5(s.read())", ""),
        ("def f(s: BinaryIO):\n with open(q, 'w') as t: t.write(s.read())", ""),
    ],
)
def test_what_is_read_whole_to_be_written_or_hashed_is_copied(code: str, copied: str) -> None:
    facts, module = facts_of(code)
    found = [each for node in ast.walk(module) if isinstance(node, ast.Call) and (each := facts.transfers.copied(node))]
    assert "".join(f"{each.kind} to {each.taker}" for each in found) == copied


@pytest.mark.parametrize(
    ("code", "is_streamed"),
    [
        ("requests.get(u, stream=True).content", True),
        ("r = requests.get(u, stream=True)\nr.content", True),
        ("requests.get(u).content", False),
        ("r = requests.get(u, stream=True)\nr.headers\nr.content", False),
    ],
)
def test_a_stream_that_nothing_bounds_is_read_whole(code: str, is_streamed: bool) -> None:
    facts, module = facts_of(code)
    attributes = [node for node in ast.walk(module) if isinstance(node, ast.Attribute)]
    assert any(facts.transfers.streamed(each) for each in attributes) is is_streamed
