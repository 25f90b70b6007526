"""What IPython keeps of the cells of a notebook, by what the notebook was saved with."""

from __future__ import annotations

import json

import pytest

from memlint.engine import lint
from memlint.facts.project import Project
from memlint.registry import find
from memlint.source import SourceFile

IMPORT = ("import pandas as pd", "")
READ = ("df = pd.read_csv('trips.csv')", "")
LARGE = "       fare  zone\n0       3.5     4\n...     ...   ...\n\n[1000000 rows x 2 columns]"
SMALL = "   fare  zone\n0   3.5     4"


def told(*cells: tuple[str, str]) -> list[tuple[int, bool, str]]:
    """Cell, whether it must be selected, and beginning of what is said, of cells with their outputs."""
    document = {
        "cells": [
            {
                "cell_type": "code",
                "source": source,
                "outputs": [{"output_type": "execute_result", "data": {"text/plain": shown}}] if shown else [],
            }
            for source, shown in cells
        ]
    }
    source = SourceFile.from_bytes("a.ipynb", json.dumps(document).encode())
    outcome = lint(source, [find("ML421")], Project())
    assert not outcome.failures
    findings = map(source.told, outcome.findings)
    return [(each.cell, each.is_optional, each.message.partition(":")[0]) for each in findings]


def test_a_saved_output_says_how_large_a_value_is() -> None:
    assert told(IMPORT, READ, ("df", LARGE), ("del df", "")) == [
        (3, False, "`Out` keeps the table when `df` is deleted")
    ]
    assert told(IMPORT, READ, ("df", SMALL), ("del df", "")) == []
    assert told(IMPORT, READ, ("df", LARGE.replace("1000000", "100000")), ("del df", "")) == []


def test_a_reader_without_a_saved_output_must_be_selected() -> None:
    assert told(IMPORT, READ, ("df", ""), ("df = df.dropna()", "")) == [
        (3, True, "`Out` keeps the table when `df` is bound anew")
    ]


def test_a_name_that_nothing_changes_must_be_selected() -> None:
    assert told(IMPORT, READ, ("df", LARGE)) == [
        (3, True, "`Out` keeps the table of `df` as well, so that deleting the name frees nothing")
    ]


def test_a_cell_that_makes_the_value_keeps_one_more_each_time() -> None:
    assert told(IMPORT, (READ[0] + "\ndf", LARGE)) == [
        (2, False, "`Out` keeps the table of `df`, and one more after each run of this cell")
    ]


@pytest.mark.parametrize(
    ("shown", "count"),
    [
        ("0    1\n1    2\nName: fare, Length: 1000000, dtype: int64", 1),
        ("0    1\n1    2\nName: fare, Length: 999999, dtype: int64", 0),
        ("array([[0., 0., ...]], shape=(1000, 1000))", 1),
        ("shape: (1_000_000, 3)\n┌─────┐", 1),
        ("Index(['a', 'b',\n       ...],\n      dtype='str', length=1000000)", 1),
        ("<tf.Tensor: shape=(1000, 1000), dtype=float32, numpy=array(...)>", 1),
        ("dask.array<zeros, shape=(10000, 10000), dtype=float64, chunksize=(100, 100)>", 0),
        ("<pandas.io.formats.style.Styler>", 0),
    ],
)
def test_sizes_that_libraries_tell(shown: str, count: int) -> None:
    assert len(told(("x = load()", ""), ("x.made()", shown))) == count


def test_what_something_else_holds_must_be_selected() -> None:
    made = ("tables = {'trips': load()}", "")
    assert [is_optional for _, is_optional, _ in told(made, ("tables['trips']", LARGE))] == [True]
    assert [is_optional for _, is_optional, _ in told(made, ("tables['trips'].drop(columns=['zone'])", LARGE))] == [
        False
    ]
    assert [is_optional for _, is_optional, _ in told(IMPORT, READ, ("df[df.fare > 3]", LARGE))] == [False]


def test_what_is_not_stored() -> None:
    changed = ("del df", "")
    assert told(IMPORT, READ, ("df;", ""), changed) == []
    assert told(IMPORT, READ, ("%%timeit\ndf", ""), changed) == []
    assert told(IMPORT, READ, ("%timeit df", ""), changed) == []
    assert [cell for cell, _, _ in told(IMPORT, READ, ("%time df", LARGE), changed)] == [3]
    assert [cell for cell, _, _ in told(IMPORT, READ, ("%%time\ndf", LARGE), changed)] == [3]


def test_other_files_have_no_cells() -> None:
    source = SourceFile("a.py", "import numpy as np\nnp.zeros((5000, 5000))\n")
    assert lint(source, [find("ML421")], Project()).findings == []
