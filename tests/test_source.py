"""Bytes to text and back."""

from __future__ import annotations

import pytest

from memlint.model import Edit, Position
from memlint.source import SourceFile, Undecodable


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_edits_keep_the_line_ends(newline: str) -> None:
    original = newline.join(["a = 1", "b = 2", "c = 3", ""])
    source = SourceFile("a.py", original)
    edits = [
        Edit(Position(3, 5), Position(3, 6), "30"),
        Edit(Position(1, 6), Position(2, 6), ""),
        Edit(Position(1, 1), Position(1, 1), "import x\n"),
    ]
    assert source.lines == ["a = 1", "b = 2", "c = 3", ""]
    assert source.edited(edits).original == newline.join(["import x", "a = 1", "c = 30", ""])


def test_text_between() -> None:
    source = SourceFile("a.py", "first\r\nsecond\r\nthird")
    assert source.between(Position(1, 3), Position(1, 5)) == "rs"
    assert source.between(Position(1, 3), Position(3, 3)) == "rst\nsecond\nth"


def test_columns_of_wide_characters() -> None:
    source = SourceFile("a.py", "x = '日本', y")
    assert [source.column(1, offset) for offset in (0, 4, 12, 14)] == [1, 5, 9, 11]


def test_bytes_survive() -> None:
    for data in (b"\xef\xbb\xbfx = 1\n", "# coding: latin-1\nx = 'é'\r\n".encode("latin-1"), b""):
        assert SourceFile.from_bytes("a.py", data).to_bytes() == data


@pytest.mark.parametrize(
    ("data", "message", "line"),
    [
        (b"x\n\n# \xff\n", "byte 0xff is not utf-8", 3),
        (b"# coding: ascii\rx = '\xe9'", "byte 0xe9 is not ascii", 2),
        (b"# coding: nothing\n", "unknown encoding: nothing", 1),
        (b"\xef\xbb\xbf# coding: latin-1\n", "encoding problem: utf-8", 1),
    ],
)
def test_what_is_not_text(data: bytes, message: str, line: int) -> None:
    with pytest.raises(Undecodable, match=message) as caught:
        SourceFile.from_bytes("a.py", data)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("x = 1\n", '"'),
        ("x = 'a', 'b', \"c\"\n", "'"),
        ('"""Don\'t, it isn\'t."""\nx = "a"\n', '"'),
        ("x = ''\n", "'"),
        ('x = "", ""\n', '"'),
    ],
)
def test_the_quotation_mark_that_a_file_uses(text: str, quote: str) -> None:
    assert SourceFile("a.py", text).quote == quote
