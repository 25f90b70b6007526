from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst


class WeakKeyHeldByValue(Rule):
    """A value in a weak-keyed mapping that holds its own key keeps both for good."""

    code = "ML704"
    name = "weak-key-held-by-value"
    effect = Effect.KEPT
    gate = all_of(rb"[=(]", file=(rb"WeakKeyDictionary",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.weak.keeping_key, part.nodes(ast.Call, ast.Assign)))

    def visit_Call(self, node: cst.Call) -> None:
        self.examine(self.twin(node, ast.Call))

    def visit_Assign(self, node: cst.Assign) -> None:
        self.examine(self.twin(node, ast.Assign))

    def examine(self, node: ast.Call | ast.Assign | None) -> None:
        key = self.facts.weak.keeping_key(node) if node else None
        if node is None or key is None:
            return
        self.report(
            node,
            f"the value of this `WeakKeyDictionary` holds its key `{self.text(key)}`, so the entry is never dropped: "
            "let the value refer to its key weakly",
        )
