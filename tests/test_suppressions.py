"""What comments switch off, and what memlint says of such comments."""

from __future__ import annotations

from pathlib import Path

import pytest

from memlint.source import SourceFile
from tests.command import memlint

RING = """\
class Ring:
    def __init__(self):
        self.root = self{comment}
"""


def read(text: str) -> list[tuple[str, list[tuple[str, int, int]]]]:
    """The suppressions of a text: word, then the codes with first and last line; the last of a file is -1."""
    last = len(text.split("\n"))
    return [
        (each.word, [(code.text, code.first, code.last if code.last <= last else -1) for code in each.codes])
        for each in SourceFile("a.py", text).suppressions
        if not each.fault
    ]


def test_comments_on_a_line() -> None:
    text = """\
x = 1  # memlint: ignore[ML101, ML2] because
y = 2  # noqa: E501, ml404
z = "# memlint: ignore[ML1]"  # type: ignore  # noqa:ML405
v = 3  # noqa
w = 4  # memlint: ignore for now, see #12  # noqa: ML1
"""
    assert read(text) == [
        ("ignore", [("ML101", 1, 1), ("ML2", 1, 1)]),
        ("noqa", [("E501", 2, 2), ("ML404", 2, 2)]),
        ("noqa", [("ML405", 3, 3)]),
        ("noqa", [("ALL", 4, 4)]),
        ("ignore", [("ALL", 5, 5)]),
        ("noqa", [("ML1", 5, 5)]),
    ]


def test_what_is_no_code_and_no_comment_of_ours() -> None:
    assert read("x = 1  # noqa: because\ny = 2  # noqa-me\nz = 3  # flake8: noqa\n# about memlint: ignore[ML1]\n") == []


def test_ranges_nest_and_end_with_the_file() -> None:
    text = """\
# memlint: off[ML101, ML102]
# memlint: off[ML101]
# memlint: on[ML101]
# memlint: on[ML102]
# memlint: off
# memlint: on
# memlint: on[ML103]
# memlint: ignore-file[ML601]
"""
    assert read(text) == [
        ("off", [("ML101", 1, -1), ("ML102", 1, 4)]),
        ("off", [("ML101", 2, 3)]),
        ("on", [("ML101", 3, 3)]),
        ("on", [("ML102", 4, 4)]),
        ("off", [("ALL", 5, 6)]),
        ("on", [("ALL", 6, 6)]),
        ("on", [("ML103", 7, 0)]),
        ("ignore-file", [("ML601", 1, -1)]),
    ]


def check(folder: Path, text: str, *arguments: str) -> list[str]:
    """What is told of a file, without its name."""
    path = folder / "a.py"
    path.write_bytes(text.encode())
    done = memlint("check", "--isolated", "-q", *arguments, "a.py", cwd=folder)
    assert not done.stderr
    return [line.removeprefix("a.py:") for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("before", "comment", "after"),
    [
        ("", "  # memlint: ignore", ""),
        ("", "  # noqa", ""),
        ("", "  # NoQA: E501,ML101", ""),
        ("", "  # memlint: ignore[self-reference] by name", ""),
        ("", "", "# memlint: ignore-file\n"),
        ("", "", "# memlint: ignore-file[ML1]\n"),
        ("# memlint: off\n", "", ""),
        ("# memlint: off[ML101]\n", "", "# memlint: on[ML101]\n"),
    ],
)
def test_forms_that_switch_a_finding_off(tmp_path: Path, before: str, comment: str, after: str) -> None:
    assert check(tmp_path, before + RING.format(comment=comment) + after, "--select", "ML101") == []


@pytest.mark.parametrize(
    ("before", "comment"),
    [
        ("# memlint: ignore-file[ML6]\n", ""),
        ("# memlint: off\n# memlint: on\n", ""),
        ("", "  # noqa: F401, XY123"),
        ("", "  # noqa: no codes here"),
    ],
)
def test_forms_that_do_not(tmp_path: Path, before: str, comment: str) -> None:
    lines = check(tmp_path, before + RING.format(comment=comment), "--select", "ML101")
    assert [line.split(" ")[1] for line in lines] == ["ML101"]


UNUSED = "x = 1  # memlint: ignore[ML103]\n"
TOLD = ["1:8: ML001 [*] `ML103` finds nothing here; remove the comment"]


@pytest.mark.parametrize(
    ("arguments", "is_told"),
    [
        ([], True),
        (["--select", "ML001,ML103"], True),
        (["--select", "ML001"], False),
        (["--select", "ML103"], False),
        (["--ignore", "ML103"], False),
        (["--ignore", "unused-suppression"], False),
        (["--min-severity", "warning"], False),
    ],
)
def test_unused_is_what_a_rule_of_this_run_does_not_need(tmp_path: Path, arguments: list[str], is_told: bool) -> None:
    assert check(tmp_path, UNUSED, *arguments) == (TOLD if is_told else [])
    assert check(tmp_path, UNUSED, *arguments) == (TOLD if is_told else []), "from the cache"


