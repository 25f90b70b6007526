"""Annotations that a fix widens by None, as the oldest Python of a project reads them."""

from __future__ import annotations

import pytest

from memlint.engine import lint
from memlint.facts.project import Project
from memlint.fixing import fixed
from memlint.model import Outcome
from memlint.registry import find
from memlint.source import SourceFile

RULE = find("ML201")
OLD, NEW = (3, 8), (3, 10)


def widened(parameter: str, target: tuple[int, int], imports: str) -> str:
    """The head of a file, up to the function's body, as the fix writes it; empty where there is no fix."""
    text = f"{imports}def f({parameter} = []):\n    rows.append(1)\n"

    def look(source: SourceFile) -> Outcome:
        return lint(source, [RULE], Project(target))

    after, _ = fixed(SourceFile("a.py", text), look, unsafe=True)
    return "" if after.text == text else after.text.partition(" = None):")[0]


TYPING = "from typing import Annotated, List, Optional, Union\n\n\n"


@pytest.mark.parametrize(
    ("annotation", "target", "expected"),
    [
        ("list[int]", NEW, "list[int] | None"),
        ("list[int]", OLD, "Optional[list[int]]"),
        ("List[int]", OLD, "Optional[List[int]]"),
        ("(List[int])", NEW, "(List[int]) | None"),
        ("Union[list, set]", NEW, "Union[list, set] | None"),
        ("Union[list, set]", OLD, "Optional[Union[list, set]]"),
        ("Union[list, None]", OLD, "Union[list, None]"),
        ("Optional[list]", OLD, "Optional[list]"),
        ("list | set", NEW, "list | set | None"),
        ("'list[int]'", NEW, "'list[int] | None'"),
        ("'list[int]'", OLD, "Optional['list[int]']"),
        ("Annotated[list, 'rows']", NEW, "Annotated[list | None, 'rows']"),
        ("Annotated[list, 'rows']", OLD, "Annotated[Optional[list], 'rows']"),
        ("Annotated[Optional[list], 'rows']", OLD, "Annotated[Optional[list], 'rows']"),
    ],
)
def test_widened(annotation: str, target: tuple[int, int], expected: str) -> None:
    assert widened(f"rows: {annotation}", target, TYPING) == f"{TYPING}def f(rows: {expected}"


@pytest.mark.parametrize(
    ("imports", "expected"),
    [
        ("", "import typing\n\n\ndef f(rows: typing.Optional[list]"),
        ("import typing as t\n\n\n", "import typing as t\n\n\ndef f(rows: t.Optional[list]"),
        (
            "import sys\nimport zlib\n\n\n",
            "import sys\nimport typing\nimport zlib\n\n\ndef f(rows: typing.Optional[list]",
        ),
        ("typing = 1\n\n\n", ""),
    ],
)
def test_optional_is_imported(imports: str, expected: str) -> None:
    assert widened("rows: list", OLD, imports) == expected
