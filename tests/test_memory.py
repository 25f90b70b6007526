"""How much memory a run may take, and what it gives up for it."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

from memlint.memory import AT_HAND, BETWEEN, OWN, Collector, budget, parse_size
from tests.command import memlint


@pytest.mark.parametrize(
    ("text", "size"), [("300MB", 300 << 20), ("1.5 GiB", 3 << 29), ("2g", 2 << 30), ("64k", 64 << 10), ("4096", 4096)]
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "much", "-1MB", "3 PB", "MB"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(ValueError, match="is no size"):
        parse_size(text)


def test_nothing_is_given_up_where_there_is_enough() -> None:
    assert budget(8, None) == (8, AT_HAND, "")
    assert budget(2, 4 << 30) == (2, AT_HAND, "")


def test_processes_are_given_up_first() -> None:
    jobs, at_hand, note = budget(8, 300 << 20)
    assert (jobs, at_hand) == (2, AT_HAND)
    assert note == "2 of 8 processes"


def test_then_what_is_known_of_other_files() -> None:
    jobs, at_hand, note = budget(8, OWN + (10 << 20))
    assert jobs == 1
    assert 0 < at_hand < AT_HAND
    assert "less of other files" in note


def test_what_cannot_be_is_said() -> None:
    jobs, at_hand, note = budget(2, 10 << 20)
    assert (jobs, at_hand) == (1, 0)
    assert f"needs some {OWN >> 20} MB itself" in note


def test_the_flag(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f(x=[]):\n    x.append(1)\n    return x\n", "utf-8")
    done = memlint("check", "--isolated", "--max-memory", "100MB", "--jobs", "2", cwd=tmp_path)
    assert "ML201" in done.stdout
    assert done.stderr == "memlint: --max-memory: 1 of 2 processes; less of other files kept at hand\n"
    for name, text in {
        "owner": "from child import Child\n\n\nclass Owner(Child):\n    ",
        "child": "class Child:\n    ",
    }.items():
        tmp_path.joinpath(f"{name}.py").write_text(f"{text}def __init__(self):\n        self.me = self\n")
    done = memlint("check", "--isolated", "--select", "ML101", "--max-memory", "1MB", cwd=tmp_path)
    assert "Found 2 findings" in done.stdout
    refused = memlint("check", "--max-memory", "lots", cwd=tmp_path)
    assert refused.returncode == 2
    assert 'memlint: error: --max-memory: "lots" is no size; write one as 300MB or 1GB' in refused.stderr


class Ring:
    def __init__(self) -> None:
        self.first = self


def test_garbage_is_looked_for_by_the_text_that_is_let_go() -> None:
    collector = Collector()
    with collector:
        left = weakref.ref(Ring())
        collector.count(BETWEEN)
        assert not gc.isenabled() and left() is not None
        collector.count(1)
        assert left() is None
        collector.count(1)
    assert gc.isenabled() and not gc.get_freeze_count()


def test_where_no_run_is_on_the_collector_is_left_alone() -> None:
    gc.collect()
    left = weakref.ref(Ring())
    Collector().count(2 * BETWEEN)
    assert left() is not None
