"""Files and paths, told by what opens, makes or annotates them."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def last_name(code: str) -> tuple[Facts, ast.Name]:
    """The facts of a piece of code, and the last of its names that is read as `f`."""
    source = SourceFile("example.py", code)
    module = ast.parse(code)
    reads = [node for node in ast.walk(module) if isinstance(node, ast.Name) and node.id == "f"]
    loads = [node for node in reads if isinstance(node.ctx, ast.Load)]
    return Facts(source, Tree(source, module), Project()), max(loads, key=lambda name: (name.lineno, name.col_offset))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("f = open(p)\nf", "text file"),
        ("f = open(p, 'rb')\nf", "binary file"),
        ("f = open(p, mode='r')\nf", "text file"),
        ("f = open(p, mode)\nf", None),
        ("f = open(p, **options)\nf", None),
        ("f = open('/proc/self/status')\nf", "kernel file"),
        ("f = open(f'/sys/{name}')\nf", "kernel file"),
        ("with open(p) as f: f", "text file"),
        ("from gzip import open as unzip\nf = unzip(p)\nf", "binary file"),
        ("import lzma\nf = lzma.open(p, 'rt')\nf", "text file"),
        ("import tempfile\nf = tempfile.TemporaryFile()\nf", "binary file"),
        ("import codecs\nf = codecs.open(p)\nf", None),
        ("import io\nf = io.StringIO()\nf", None),
        ("import sys\nf = sys.stdin\nf", "text file"),
        ("from sys import stdin as f\nf", None),
        ("from pathlib import Path\nf = Path(p)\nf", "path"),
        ("from pathlib import Path\nf = (Path(p) / 'a').with_suffix('.b').parent\nf", "path"),
        ("from pathlib import Path\nf = Path(p).open()\nf", "text file"),
        ("from pathlib import Path\nf = Path(p)\nf = f.parent\nf", "path"),
        ("def g(f):\n f = f / 2\n f", None),
        ("import typing\ndef g(f: typing.TextIO):\n f", "text file"),
        ("import typing\ndef g(f: typing.IO[bytes] = None):\n f", "binary file"),
        ("import typing\ndef g(f: typing.Optional[typing.BinaryIO]):\n f", "binary file"),
        ("import typing\ndef g(f: typing.TextIO | None):\n f", "text file"),
        ("import typing\ndef g(f: typing.IO):\n f", None),
        ("import typing\nf: typing.TextIO = take()\nf", "text file"),
        ("from pathlib import Path\ndef g(p: Path):\n with p.open('rb') as f:\n  f", "binary file"),
    ],
)
def test_kind(code: str, kind: str | None) -> None:
    facts, name = last_name(code)
    assert facts.kinds.of(name) == kind


def test_kind_of_what_reaches_a_use() -> None:
    facts, name = last_name("def g(p):\n f = []\n with open(p) as f:\n  f")
    assert facts.kinds.of(name) is None
    assert facts.kind(name) == "text file"
