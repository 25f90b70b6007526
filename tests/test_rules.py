"""Every rule agrees with its page."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from memlint import testing
from memlint.registry import RuleClass, all_rules

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_page(rule: RuleClass) -> None:
    assert testing.problems(rule) == []


def test_the_readme_lists_every_rule() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in readme.splitlines() if line.startswith("| ML")]
    assert rows == [
        [
            rule.code,
            rule.name,
            rule.effect.value,
            rule.severity.label + ("" if rule.default else ", off"),
            " or ".join(each.value for each in rule.fixes),
        ]
        for rule in all_rules()
    ]


def right_findings(code: str) -> int:
    """How many findings of a rule in real code were read and found right."""
    path = ROOT / "benchmarks" / "precision" / "verdicts" / f"{code}.csv"
    if not path.exists():
        return 0
    with path.open(newline="", encoding="utf-8") as file:
        return sum(row["verdict"] == "right" for row in csv.DictReader(file))


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_a_rule_that_real_code_has_not_proven_says_so_and_shows_ten_forms(rule: RuleClass) -> None:
    page = (ROOT / "rules" / f"{rule.name.replace('-', '_')}.md").read_text("utf-8")
    if right_findings(rule.code) < 5:
        assert "unproven" in page
        assert page.count("# error:") >= 10
    else:
        assert "unproven" not in page


def test_precedence_names_rules_and_has_no_circle() -> None:
    yields_to = {rule.code: rule.yields_to for rule in all_rules()}
    for code in yields_to:
        above = {*yields_to[code]}
        for _ in yields_to:
            assert above <= yields_to.keys(), f"{code} yields to a rule that is not there: {above - yields_to.keys()}"
            above |= {other for each in above for other in yields_to[each]}
        assert code not in above, f"{code} yields to itself in the end"
