from __future__ import annotations

from memlint.model import Edit, Position
from memlint.report.patch import patch
from memlint.report.view import View

SOURCE = ["import os", "", "with open(p) as f:", "    a = f.read()", "", "    b = a", "print(b)"]


def drawn(*edits: tuple[tuple[int, int], tuple[int, int], str], lines: list[str] | None = None) -> list[str]:
    made = [Edit(Position(*start), Position(*end), content) for start, end, content in edits]
    rows = patch(SOURCE if lines is None else lines, made, View())
    return [f"{row.number} {row.sign} {row.text}" for row in rows]


def test_part_of_a_line() -> None:
    assert drawn(((4, 9), (4, 17), "list(f)")) == ["4 -     a = f.read()", "4 +     a = list(f)"]


def test_several_edits_of_one_line_in_any_order() -> None:
    assert drawn(((7, 7), (7, 8), "a"), ((7, 1), (7, 6), "log")) == ["7 - print(b)", "7 + log(a)"]


def test_edits_at_one_place_keep_their_order() -> None:
    assert drawn(((7, 1), (7, 1), "one\n"), ((7, 1), (7, 1), "two\n")) == ["7 + one", "8 + two"]


def test_inserted_line_moves_the_numbers_below() -> None:
    assert drawn(((2, 1), (2, 1), "import sys\n"), ((7, 7), (7, 8), "a")) == [
        "2 + import sys",
        "7 - print(b)",
        "8 + print(a)",
    ]


def test_deleted_line_moves_the_numbers_below() -> None:
    assert drawn(((1, 1), (2, 1), ""), ((7, 7), (7, 8), "a")) == [
        "1 - import os",
        "7 - print(b)",
        "6 + print(a)",
    ]


def test_unchanged_lines_within_an_edit_are_left_out() -> None:
    body = "a = open(p).read()\n\nb = a\n"
    assert drawn(((3, 1), (7, 1), body)) == [
        "3 - with open(p) as f:",
        "4 -     a = f.read()",
        "3 + a = open(p).read()",
        "6 -     b = a",
        "5 + b = a",
    ]


def test_line_at_the_end_of_the_file() -> None:
    assert drawn(((8, 1), (8, 1), "print(a)\n")) == ["8 + print(a)"]


def test_end_of_a_file_without_a_last_newline() -> None:
    assert drawn(((7, 9), (7, 9), "\nprint(a)")) == ["8 + print(a)"]


def test_only_newlines_end_a_line() -> None:
    assert drawn(((1, 1), (1, 2), "\x0c\u2028"), lines=["x"]) == ["1 - x", r"1 + \x0c\u2028"]


def test_tabs_are_expanded() -> None:
    assert drawn(((1, 2), (1, 3), "y"), lines=["\tx"]) == ["1 -     x", "1 +     y"]


def test_edits_that_no_longer_fit_do_no_harm() -> None:
    assert drawn(((9, 3), (9, 5), "y"), lines=["x"]) == ["9 - ", "9 + y"]
