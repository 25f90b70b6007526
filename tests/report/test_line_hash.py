"""What the action that uploads SARIF works out, by the examples that it is tested with itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memlint.report.line_hash import line_hashes


@pytest.mark.parametrize(
    ("text", "hashes"),
    [
        ("", "c129715d7a2bc9a3:1"),
        (" a\nb\n  \t\tc\n d", "271789c17abda88f:1 54703d4cd895b18:1 180aee12dab6264:1 a23a3dc5e078b07b:1"),
        (
            " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n",
            "e9496ae3ebfced30:1 fb7c023a8b9ccb3f:1 ce8ba1a563dcdaca:1 e20e36e16fcb0cc8:1 b3edc88f2938467e:1 "
            "c8e28b0b4002a3a0:1 c129715d7a2bc9a3:1",
        ),
        (
            "Lorem ipsum dolor sit amet.\n" * 10,
            "a7f2ff13bc495cf2:1 a7f2ff13bc495cf2:2 a7f2ff13bc495cf2:3 a7f2ff13bc495cf2:4 a7f2ff13bc495cf2:5 "
            "a7f2ff13bc495cf2:6 a7f2ff1481e87703:1 a9cf91f7bbf1862b:1 55ec222b86bcae53:1 cc97dc7b1d7d8f7b:1 "
            "c129715d7a2bc9a3:1",
        ),
    ],
)
def test_hashes(text: str, hashes: str) -> None:
    assert line_hashes(text.split("\n")) == hashes.split(" ")


def plainly(lines: list[str], number: int) -> int:
    """The hash of a line by its definition: a polynomial over what follows."""
    text = "\n".join(lines[number:]).replace(" ", "").replace("\t", "")
    data = text.encode("utf-16-be")
    units = [int.from_bytes(data[index : index + 2], "big") for index in range(0, len(data), 2)]
    window = [*units, 0xFFFF, *[0] * 100][:100]
    return sum(unit * 37 ** (99 - place) for place, unit in enumerate(window)) % 2**64


@given(st.lists(st.text(st.sampled_from("ab \t(é日\U0001f600"), max_size=60), min_size=1, max_size=12))
def test_every_line_has_the_hash_of_what_follows(lines: list[str]) -> None:
    assert [each.partition(":")[0] for each in line_hashes(lines)] == [
        f"{plainly(lines, number):x}" for number in range(len(lines))
    ]


def test_no_lines() -> None:
    assert line_hashes([]) == []
