from __future__ import annotations

import ast

from memlint.api import Effect, Facts, JoinedParts, Rule, Safety, Slice, all_of, cst

BETTER = {
    "bytes": "extend a `bytearray`",
    "dict": "change it in place",
    "frozenset": "collect the items in a set",
    "list": "extend it in place",
    "set": "change it in place",
    "str": "collect the parts in a list and join them after the loop",
    "table": "collect the parts in a list and join them once, after the loop",
    "tuple": "collect the items in a list",
}
"""What to do in place of making a new one, by kind."""


class QuadraticAccumulation(Rule):
    """What a loop makes anew of itself and something more is copied whole in every turn."""

    code = "ML406"
    name = "quadratic-accumulation"
    yields_to = ("ML912", "ML921", "ML922")
    effect = Effect.TIME
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\b(?:for|while)\b", rb"=")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.accumulation.growth, part.nodes(ast.Assign, ast.AugAssign)))

    def visit_Assign(self, node: cst.Assign) -> None:
        self.examine(self.twin(node, ast.Assign))

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self.examine(self.twin(node, ast.AugAssign))

    def examine(self, statement: ast.Assign | ast.AugAssign | None) -> None:
        growth = self.facts.accumulation.growth(statement) if statement else None
        if statement is None or growth is None:
            return
        fix, unfixed = JoinedParts(self.facts, self.slice, statement, growth).fix()
        self.report(
            statement,
            f"`{growth.by}` copies all of `{ast.unparse(growth.place)}` in every turn: {BETTER[growth.kind]}",
            related=[(growth.loop, "the loop")],
            optional=growth.is_doubtful,
            fix=fix,
            unfixed=unfixed,
        )
