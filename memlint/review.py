"""What can be said of the suppressions of a file once every rule has seen it: which of them nothing needs, and which
say nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from memlint.facts.layout import Tree
from memlint.model import Edit, Finding, Fix, Outcome, Position
from memlint.rule import Rule
from memlint.settings import suggestion
from memlint.suppressions import CLAIMED, CLAIMS, EVERYTHING, WORDS, Code, Suppression, selects
from memlint.syntax import CODE as SYNTAX_CODE

OURS = re.compile(r"ML[0-9]+")
"""The codes in a `noqa` that are certainly ours; others may be those of any linter."""
SELF = "ML0"
"""The beginning of the codes that speak of the file itself, and of its comments."""


class Unused(NamedTuple):
    """A suppression, or some of its codes, that no finding needs."""

    suppression: Suppression
    codes: tuple[Code, ...]

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the suppression is needed."""
        return len(self.codes) == len(self.suppression.codes)


class Mistake(NamedTuple):
    """A part of a comment that means nothing to memlint, and why."""

    start: Position
    end: Position
    reason: str


class Review:
    """The suppressions of a file beside its findings, suppressed or not, and the rules that have looked for some."""

    def __init__(self, tree: Tree, outcome: Outcome, rules: Sequence[type[Rule]]) -> None:
        self.tree = tree
        self.source = tree.source
        self.findings = outcome.findings
        self.rules = {rule.code: rule for rule in rules}
        self.is_complete = not (outcome.failures or outcome.unchecked)

    @cached_property
    def known(self) -> tuple[type[Rule], ...]:
        # The registry finds rules, which come to this module by way of the interface that they import.
        from memlint.registry import all_rules

        return all_rules()

    @property
    def unused(self) -> Iterator[Unused]:
        """The suppressions and claims that no finding needs, though all rules that they mean have looked for one."""
        if not self.is_complete:
            return
        for each in self.source.suppressions:
            if each.fault or self.is_misplaced(each):
                continue
            if each.word in CLAIMS:
                if each.start.line not in self.answering and self.have_run(self.claiming(each.word)):
                    yield Unused(each, ())
            elif each.word == "on":
                if idle := tuple(code for code in each.codes if not code.last):
                    yield Unused(each, idle)
            elif idle := tuple(code for code in each.codes if self.is_idle(each, code)):
                yield Unused(each, idle)

    @cached_property
    def needed(self) -> set[Code]:
        """The codes that switch a finding off."""
        also = {rule.code: frozenset(rule.also) for rule in self.rules.values()}
        return {
            code
            for finding in self.findings
            for each in self.source.suppressions
            for code in each.holding(finding, also.get(finding.code, frozenset()))
        }

    @cached_property
    def answering(self) -> set[int]:
        """The lines of claims that answer a finding, or that one says the code contradicts."""
        named = {each.start.line for finding in self.findings for each in finding.related if each.message == CLAIMED}
        return named | {finding.claim for finding in self.findings}

    def is_idle(self, suppression: Suppression, code: Code) -> bool:
        if code in self.needed or code.text.startswith(SELF):
            return False
        if suppression.word == "noqa" and not (code.is_written and OURS.fullmatch(code.text)):
            return False
        meant = [rule for rule in self.known if means(code.text, rule)]
        return bool(meant) and self.have_run(meant)

    def is_misplaced(self, claim: Suppression) -> bool:
        return claim.word == "singleton" and claimed_class(self.tree, claim.start.line) is None

    def have_run(self, rules: Iterable[type[Rule]]) -> bool:
        return all(rule.code in self.rules or rule.code.startswith(SELF) for rule in rules)

    def claiming(self, word: str) -> list[type[Rule]]:
        """The rules whose findings a claim answers."""
        return [rule for rule in self.known if word in rule.claims]

    @property
    def mistakes(self) -> Iterator[Mistake]:
        """The comments that memlint cannot read, and the codes that mean no rule."""
        for each in self.source.suppressions:
            if each.word not in (*WORDS, "noqa"):
                way_out = suggestion(each.word, WORDS) or f"; it is one of {', '.join(WORDS)}"
                said = f"memlint has no word `{each.word}`" if each.word else "a word is missing"
                yield Mistake(each.start, each.end, f"{said}{way_out}")
            elif each.fault:
                yield Mistake(each.start, each.end, each.fault)
            elif self.is_misplaced(each):
                yield Mistake(each.start, each.end, "`singleton` stands on the line of no class; move it there")
            for code in each.codes if not each.fault else ():
                if each.word != "noqa" or OURS.fullmatch(code.text):
                    yield from self.unknown(code)

    def unknown(self, code: Code) -> Iterator[Mistake]:
        """What is wrong with a code that means no rule."""
        if code.text in (EVERYTHING, SYNTAX_CODE) or any(means(code.text, rule) for rule in self.known):
            return
        words = [word for rule in self.known for word in (rule.code, rule.name)]
        yield Mistake(code.start, code.end, f"no rule is called `{code.text}`{suggestion(code.text, words)}")

    def finding(
        self, rule: type[Rule], start: Position, end: Position, message: str, fix: Fix | None = None
    ) -> Finding:
        """What a rule reports of a comment, which a comment of that line may switch off."""
        return Finding(
            self.source.path,
            start,
            end,
            rule.code,
            rule.name,
            rule.effect,
            rule.severity,
            message,
            fix=fix,
            rows=(start.line,),
        )

    def without(self, unused: Unused) -> tuple[Edit, ...]:
        """The edits that take a suppression out of its comment, or some codes out of it, and their ends with them."""
        partners = [code.partner for code in unused.codes if code.partner]
        edits = [self.cut(unused.suppression, unused.codes)]
        for each in self.source.suppressions:
            if gone := tuple(code for code in each.codes if code in partners):
                edits.append(self.cut(each, gone))
        return tuple(edits)

    def cut(self, suppression: Suppression, codes: tuple[Code, ...]) -> Edit:
        """The edit of one comment."""
        if len(codes) == len(suppression.codes):
            return self.removal(suppression)
        first, second = suppression.codes[:2]
        separator = self.source.between(first.end, second.start)
        kept = separator.join(
            self.source.between(code.start, code.end) for code in suppression.codes if code not in codes
        )
        return Edit(first.start, suppression.codes[-1].end, kept)

    def removal(self, suppression: Suppression) -> Edit:
        """Take a suppression out, with its line or its part of the comment; of a `noqa`, what the text behind says
        stays."""
        line, start, end = suppression.start.line, suppression.start, suppression.end
        text = self.source.lines[line - 1]
        before, behind = text[: start.column - 1], text[end.column - 1 :]
        if suppression.word == "noqa" and suppression.reason:
            return Edit(start, end, f"# {suppression.reason}")
        if before.strip():
            return Edit(Position(line, len(before.rstrip()) + 1), end, "")
        if behind.strip():
            return Edit(start, Position(line, end.column + len(behind) - len(behind.lstrip())), "")
        if line < len(self.source.lines):
            return Edit(Position(line, 1), Position(line + 1, 1), "")
        return Edit(Position(line, 1), Position(line, len(text) + 1), "")


def claimed_class(tree: Tree, line: int) -> ast.ClassDef | None:
    """The class on whose header a line is."""
    node: ast.ClassDef
    for node in tree.nodes(ast.ClassDef):
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        if first <= line <= max(node.lineno, node.body[0].lineno - 1):
            return node
    return None


def means(selector: str, rule: type[Rule]) -> bool:
    """Whether a selector in a comment means a rule, by what memlint or another linter calls it."""
    return selects(selector, rule.code, rule.name) or selector in rule.also
