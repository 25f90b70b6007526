"""What a gate is asked about: the logical lines of some bytes."""

from __future__ import annotations

import pytest

from memlint.gate import Scan


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"f(1,  # (\n  2)\ng", [b"f(1,     2)", b"g"]),
        (b"def\\\nf(): pass", [b"def f(): pass"]),
        (b"# it goes on \\\nraise", [b"", b"raise"]),
        (b"x = rb'(' '''\n[''' \ny", [b"x = rb'' '' ", b"y"]),
        (b"if'(': x\ny", [b"if'': x", b"y"]),
        (b"f(f'{x})' + '(')\ng", [b"f(f'{x})'( + '')", b"g"]),
        (b"x = Rf'[{y}'\nz", [b"x = Rf'[{y}')", b"z"]),
        (b"x = f'''\n{y}\n'''\nz", [b"x = f''' {y} '''", b"z"]),
    ],
)
def test_lines(text: bytes, lines: list[bytes]) -> None:
    assert Scan(text).lines == lines
