from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Rule, Safety, Severity, Slice, all_of, cst


class CopyOnlyToIterate(Rule):
    """A copy that is run over once, while nothing changes the original, is a second list for nothing."""

    code = "ML506"
    name = "copy-only-to-iterate"
    effect = Effect.PEAK
    severity = Severity.INFO
    default = False
    yields_to = ("ML415",)
    fixes = (Safety.SAFE,)
    gate = all_of(rb"\bfor\b|\(", rb"[\[(]", file=(rb"list|tuple|copy|\[[\s\\]*:",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.iterated_copies.needless, part.nodes(ast.Call, ast.Subscript)))

    def visit_Call(self, node: cst.Call) -> None:
        self.examine(self.twin(node, ast.Call))

    def visit_Subscript(self, node: cst.Subscript) -> None:
        self.examine(self.twin(node, ast.Subscript))

    def examine(self, copy: ast.Call | ast.Subscript | None) -> None:
        source = self.facts.iterated_copies.needless(copy) if copy else None
        if copy is None or source is None:
            return
        original = self.quoted(source)
        user = self.facts.tree.parents[copy]
        why = "that is read at once" if isinstance(user, ast.Call) else "and the loop leaves the original alone"
        has_comment = "#" in self.text(copy)
        fix = Fix("use the original", Safety.SAFE, (self.replace(copy, self.text(source)),))
        self.report(
            copy,
            f"{self.quoted(copy) or 'this'} is a copy {why}: use {original or 'the original'} itself",
            fix=None if has_comment else fix,
            unfixed="a comment stands in the copy" if has_comment else "",
        )
