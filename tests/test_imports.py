"""Where a fix adds an import that it needs."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.fixes.imports import importable, reachable
from memlint.source import SourceFile


def added(text: str, needs: str, *, anywhere: bool = False) -> tuple[str, str] | None:
    """How `needs` is written where `here` stands, and the text with the import that this takes."""
    source = SourceFile("a.py", text)
    module = ast.parse(text)
    facts = Facts(source, Tree(source, module), Project())
    (here,) = (node for node in ast.walk(module) if isinstance(node, ast.Name) and node.id == "here")
    package, _, name = needs.rpartition(".")
    found = (importable if anywhere else reachable)(facts, package, name, here)
    return None if found is None else (found[0], source.edited(found[1]).original)


USE = "\n\ndef f():\n    return here\n"


@pytest.mark.parametrize(
    ("imports", "expected"),
    [
        ("import os\nimport sys\n", "import contextlib\nimport os\nimport sys\n"),
        ("import abc\nimport sys\n", "import abc\nimport contextlib\nimport sys\n"),
        ("import abc\nimport ast\n", "import abc\nimport ast\nimport contextlib\n"),
        (
            "import abc\nimport ast  # for names\n\nimport attrs\n",
            "import abc\nimport ast  # for names\nimport contextlib\n\nimport attrs\n",
        ),
        ("from abc import ABC\nfrom os import path\n", "import contextlib\nfrom abc import ABC\nfrom os import path\n"),
        (
            "from abc import ABC\nimport ast\nfrom os import path\nimport sys\n",
            "from abc import ABC\nimport ast\nimport contextlib\nfrom os import path\nimport sys\n",
        ),
        ("import attrs\n\nfrom . import own\n", "import contextlib\n\nimport attrs\n\nfrom . import own\n"),
        ("from . import own\n", "import contextlib\n\nfrom . import own\n"),
        ("# licence\nimport attrs\n", "# licence\nimport contextlib\n\nimport attrs\n"),
        ("# licence\n\n# others\nimport attrs\n", "# licence\n\nimport contextlib\n\n# others\nimport attrs\n"),
        (
            '"""Text."""\n\nfrom __future__ import annotations\n\nimport sys\n',
            '"""Text."""\n\nfrom __future__ import annotations\n\nimport contextlib\nimport sys\n',
        ),
        (
            "import (\n" if False else "from os import (\n    path,\n)\nimport sys\n",
            "import contextlib\nfrom os import (\n    path,\n)\nimport sys\n",
        ),
    ],
)
def test_an_import_is_added_in_order(imports: str, expected: str) -> None:
    assert added(imports + USE, "contextlib.closing") == ("contextlib.closing", expected + USE)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("", "import weakref\n\n\ndef f():\n    return here\n"),
        ('"""Text."""\n', '"""Text."""\n\nimport weakref\n\n\ndef f():\n    return here\n'),
        ('"""Text."""\n\n', '"""Text."""\n\nimport weakref\n\n\ndef f():\n    return here\n'),
        ("# licence\n\n", "# licence\n\nimport weakref\n\n\ndef f():\n    return here\n"),
        (
            "from __future__ import annotations\n\n\n",
            "from __future__ import annotations\n\nimport weakref\n\n\ndef f():\n    return here\n",
        ),
    ],
)
def test_the_first_import_of_a_file(head: str, expected: str) -> None:
    assert added(f"{head}def f():\n    return here\n", "weakref.ref", anywhere=True) == ("weakref.ref", expected)


@pytest.mark.parametrize(
    ("imports", "written"),
    [
        ("import contextlib\n", "contextlib.closing"),
        ("import contextlib as ctx\n", "ctx.closing"),
        ("from contextlib import closing\n", "closing"),
        ("from contextlib import closing as closed\n", "closed"),
    ],
)
def test_an_import_that_is_there_is_used(imports: str, written: str) -> None:
    assert added(imports + USE, "contextlib.closing") == (written, imports + USE)


@pytest.mark.parametrize(
    "text",
    [
        "import sys\ncontextlib = sys\n" + USE,
        "from sys import *\n" + USE,
        "import sys; import os\n" + USE,
        "import sys\n\n\ndef f(contextlib):\n    return here\n",
    ],
)
def test_no_import_can_be_added(text: str) -> None:
    assert added(text, "contextlib.closing") is None