def test_a_code_of_rules_that_are_off_is_unused_where_all_are_selected(tmp_path: Path) -> None:
    text = "x = 1  # memlint: ignore[ML6]\ny = 1  # memlint: ignore\n"
    assert check(tmp_path, text) == []
    assert check(tmp_path, text, "--select", "ALL") == [
        "1:8: ML001 [*] `ML6` finds nothing here; remove the comment",
        "2:8: ML001 [*] no rule finds anything here; remove the comment",
    ]


def test_a_comment_above_the_line_that_it_is_about_is_told_where_it_belongs(tmp_path: Path) -> None:
    assert check(tmp_path, "# memlint: ignore[ML103]\nx = 1\n") == [
        "1:1: ML001 [*] `ML103` finds nothing here; remove the comment, or put it behind the line that it is about"
    ]


def test_per_file_ignores_hold_for_it_and_leave_the_comments_of_other_rules_in_use(tmp_path: Path) -> None:
    (tmp_path / "memlint.toml").write_text('[per-file-ignores]\n"a.py" = ["ML101"]\n"b.py" = ["ML001"]\n')
    (tmp_path / "a.py").write_text(RING.format(comment="  # memlint: ignore[ML101]"))
    (tmp_path / "b.py").write_text(UNUSED)
    assert memlint("check", "-q", "--select", "ML0,ML1", cwd=tmp_path).stdout == ""


def test_a_finding_that_is_dropped_in_tests_needs_its_comment(tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text(RING.format(comment="  # memlint: ignore[ML101]"))
    assert memlint("check", "--isolated", "-q", "--select", "ML0,ML1", cwd=tmp_path).stdout == ""


def test_a_file_that_is_no_python_is_a_syntax_error_alone(tmp_path: Path) -> None:
    lines = check(tmp_path, f"{UNUSED}def\n# memlint: igrone\n# memlint: ignore-file\n")
    assert [line.split(" ")[1] for line in lines] == ["ML000"]


def test_what_cannot_be_read_is_told_with_the_way_out(tmp_path: Path) -> None:
    text = """\
a = 1  # memlint: ignore[ML9999]
b = 1  # memlint: ignore[cached-methods]
c = 1  # memlint: ingore
d = 1  # memlint: ignore: ML101
e = 1  # memlint: ignore[ML101
f = 1  # memlint: ignore[ ]
g = 1  # memlint: off
h = 1  # memlint: bounded(max=1_000)
i = 1  # memlint: bounded(max=True, because="x")
j = 1  # memlint: singleton
k = 1  # noqa: ML9999, E9999
m = 1  # memlint: ignore[ML000]
"""
    assert check(tmp_path, text) == [
        '1:26: ML002 no rule is called `ML9999`; did you mean "ML929"?',
        '2:26: ML002 no rule is called `cached-methods`; did you mean "cached-method"?',
        '3:8: ML002 memlint has no word `ingore`; did you mean "ignore"?',
        "4:8: ML002 codes stand in brackets: write `ignore[ML101]`",
        "5:8: ML002 the bracket is not closed: add `]` behind the last code",
        "6:8: ML002 the brackets name no rule: write `ignore[ML101]`, or `ignore` alone for all",
        "7:8: ML002 `off` counts on a line of its own; write `ignore[...]` for this line",
        '8:8: ML002 `because` must say why the bound holds: write `bounded(max=1000, because="one per tenant")`',
        '9:8: ML002 `max` must be a positive integer: write `bounded(max=1000, because="one per tenant")`',
        "10:8: ML002 `singleton` stands on the line of no class; move it there",
        '11:16: ML002 no rule is called `ML9999`; did you mean "ML929"?',
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_fix_leaves_all_else_as_it_is(tmp_path: Path, newline: str) -> None:
    text = """\
# coding: latin-1
# memlint: off[ML103]
x = "é"  # memlint: ignore[ML103, ML604] für später  # noqa: ML102, E501
# memlint: on[ML103]
y = 1 \t # type: ignore  # memlint: ignore[ML103] # no more
# memlint: ignore-file[ML102]"""
    path = tmp_path / "a.py"
    path.write_bytes(text.replace("\n", newline).encode("latin-1"))
    done = memlint("check", "--isolated", "--fix", "a.py", cwd=tmp_path)
    assert done.stdout == "Fixed 5 findings, none remain.\n"
    assert path.read_bytes().decode("latin-1").split(newline) == [
        "# coding: latin-1",
        'x = "é"  # memlint: ignore[ML604] für später  # noqa: E501',
        "y = 1 \t # type: ignore # no more",
        "",
    ]
