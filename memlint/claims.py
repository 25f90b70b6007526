"""Answers findings by what comments claim of the program: a container is `bounded`, a class is a `singleton`.

A claim is checked: where the code shows the opposite, the finding stays and says where.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from memlint.anchor import Statements
from memlint.facts import Facts
from memlint.model import Finding, Related
from memlint.review import claimed_class
from memlint.rule import Rule
from memlint.suppressions import CLAIMED, CLAIMS, Suppression


def answered(findings: list[Finding], facts: Facts, rules: Sequence[type[Rule]]) -> list[Finding]:
    """The findings, each with the line of the claim that answers it, or with what contradicts that."""
    stated = [each for each in facts.source.suppressions if each.word in CLAIMS and not each.fault] if findings else []
    if not stated:
        return findings
    answering = {rule.code: rule.claims for rule in rules}
    claims = Claims(facts, stated)
    return [claims.answered(finding, answering[finding.code]) for finding in findings]


class Claims:
    """The claims of a file."""

    def __init__(self, facts: Facts, stated: Sequence[Suppression]) -> None:
        self.facts = facts
        self.stated = stated

    @cached_property
    def statements(self) -> Statements:
        return Statements(self.facts.tree)

    def answered(self, finding: Finding, words: Sequence[str]) -> Finding:
        """A finding as one of its claims leaves it."""
        for claim in self.stated:
            if claim.word not in words:
                continue
            owner = claimed_class(self.facts.tree, claim.start.line) if claim.word == "singleton" else None
            if owner is not None and self.is_about(finding, owner):
                shown = self.facts.contradictions.of_singleton(owner)
                reason = "makes one more each time"
            elif claim.word == "bounded" and claim.start.line in self.lines(finding):
                shown = self.facts.contradictions.of_bounded(finding.start, finding.end)
                reason = "comes straight from a request"
            else:
                continue
            if shown is None:
                return replace(finding, claim=claim.start.line)
            return self.contradicted(finding, claim, *shown, reason)
        return finding

    def contradicted(self, finding: Finding, claim: Suppression, facts: Facts, node: ast.expr, reason: str) -> Finding:
        """The finding with the place that shows the claim to be wrong."""
        start, end = facts.tree.span(node)
        path = facts.path_from(finding.path)
        told = " ".join(ast.unparse(node).split())
        place = f"line {start.line}" if facts is self.facts else f"{path}:{start.line}"
        return replace(
            finding,
            message=f"{finding.message}; `{claim.word}` is claimed, but `{told}` on {place} {reason}",
            related=(
                *finding.related,
                Related(finding.path, claim.start, claim.end, CLAIMED),
                Related(path, start, end, "what contradicts it"),
            ),
        )

    def lines(self, finding: Finding) -> set[int]:
        """The lines where a claim about the container of a finding stands: its own, or where the container is made."""
        places = [finding.start, *(each.start for each in finding.related if each.path == finding.path)]
        return {row for start in places for row in self.statements.rows(replace(finding, start=start))}

    def is_about(self, finding: Finding, owner: ast.ClassDef) -> bool:
        """Whether a finding stands in a class, or its cycle leads through instances of it."""
        around = [
            node
            for node in self.facts.tree.nodes(ast.ClassDef)
            if node.lineno <= finding.start.line <= (node.end_lineno or node.lineno)
        ]
        innermost = max(around, key=lambda node: node.lineno, default=None)
        return innermost is owner or any(each.partition(".")[0] == owner.name for each in finding.cycle)
