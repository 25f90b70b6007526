from __future__ import annotations

from typing import Any

import click
import pytest

from memlint.model import Edit, Effect, Finding, Fix, Position, Related, Safety, Severity

from .findings import CYCLE, PEAK, SHARED, SYNTAX, finding, report, sources, written


def shown(*findings: Finding, **options: Any) -> str:
    return written(report(*findings), "full", quiet=True, **options)


def test_cycle() -> None:
    assert shown(CYCLE) == (
        """\
ML102 warning: `Parent.child` and `Child.owner` make a cycle; only the garbage collector frees each `Parent`
  --> app/tree.py:6:9
   |
 5 |     def __init__(self) -> None:
 6 |         self.child = Child(self)
   |         ^^^^^^^^^^
 7 |
   |
  ::: app/tree.py:11:9  the way back
11 |         self.owner = owner
   |         ----------
   = cycle: Parent.child → Child.owner → Parent
   = why: freed late: only the garbage collector frees a cycle, and it counts objects, not bytes
   = fix (unsafe, --unsafe-fixes): hold the owner weakly
 2 + import weakref
11 -         self.owner = owner
12 +         self.owner = weakref.proxy(owner)

"""
    )


def test_safe_fix() -> None:
    assert shown(PEAK) == (
        """\
ML301 warning: `sum` reads a list that is built for it alone
 --> app/total.py:2:16
  |
1 | def total(numbers):
2 |     return sum([n * n for n in numbers])
  |                ^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = why: peak: the process needs a multiple of the memory that the work needs
  = fix (safe, --fix): pass the generator
2 -     return sum([n * n for n in numbers])
2 +     return sum(n * n for n in numbers)

"""
    )


def test_unreadable_source_leaves_what_is_known() -> None:
    assert shown(SHARED) == (
        """\
ML401 warning: every call of `add` shares one list
 --> app/gone.py:3:14
  = why: shared: two names change one object
  = no fix: `add` is overridden in app/total.py

"""
    )


def test_fix_of_an_unreadable_source_has_no_patch() -> None:
    gone = finding(path="app/gone.py", fix=PEAK.fix)
    assert shown(gone) == (
        """\
ML301 warning: `sum` reads a list that is built for it alone
 --> app/gone.py:2:16
  = why: peak: the process needs a multiple of the memory that the work needs
  = fix (safe, --fix): pass the generator

"""
    )


def test_fix_that_is_only_shown() -> None:
    fix = Fix("name the sum", Safety.SHOW, (Edit(Position(2, 5), Position(2, 11), "result ="),))
    assert shown(finding(severity=Severity.INFO, fix=fix)) == (
        """\
ML301 info: `sum` reads a list that is built for it alone
 --> app/total.py:2:16
  |
1 | def total(numbers):
2 |     return sum([n * n for n in numbers])
  |                ^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = why: peak: the process needs a multiple of the memory that the work needs
  = fix (shown only): name the sum
2 -     return sum([n * n for n in numbers])
2 +     result = sum([n * n for n in numbers])

"""
    )


def test_syntax_error_has_no_effect_to_explain() -> None:
    assert shown(SYNTAX) == (
        """\
ML000 error: '(' was never closed
 --> app/total.py:2:12
  |
1 | def total(numbers):
2 |     return sum([n * n for n in numbers])
  |            ^
  |

"""
    )


def test_related_place_in_another_file() -> None:
    both = (
        Related("app/tree.py", Position(9, 7), Position(9, 12), "defined here"),
        Related("app/gone.py", Position(70, 1), Position(70, 2), "cleared here"),
    )
    assert shown(finding(related=both)) == (
        """\
ML301 warning: `sum` reads a list that is built for it alone
 --> app/total.py:2:16
  |
1 | def total(numbers):
2 |     return sum([n * n for n in numbers])
  |                ^^^^^^^^^^^^^^^^^^^^^^^^
  |
 ::: app/tree.py:9:7  defined here
9 | class Child:
  |       -----
 ::: app/gone.py:70:1  cleared here
  = why: peak: the process needs a multiple of the memory that the work needs

"""
    )


def test_why_is_explained_once_a_report() -> None:
    lines = [line for line in shown(PEAK, CYCLE, PEAK).splitlines() if "why" in line]
    assert lines == [
        "  = why: peak: the process needs a multiple of the memory that the work needs",
        "   = why: freed late: only the garbage collector frees a cycle, and it counts objects, not bytes",
        "  = why: peak",
    ]


def test_why_is_always_explained_when_verbose() -> None:
    assert shown(PEAK, PEAK, verbose=True).count(f"= why: {Effect.PEAK.why}\n") == 2


@pytest.mark.parametrize("one", [CYCLE, PEAK, SHARED, SYNTAX])
def test_color_changes_no_character(one: Finding) -> None:
    colored = shown(one, color=True)
    assert colored != shown(one)
    assert click.unstyle(colored) == shown(one)


def test_colors() -> None:
    head = shown(SYNTAX, color=True).splitlines()[0]
    red, bold, reset = "\x1b[31m\x1b[1m", "\x1b[1m", "\x1b[0m"
    assert head == f"{red}ML000 error{reset}{bold}: '(' was never closed{reset}"


def test_every_text_is_made_safe_for_a_terminal() -> None:
    evil = "\x1b]0;owned\x07\r\n\x9b31m\u202e\u2028\udcff"
    place = Related(evil, Position(1, 1), Position(1, 2), evil)
    fix = Fix(evil, Safety.SAFE, (Edit(Position(1, 1), Position(1, 2), evil),))
    hostile = finding(
        path=evil,
        code=evil,
        message=evil,
        start=Position(1, 1),
        end=Position(1, 9),
        cycle=(evil, evil),
        related=(place,),
        fix=fix,
        unfixed=evil,
    )
    text = shown(hostile, sources=lambda path: [evil, evil])
    assert [char for char in text if not char.isprintable() and char != "\n"] == []
    assert text.splitlines()[0] == (
        r"\x1b]0;owned\x07\r\n\x9b31m\u202e\u2028\udcff warning: "
        r"\x1b]0;owned\x07\r\n\x9b31m\u202e\u2028\udcff"
    )


def test_each_source_is_read_once() -> None:
    read: list[str] = []

    def counting(path: str) -> list[str]:
        read.append(path)
        return sources(path)

    shown(PEAK, PEAK, CYCLE, CYCLE, sources=counting)
    assert read == ["app/total.py", "app/tree.py"]
