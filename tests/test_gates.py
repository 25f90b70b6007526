"""Gates and suspicions keep nothing back that a rule reports, however the code is spelled."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from memlint.engine import lint
from memlint.facts.project import Project
from memlint.gate import Gate
from memlint.page import Page
from memlint.registry import all_rules, page_text
from memlint.rule import Rule
from memlint.source import SourceFile
from memlint.testing import notebook
from tests.mutations import gaps, respelled

ROOT = Path(__file__).parent.parent
NEWEST = (3, 14)


def found(rule: type[Rule], text: str, gated: bool) -> list[tuple[int, int, str]] | None:
    """What a rule finds; None where libcst cannot read what Python can, such as a header continued before its colon."""
    source = notebook(text) if Page(page_text(rule)).is_notebook else SourceFile("module.py", text)
    outcome = lint(source, [rule], Project(target=NEWEST), gated=gated)
    if outcome.failures:
        return None
    return sorted((each.start.line, each.start.column, each.message) for each in outcome.findings)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
@settings(
    max_examples=3,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=True,
)
@given(data=st.data())
def test_other_spellings_pass_the_gate(rule: type[Rule], data: st.DataObject) -> None:
    example = data.draw(st.sampled_from(Page(page_text(rule)).bad))
    text = data.draw(respelled(example.code))
    expected = found(rule, text, gated=False)
    if expected is not None:
        assert found(rule, text, gated=True) == expected


@pytest.mark.parametrize("package", ["_pytest", "click", "hypothesis.strategies", "pip._internal"])
def test_installed_code_passes_the_gates(package: str) -> None:
    spec = find_spec(package)
    assert spec and spec.submodule_search_locations
    command = [sys.executable, "-m", "benchmarks.gates", "--whole", *spec.submodule_search_locations]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ML104" in done.stdout


def test_a_gate_that_is_too_narrow_is_noticed() -> None:
    text = "def f(x=[\n    ]):\n    x.append(1)\n"
    mutable_default = next(rule for rule in all_rules() if rule.code == "ML201").rule

    narrow = type("Narrow", (mutable_default,), {"gate": Gate((rb"=\[\]",)), "__module__": mutable_default.__module__})
    assert found(narrow, text, gated=False)
    assert not found(narrow, text, gated=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("f(a, b)\n", [(1, False), (2, True), (3, True), (5, True), (6, True)]),
        ("x = 1  # y\n", [(2, False), (4, False)]),
        ("if x:\n    y\n", [(3, False), (4, False)]),
    ],
)
def test_where_blanks_may_be_put(text: str, expected: list[tuple[int, bool]]) -> None:
    assert list(gaps(text)) == expected
