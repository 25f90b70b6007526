from __future__ import annotations

import ast

from memlint.api import CopiedPart, Effect, Facts, Rule, Safety, Slice, all_of, cst

LIBRARIES = rb"numpy|torch|memoryview|\bre\b|cupy|cv2|imageio|jax|skimage|tifffile"
"""What a view may be taken of; arrays by the tables, which name these libraries."""

INSTEAD = {
    "slice": "keep a copy, which holds the part alone",
    "view": "keep `bytes` of it",
    "match": "keep its `group()`",
}
WHAT = {"slice": "a view", "view": "a view", "match": "a match"}


class RetainedView(Rule):
    """A small part of a large buffer that is no copy keeps the whole buffer alive."""

    code = "ML417"
    name = "retained-view"
    effect = Effect.KEPT
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"[\[(]", rb"\breturn\b|\.|\[", file=(LIBRARIES,))

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
