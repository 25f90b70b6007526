"""Every rule agrees with its page."""

from __future__ import annotations

import pytest

from memlint import testing
from memlint.registry import RuleClass, all_rules


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_page(rule: RuleClass) -> None:
    assert testing.problems(rule) == []
