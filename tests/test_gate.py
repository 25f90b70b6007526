"""What gates ask of a text, in the spellings that no page shows."""

from __future__ import annotations

import pytest

from memlint.gate import Called, Calls, Scan, all_of

OPENERS = Called(["builtins.open", "gzip.open", "requests.Session"])


def calls(text: str) -> Calls:
    found = OPENERS.spelled(Scan(text.encode()))
    assert found is not None
    return found


@pytest.mark.parametrize(
    "text",
    [
        "import gzip\nopened = gzip.open",
        "import gzip\nopened: object = (gzip . open)",
        "import gzip\nread, opened = len, gzip.open",
        "one = other = open  # both",
        "opened = \\\n    open; x = 1",
        "from gzip import open as opened",
        "from gzip import (\n    open  # it\n    as opened,\n)",
    ],
)
def test_another_name_is_seen(text: str) -> None:
    assert calls(text).are_renamed(Scan(text.encode()))


@pytest.mark.parametrize(
    "text",
    [
        "x = open(path)",
        "from gzip import open\nx = open(path)",
        "class A:\n    def __init__(self, open):\n        self.open = open\n        call(open=open)",
        "x = gzip.open.__doc__",
    ],
)
def test_the_same_name_is_no_other(text: str) -> None:
    assert not calls(text).are_renamed(Scan(text.encode()))


@pytest.mark.parametrize(
    "text",
    [
        "x = open(path)",
        "x: object = await open (path)",
        "import gzip\nx = (  # here\n    gzip\n    .open  # it is\n    (path)\n)",
        "x = \\\n    open(path)",
        "if path: x = open(path)",
    ],
)
def test_what_is_assigned_is_seen(text: str) -> None:
    assert calls(text).assigned.search(text.encode())


def test_all_parts_of_a_name_must_occur() -> None:
    sessions = Called(["requests.Session"])
    assert sessions.spelled(Scan(b"from requests import Session"))
    assert not sessions.spelled(Scan(b"from ours import Session"))


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


def test_words_are_told_apart_from_what_holds_them() -> None:
    gate = all_of(rb"\bdel\b", rb"cache|memo", file=(rb"re\w+er",))
    assert gate.admits_file(Scan(b"del x\nlru_cached = reader\n"))
    assert not gate.admits_file(Scan(b"delete(x)\nlru_cached = reader\n"))
    assert not gate.admits_file(Scan(b"del x\nreader = 1\n"))
    assert gate.admits_statement(Scan(b"del memory\n"))


def test_a_pattern_that_comes_later_is_found_in_words_that_were_met() -> None:
    text = b"quite_new_name = 1\n"
    assert not all_of(rb"\bsome_other_name\b").admits_file(Scan(text))
    assert all_of(rb"\bquite_new_name\b").admits_file(Scan(text))


def test_questions_are_asked_where_nothing_else_wants_the_file() -> None:
    asked = []

    def never(scan: Scan) -> bool:
        asked.append(scan)
        return False

    gate, scan = all_of(rb"x", file=(never,)), Scan(b"x\n")
    assert gate.admits_file(scan)
    assert not asked
    assert not gate.wants(scan)
    assert not all_of(rb"x", always=(never,)).admits_file(Scan(b"x\n"))
