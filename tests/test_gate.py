"""Which texts a gate admits, by the words in them."""

from __future__ import annotations

from memlint.gate import Scan, all_of


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
