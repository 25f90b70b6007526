"""A probe says of every text what `re` says."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memlint.probe import alternatives, literal_first, literals, probe
from memlint.registry import all_rules

GATES = sorted({pattern for rule in all_rules() for pattern in (*rule.gate.file, *rule.gate.statement)})
OTHERS = [
    rb"",
    rb"a|",
    rb"(?i)close|open",
    rb"(?i:close|open)d?",
    rb"\bdel\b|\bre(?:ad)?\b",
    rb"x(?:ab|c+d|e?f)g",
    rb"\\b|\*\*|\[[^\]|]*\]",
    rb"(?:a|b)*c|(?!d)e{2}f",
    rb"(?s:\bdef\b.*?\bdef\b)",
    rb"names?\b|\bid\d",
]
WORDS = sorted({word for pattern in GATES for word in re.findall(rb"\w+", pattern)})
TEXTS = st.lists(st.sampled_from([*WORDS, *(bytes([each]) for each in range(128))]), max_size=12).map(b"".join)


@pytest.mark.parametrize("pattern", [each for each in (*GATES, *OTHERS) if b"(?i:" not in each])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_it_finds_what_matches(pattern: bytes, data: st.DataObject) -> None:
    # Hypothesis cannot make bytes for a pattern that takes either case.
    text = data.draw(st.from_regex(re.compile(pattern)))
    assert probe(pattern)(text)


@settings(max_examples=300, deadline=None)
@given(text=TEXTS)
def test_it_finds_nothing_else(text: bytes) -> None:
    for pattern in [*GATES, *OTHERS]:
        assert probe(pattern)(text) == bool(re.search(pattern, text)), pattern


def test_a_pattern_is_cut_into_what_is_cheap_to_find() -> None:
    assert list(alternatives(rb"a|\b(?:b|c)d|(?i:e|f)|g(?:h|i)?")) == [
        rb"a",
        rb"\bbd",
        rb"\bcd",
        rb"(?i:e)",
        rb"(?i:f)",
        rb"g(?:h|i)?",
    ]
    assert literals(rb"import[^\n]*\bcopy\(?") == [b"import", b"copy"]
    assert literals(rb"ab?c+d*") == [b"a", b"c"]
    assert literal_first(rb"\bid\b") == rb"id(?<=\bid)\b"
    assert literal_first(rb"\bnames?") == rb"\bnames?"
