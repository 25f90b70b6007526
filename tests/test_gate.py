"""What a gate is asked about: the logical lines of some bytes, and their words."""

from __future__ import annotations

import pytest

from memlint.gate import Scan, all_of


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


def test_questions_are_asked_last() -> None:
    asked = []

    def never(scan: Scan) -> bool:
        asked.append(scan)
        return False

    gate = all_of(rb"x", file=(never,))
    assert not gate.admits_file(Scan(b"y\n"))
    assert not asked
    assert not gate.admits_file(Scan(b"x\n"))
    assert asked
    assert gate.admits_statement(Scan(b"x\n"))
