"""What is known of rules before they are imported is what their classes say."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import memlint.api
from memlint import knowledge, probe
from memlint.index import FILE, TUPLES, WORDS, Deferred, index, listed, tables

CODE = """
import sys
from memlint.engine import lint
from memlint.facts.project import Project
from memlint.registry import all_rules
from memlint.source import SourceFile
found = lint(SourceFile("shop.py", {text!r}), all_rules(), Project()).findings
print([each.code for each in found], sorted(name for name in sys.modules if name.startswith("memlint.rules.")))
"""


def test_the_index_is_that_of_the_rules_and_tables() -> None:
    """After a change: `python -m memlint.index`."""
    assert FILE.read_text("utf-8") == index()
    assert knowledge.FILE.read_text("utf-8") == tables()


def test_the_patterns_of_the_index_are_cut_as_they_would_be() -> None:
    patterns = {each for rule in listed() for each in (*rule.gate.statement, *rule.gate.file)}
    assert patterns <= probe.known.keys()
    assert all(probe.known[each] == probe.cut(each) for each in patterns)


def test_a_deferred_rule_says_what_its_class_says() -> None:
    for each in listed():
        assert isinstance(each, Deferred)
        for word in (*WORDS, *TUPLES, "effect", "severity", "fixes", "gate"):
            assert getattr(each, word) == getattr(each.rule, word), word
        assert (each.__module__, each.__qualname__) == (each.rule.__module__, each.rule.__qualname__)


def test_only_rules_that_a_gate_admits_are_imported() -> None:
    for text, expected in (
        ("x = 1\n", "[] []"),
        ("def f(x, y=[]):\n    y.append(x)\n    return y\n", "['ML201'] ['memlint.rules."),
    ):
        command = [sys.executable, "-c", CODE.format(text=text)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert said.startswith(expected)
        assert said.count("memlint.rules.") < 30


def test_the_api_offers_what_it_imports_for_type_checkers() -> None:
    path = Path(memlint.api.__file__)
    checked = next(each for each in ast.parse(path.read_text("utf-8")).body if isinstance(each, ast.If))
    names = [name for each in checked.body if isinstance(each, ast.ImportFrom) for name in each.names]
    offered = {name.asname or name.name for name in names}
    assert offered == set(memlint.api.HOMES) == set(memlint.api.__all__)
    for name in offered:
        assert getattr(memlint.api, name) is not None
