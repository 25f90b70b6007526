from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst


class ResultAllIterated(Rule):
    """A query that is run with `all()` makes an object of every row before the loop sees the first."""

    code = "ML902"
    name = "result-all-iterated"
    effect = Effect.PEAK
    default = False
    quiet_in_tests = True
    gate = all_of(rb"\bfor\b", file=(rb"\ball\b", rb"sqlalchemy|sqlmodel|\bquery\b"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.rows.mapped(loop) for loop in part.nodes(ast.For, ast.comprehension))

    def visit_For(self, node: cst.For) -> None:
        self.examine(node.iter)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self.examine(node.iter)

    def examine(self, iterated: cst.BaseExpression) -> None:
        iterable = self.twin(iterated, ast.Call) or self.twin(iterated, ast.Name)
        loop = self.facts.tree.parents[iterable] if iterable else None
        found = self.facts.rows.mapped(loop) if isinstance(loop, (ast.For, ast.comprehension)) else None
        if found is None or iterable is None:
            return
        self.report(
            found.call,
            f"{self.quoted(found.call) or '`all()`'} holds an object for every row of the table; "
            "iterate the query with `yield_per`, some hundred rows at a time",
            related=[(iterable, "the only loop over them")] if found.is_named else [],
        )
