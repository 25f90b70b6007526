from __future__ import annotations

import pytest

from memlint.model import Position
from memlint.report.excerpt import excerpt
from memlint.report.view import View


def drawn(lines: list[str], start: tuple[int, int], end: tuple[int, int], encoding: str = "utf-8") -> list[str]:
    view = View(encoding=encoding)
    rows = excerpt(lines, Position(*start), Position(*end), view, context=1, style="warning")
    return [f"{row.number:>2} {row.sign} {row.text}".rstrip() for row in rows]


def test_one_line_of_context_on_either_side() -> None:
    assert drawn(["a = 1", "b = 2", "c = 3", "d = 4", "e = 5"], (3, 5), (3, 6)) == [
        " 2 | b = 2",
        " 3 | c = 3",
        "   |     ^",
        " 4 | d = 4",
    ]


def test_first_line_of_a_longer_anchor() -> None:
    assert drawn(["x = [", "    1,", "]"], (1, 5), (3, 2)) == [
        " 1 | x = [",
        "   |     ^",
        " 2 |     1,",
    ]


def test_tabs_are_expanded_to_stops() -> None:
    assert drawn(["\tif x:", "\t\ty =\tz"], (2, 3), (2, 8)) == [
        " 1 |     if x:",
        " 2 |         y = z",
        "   |         ^^^^^",
    ]


def test_a_tab_in_the_anchor_is_marked_whole() -> None:
    assert drawn(["a\tb"], (1, 1), (1, 4)) == [
        " 1 | a   b",
        "   | ^^^^^",
    ]


@pytest.mark.parametrize(
    ("line", "start", "end", "marks"),
    [
        ("名前 = open(道)", 6, 10, "       ^^^^"),
        ("f('日本', x)", 4, 6, "   ^^^^"),
        ("e\u0301 = x", 6, 7, "    ^"),
        ("e\u0301 = x", 1, 3, "^"),
        ("'\U0001f600' + x", 7, 8, "       ^"),
        ("'a\u200db' + x", 9, 10, "       ^"),
        ("ｈａｌｆ", 1, 3, "^^^^"),
    ],
)
def test_carets_count_columns_not_characters(line: str, start: int, end: int, marks: str) -> None:
    assert drawn([line], (1, start), (1, end)) == [f" 1 | {line}", f"   | {marks}"]


def test_carets_follow_an_escape() -> None:
    assert drawn(["'\x1b' + x"], (1, 7), (1, 8)) == [
        r" 1 | '\x1b' + x",
        "   |          ^",
    ]


def test_carets_follow_what_the_stream_cannot_encode() -> None:
    assert drawn(["'é日' + x"], (1, 8), (1, 9), encoding="latin-1") == [
        r" 1 | 'é\u65e5' + x",
        "   |             ^",
    ]


def test_no_width_still_has_a_caret() -> None:
    assert drawn(["x = ("], (1, 6), (1, 6)) == [
        " 1 | x = (",
        "   |      ^",
    ]


def test_line_after_the_last() -> None:
    assert drawn(["x = ("], (2, 1), (2, 1)) == [
        " 1 | x = (",
        " 2 |",
        "   | ^",
    ]


@pytest.mark.parametrize("lines", [[], ["x"]])
def test_no_such_line(lines: list[str]) -> None:
    assert drawn(lines, (3, 1), (3, 2)) == []


def test_a_column_that_is_no_longer_there() -> None:
    assert drawn(["x"], (1, 30), (1, 40)) == [
        " 1 | x",
        "   |  ^",
    ]


def test_absurdly_long_lines_are_cut_around_the_anchor() -> None:
    long = "x" * 1000 + "needle" + "y" * 1000
    above, line, marks = drawn([long, long], (2, 1001), (2, 1007))
    assert above == " 1 | " + "x" * 300 + "..."
    assert line == " 2 | ..." + "x" * 40 + "needle" + "y" * 254 + "..."
    assert marks == "   |    " + " " * 40 + "^^^^^^"
