"""Whatever a bad example looks like, what its fixes write is right, or they write nothing.

`MEMLINT_EXAMPLES=200 python -m pytest tests/test_fixed_texts.py` tries more versions of each page's examples.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from memlint.fixing import fixed
from memlint.model import Effect, Safety
from memlint.page import Page
from memlint.registry import RuleClass, all_rules, page_text
from memlint.source import SourceFile
from memlint.testing import NAME, PageCheck
from tests import executed
from tests.mutations import compiles, identifiers, mutated

EXAMPLES = int(os.environ.get("MEMLINT_EXAMPLES", "6"))

versions = settings(
    max_examples=EXAMPLES,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    derandomize=True,
)


@pytest.mark.parametrize("rule", [rule for rule in all_rules() if rule.fixes], ids=lambda rule: rule.code)
@versions
@given(data=st.data())
def test_what_fixes_write(rule: RuleClass, data: st.DataObject) -> None:
    page = Page(page_text(rule))
    example = data.draw(st.sampled_from([each for each in page.bad if each.fixed is not None]))
    fresh = tuple(sorted(identifiers(example.fixed or "") - identifiers(example.code)))
    text = data.draw(mutated(example.code, fresh))
    look = PageCheck(rule, page).look
    before = SourceFile(NAME, text)
    after, outcome = fixed(before, look, unsafe=True)
    assert outcome.failures == []
    assert compiles(after.text), after.text
    lost = Counter(comment for _, comment in before.comments) - Counter(comment for _, comment in after.comments)
    assert rule.effect is Effect.NONE or not lost, after.text
    again, _ = fixed(after, look, unsafe=True)
    assert again.text == after.text


def executable(rule: RuleClass) -> list[str]:
    """The bad examples of a rule that have a fix and that can be run."""
    examples = Page(page_text(rule)).bad
    return [each.code for each in examples if each.fixed is not None and executed.is_self_contained(each.code)]


@pytest.mark.parametrize(
    "rule",
    [rule for rule in all_rules() if Safety.SAFE in rule.fixes and executable(rule)],
    ids=lambda rule: rule.code,
)
@settings(versions, max_examples=EXAMPLES // 2)
@given(data=st.data())
def test_safe_fixes_leave_alone_what_code_does(rule: RuleClass, data: st.DataObject) -> None:
    look = PageCheck(rule, Page(page_text(rule))).look
    texts = [data.draw(mutated(data.draw(st.sampled_from(executable(rule))))) for _ in range(3)]
    fixes = [fixed(SourceFile(NAME, text), look, unsafe=False)[0].text for text in texts]
    for after, was, now in zip(fixes, executed.done(*texts), executed.done(*fixes), strict=True):
        assert executed.is_same(was, now), after


def test_another_result_is_noticed() -> None:
    same, other, raising = executed.done(
        "def last(rows): return rows[-1]",
        "def last(rows): return rows[0]",
        "def last(rows): rows.sort(); return rows[-1]",
    )
    assert executed.is_same(same, same)
    assert not executed.is_same(same, other)
    assert not executed.is_same(same, raising)
