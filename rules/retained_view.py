from __future__ import annotations

import ast
import re

from memlint.api import CopiedPart, Effect, Facts, Rule, Safety, Scan, Slice, all_of, cst, known

INSTEAD = {
    "slice": "keep a copy, which holds the part alone",
    "view": "keep `bytes` of it",
    "match": "keep its `group()`",
}
WHAT = {"slice": "a view", "view": "a view", "match": "a match"}

GAP = rb"(?:[\s\\(+-]|#[^\n]*\n)*"
SHORT = re.compile(rb"\[" + GAP + rb"(?:(?:\d|True\b)\w*(?:[\s\\)]|#[^\n]*\n)*:|:" + GAP + rb"(?:\d|True\b))")
"""A slice with a constant bound."""


def takes_part(scan: Scan) -> bool:
    """Whether some slice has a constant bound beside what makes arrays or views, or something is matched in a text."""
    makers = known("producers", "made_by", "array").union(
        *(known("producers", "sized", each) for each in ("first", "third", "dimensions"))
    )
    libraries = {each.partition(".")[0].encode() for each in makers} - {b"builtins"}
    if not scan.words.isdisjoint(libraries | {b"memoryview"}) and SHORT.search(scan.data):
        return True
    matching = {each.rpartition(".")[2].encode() for each in known("transfers", "views", "matched_by")}
    return b"re" in scan.words and not scan.words.isdisjoint(matching)


class RetainedView(Rule):
    """A small part of a large buffer that is no copy keeps the whole buffer alive."""

    code = "ML417"
    name = "retained-view"
    effect = Effect.KEPT
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\bdef\b", rb"[\[(]", rb"\breturn\b|\.|\[", file=(takes_part,))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.views.retained(each) for each in part.nodes(ast.Subscript, ast.Call))

    def visit_Subscript(self, node: cst.Subscript) -> None:
        self.examine(self.twin(node, ast.Subscript))

    def visit_Call(self, node: cst.Call) -> None:
        self.examine(self.twin(node, ast.Call))

    def examine(self, part: ast.Subscript | ast.Call | None) -> None:
        found = self.facts.views.retained(part) if part else None
        if part is None or found is None:
            return
        fix, unfixed = CopiedPart(self.facts, found).fix()
        self.report(
            part,
            f"{self.quoted(part) or 'this'} is {WHAT[found.kind]} and keeps all of `{found.buffer.id}`; "
            + INSTEAD[found.kind],
            fix=fix,
            unfixed=unfixed,
            related=[(found.by, "where it is kept")],
        )
