"""Which calls of `predict` give a model of Keras one sample at a time."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

IMPORTS = "import keras\nimport numpy as np\nimport tensorflow as tf\n"


def finds(code: str) -> bool:
    source = SourceFile("a.py", IMPORTS + code)
    facts = Facts(source, Tree(source, ast.parse(source.text)), Project())
    return any(facts.predictions.single(node) for node in list(facts.tree.parents) if isinstance(node, ast.Call))


@pytest.mark.parametrize(
    ("batch", "is_single"),
    [
        ("row[None]", True),
        ("row[np.newaxis, :, :]", True),
        ("np.expand_dims(row, 0)", True),
        ("tf.expand_dims(row, axis=0)", True),
        ("np.array([row])", True),
        ("row.reshape(1, -1)", True),
        ("np.reshape(row, (1, 4)).astype('float32')", True),
        ("row", False),
        ("row[0]", False),
        ("row.reshape(-1, 4)", False),
        ("np.expand_dims(row, -1)", False),
        ("np.array([row, row])", False),
        ("np.array(row)", False),
    ],
)
def test_a_batch_of_one(batch: str, is_single: bool) -> None:
    assert (
        finds(f"def f(rows):\n    m = keras.Sequential()\n    for row in rows:\n        m.predict({batch})\n")
        is is_single
    )


@pytest.mark.parametrize(
    ("made", "is_model"),
    [
        ("keras.models.load_model('m')", True),
        ("tf.keras.Model(row, row)", True),
        ("keras.applications.VGG16()", True),
        ("build()", True),
        ("other()", False),
        ("load('m')", False),
    ],
)
def test_a_model(made: str, is_model: bool) -> None:
    functions = "def build():\n    m = keras.Sequential()\n    return m\ndef other():\n    return load('m')\n"
    assert finds(f"{functions}m = {made}\nfor row in open('rows'):\n    m.predict(row[None])\n") is is_model


@pytest.mark.parametrize(
    ("loop", "is_long"),
    [("for row in rows", True), ("while rows", True), ("for row in (1, 2)", False), ("if rows", False)],
)
def test_a_loop_of_many_turns(loop: str, is_long: bool) -> None:
    assert (
        finds(f"def f(rows, row):\n    m = keras.Sequential()\n    {loop}:\n        m.predict(row[None])\n") is is_long
    )
