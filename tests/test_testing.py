"""The six checks of a page, each seen to fail when a rule, a page or a gate is broken on purpose."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from memlint import testing
from memlint.api import Edit, Effect, Fix, Position, Rule, Safety, all_of, cst
from memlint.gate import Gate
from memlint.page import Page

PAGE = """\
# XY001 global-name

A function that declares a global.

## Why

The module keeps the value.

## Bad

```python bad
def count():
    global total  # error: XY001
    total = 1
```

```python fixed
def count():
    pass
    total = 1
```

## Good

```python good
def count():
    total = 1
    return total
```

## Fix

Safe.

## Measured

Nothing.

## Sources

None.
"""


class GlobalName(Rule):
    """Finds `global` and puts `pass` in its place."""

    code = "XY001"
    name = "global-name"
    effect = Effect.SHARED
    fixes = (Safety.SAFE,)
    gate = all_of(rb"global")

    def visit_Global(self, node: cst.Global) -> None:
        self.report(node, "a global", fix=Fix("drop it", Safety.SAFE, (self.edit(node),)))

    def edit(self, node: cst.Global) -> Edit:
        return self.replace(node, "pass")


def problems(rule: type[Rule], page: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setattr(testing, "all_rules", lambda: (rule,))
    check = testing.PageCheck(rule, Page(page))
    found: Iterator[tuple[int, str]] = (*check.layout(), *check.examples())
    return [problem for _, problem in found]


def broken(**changes: object) -> type[Rule]:
    return type("GlobalName", (GlobalName,), changes)


def test_rule_and_page_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    assert problems(GlobalName, PAGE, monkeypatch) == []


class Blind(GlobalName):
    def visit_Global(self, node: cst.Global) -> None:
        if self.slice.span(node)[0].column != 1 and self.facts.source.text.isascii():
            super().visit_Global(node)


class LineCounter(GlobalName):
    """Reports the line above, when there are carriage returns."""

    def visit_Global(self, node: cst.Global) -> None:
        if "\r" not in self.facts.source.original:
            super().visit_Global(node)


class Indented(GlobalName):
    def visit_Global(self, node: cst.Global) -> None:
        if self.indentation(node) == "    ":
            super().visit_Global(node)


class CommentEater(GlobalName):
    def edit(self, node: cst.Global) -> Edit:
        start, _ = self.slice.span(node)
        return Edit(start, self.line_end(start.line), "pass")


class NonCompiling(GlobalName):
    def edit(self, node: cst.Global) -> Edit:
        return self.replace(node, "pass pass")


class Unlisted(GlobalName):
    fixes = ()


class Narrow(GlobalName):
    gate = Gate((rb"global total\n",))


class Unsuppressible(GlobalName):
    def visit_Global(self, node: cst.Global) -> None:
        super().visit_Global(node)
        last = self.findings[-1]
        if "memlint" in self.facts.source.text:
            self.findings[-1] = type(last)(**{**vars(last), "start": Position(1, 1)})


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (Blind, "marked are [(2, 'XY001')], found is [] behind a non-ASCII comment"),
        (LineCounter, "found is [] with CR LF"),
        (Indented, "found is [] inside `if True:`"),
        (Indented, "found is [] written with tabs"),
        (CommentEater, "the safe fix of XY001 drops ['# comment 1']"),
        (NonCompiling, "the fix was withdrawn: the fixed text does not compile"),
        (Unlisted, "a safe fix, which `fixes` does not list"),
        (Narrow, "the gate hides ['XY001'] with a comment after every line"),
        (Unsuppressible, "does not silence XY001"),
    ],
)
def test_a_broken_rule(rule: type[Rule], problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert any(problem in found for found in problems(rule, PAGE, monkeypatch))


GOOD = "def count():\n    total = 1\n    return total\n"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("  # error: XY001", "", "nothing is marked in this bad block"),
        ("# error: XY001", "# error: XY002", "marked are [(2, 'XY002')], found is [(2, 'XY001')]"),
        ("    pass\n    total", "    total", "the fix writes:\ndef count():\n    pass"),
        (
            "```python fixed\ndef count():\n    pass\n    total = 1\n```\n",
            "",
            "a fix exists but no fixed block shows it",
        ),
        (GOOD, "def count():\n    global total\n", "marked are [], found is [(2, 'XY001')]"),
        (GOOD, "def count():\n    pass\n    total = 1\n", "two blocks are equal"),
        ("## Why", "## Reason", "the headings must be Why, Bad, Good, Fix, Measured, Sources"),
        ("```python good", "```python fine", "there is no block kind 'fine'"),
        ("## Good\n", "## Good\n\n```python measure-bad\nx = 1\n```\n", "needs one measure-bad and one measure-good"),
    ],
)
def test_a_broken_page(old: str, new: str, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert old in PAGE
    assert any(problem in found for found in problems(GlobalName, PAGE.replace(old, new), monkeypatch))


def test_contexts_are_tried_where_the_page_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    class TopLevel(GlobalName):
        def visit_Global(self, node: cst.Global) -> None:
            if len(self.indentation(node)) == 4 or "if True" in self.facts.source.text:
                super().visit_Global(node)

    page = PAGE.replace("## Why", "contexts: class\n\n## Why").replace("            ", "    ")
    assert "found is [] inside a class" in "".join(problems(TopLevel, page, monkeypatch))


class Outermost(GlobalName):
    """Writes `pass` in front of the outermost definition, too."""

    text = "pass\n"

    def visit_Global(self, node: cst.Global) -> None:
        top = Position(self.slice.first, 1)
        edits = (Edit(top, top, self.text), self.edit(node))
        if "context" not in self.facts.source.text or self.text:
            self.report(node, "a global", fix=Fix("drop it", Safety.SAFE, edits))
        else:
            self.report(node, "a global", unfixed="it stands in a function")


class Stuck(Outermost):
    text = ""


class Wrong(Outermost):
    def edit(self, node: cst.Global) -> Edit:
        return self.replace(node, "pass pass" if "context" in self.facts.source.text else "pass")


@pytest.mark.parametrize(
    ("rule", "line", "problem"),
    [
        (Outermost, "", "the fix writes inside a function"),
        (Outermost, "other fix in: function", ""),
        (Stuck, "other fix in: function", ""),
        (Wrong, "other fix in: function", "not quiet inside a function: XY001 the fixed text does not compile"),
        (Outermost, "other fix in: class", "another fix is told of for 'class', which is no context of the page"),
    ],
)
def test_a_fix_writes_other_text_where_the_page_says_so(
    rule: type[Outermost], line: str, problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = PAGE.replace("## Why", f"contexts: function\n\n{line}\n\n## Why")
    page = page.replace("fixed\n", f"fixed\n{rule.text}")
    found = [each for each in problems(rule, page, monkeypatch) if "inside a function" in each or "context" in each]
    assert problem in "".join(found) if problem else found == []


def test_a_rule_with_a_measurable_effect_needs_its_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = broken(effect=Effect.KEPT)
    assert "a rule with effect kept needs one measure-bad and one measure-good block" in problems(
        kept, PAGE, monkeypatch
    )
