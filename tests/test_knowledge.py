"""The knowledge tables: what ships is well formed, and what users add is in force."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from memlint.knowledge import lists, names, tables, use
from memlint.settings import UsageError, load
from tests.command import memlint

NAME = re.compile(r"[\w./\[\]-]+( [\w.]+)*")
"""A qualified name, a kind of two words (`event loop`) with or without a method, an ending or a folder."""
PATTERNS = frozenset({"callbacks"})
"""Sections whose lists hold regular expressions."""
ANY = "*"
"""Stands for every method."""
POSITIONAL = frozenset({"items"})
"""Sections whose lists have an order, and may say a thing twice."""


def columns() -> list[tuple[str, str, str, list[str]]]:
    return [
        (file, section, key, value)
        for file in tables()
        for section, keys in lists(file).items()
        for key, value in keys.items()
    ]


@pytest.mark.parametrize(("file", "section", "key", "listed"), columns(), ids=lambda value: str(value)[:20])
def test_a_list_holds_names_each_once(file: str, section: str, key: str, listed: list[str]) -> None:
    assert section in POSITIONAL or len(set(listed)) == len(listed)
    for name in listed:
        assert section in PATTERNS or name == ANY or NAME.fullmatch(name), name


@pytest.mark.parametrize("file", tables())
def test_every_section_says_in_a_comment_what_it_lists(file: str) -> None:
    text = (Path(__file__).parent.parent / "memlint" / "knowledge" / f"{file}.toml").read_text("utf-8")
    assert text.startswith("# ")


def test_what_a_user_adds_is_in_force_and_what_ships_stays() -> None:
    before = names("calls", "keep", "callback")
    use((("calls", "keep", "callback", ("mine.Every",)),))
    try:
        assert names("calls", "keep", "callback") == before | {"mine.Every"}
    finally:
        use(())
    assert names("calls", "keep", "callback") == before


CLOCK = """
from mine import Every


class Clock:
    def __init__(self):
        self.timer = Every(self.tick)

    def tick(self):
        self.now = 1


def clocks(zones):
    return [Clock() for zone in zones]
"""


def test_a_line_in_the_settings_teaches_the_rules_a_library(tmp_path: Path) -> None:
    (tmp_path / "clock.py").write_text(CLOCK)
    assert memlint("check", str(tmp_path)).returncode == 0
    (tmp_path / "memlint.toml").write_text('[knowledge.calls.keep]\ncallback = ["mine.Every"]\n')
    done = memlint("check", str(tmp_path), "--output-format", "concise")
    assert done.returncode == 1
    assert "ML102" in done.stdout


def test_no_gate_stands_before_a_name_that_a_user_added(tmp_path: Path) -> None:
    lines = [
        "from mine import record",
        "def load(rows):",
        "    Row = record('Row', 'a')",
        "    return [Row(x).a for x in rows]",
    ]
    (tmp_path / "load.py").write_text("\n".join(lines))
    (tmp_path / "memlint.toml").write_text('[knowledge.classes.made_by]\nfunctions = ["mine.record"]\n')
    assert "ML112" in memlint("check", str(tmp_path), "--output-format", "concise").stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("knowledge = 1", "knowledge must be a table, not a number; its keys are "),
        ("[knowledge.cals]", 'knowledge has no key "cals"; did you mean "calls"?'),
        ("[knowledge.calls.kep]", 'knowledge.calls has no key "kep"; did you mean "keep"?'),
        ("[knowledge.calls.keep]\ncalback = []", 'knowledge.calls.keep has no key "calback"; did you mean "callback"?'),
        ("[knowledge.calls.keep]\ncallback = 'x'", "knowledge.calls.keep.callback must be a list of strings"),
        (
            "[knowledge.lookups.nanoseconds]\nglobal = ['x']",
            'knowledge.lookups has no key "nanoseconds"; its keys are ',
        ),
    ],
)
def test_a_mistake_in_the_settings_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "memlint.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        load(tmp_path)
    assert message in str(caught.value)
