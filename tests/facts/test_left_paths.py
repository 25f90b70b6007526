"""Which temporary files and folders nobody removes."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

HEAD = "import os, shutil, subprocess, tempfile\nfrom pathlib import Path\ndef work(self, keep):\n    "


def left(body: str) -> list[str]:
    source = SourceFile.from_bytes("example.py", (HEAD + body).encode())
    facts = Facts(source, Tree(source, ast.parse(source.text)), Project())
    calls = [node for node in ast.walk(facts.tree.module) if isinstance(node, ast.Call)]
    return [sort for call in calls if (sort := facts.left_paths.left(call))]


@pytest.mark.parametrize(
    ("body", "sort"),
    [
        ("tempfile.mkdtemp()", "folder"),
        ("d = Path(tempfile.mkdtemp()); (d / 'a').write_text('')", "folder"),
        ("h, p = tempfile.mkstemp(); open(p)", "file"),
        ("f = tempfile.NamedTemporaryFile(delete=False); subprocess.run(['ls', f.name])", "file"),
    ],
)
def test_what_is_only_used_is_left(body: str, sort: str) -> None:
    assert left(body) == [sort]


@pytest.mark.parametrize(
    "body",
    [
        "return tempfile.mkdtemp()",
        "self.d = tempfile.mkdtemp()",
        "d = tempfile.mkdtemp(); keep(d)",
        "d = tempfile.mkdtemp(); shutil.rmtree(d)",
        "d = tempfile.mkdtemp(); yield os.path.join(d, 'a')",
        "f = tempfile.NamedTemporaryFile(); f.write(b'')",
        "pair = tempfile.mkstemp(); keep(pair)",
    ],
)
def test_what_gets_out_or_goes_is_not(body: str) -> None:
    assert left(body) == []
