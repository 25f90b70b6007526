from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst


class OutputsKeepGraph(Rule):
    """Outputs that an evaluation collects with gradients on keep the graph and the activations of each step."""

    code = "ML922"
    name = "outputs-keep-graph"
    effect = Effect.KEPT
    gate = all_of(
        rb"\bdef\b", rb"\bfor\b|\bwhile\b", rb"\beval\b", rb"append|cat", file=(rb"\btorch\b|lightning|\baccelerate\b",)
    )

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        if not facts.frameworks.uses("torch"):
            return False
        return any(
            facts.outputs.kept(each) and not facts.losses.kept(each) for each in part.nodes(ast.Assign, ast.Expr)
        )

    def visit_Assign(self, node: cst.Assign) -> None:
        self.examine(self.twin(node, ast.Assign))

    def visit_Expr(self, node: cst.Expr) -> None:
        value = self.twin(node.value, ast.Call)
        self.examine(self.facts.tree.statement(value) if value else None)

    def examine(self, statement: ast.stmt | None) -> None:
        if statement is None or not self.facts.frameworks.uses("torch") or self.facts.losses.kept(statement):
            return
        found = self.facts.outputs.kept(statement)
        if found is None:
            return
        self.report(
            statement,
            f"`{ast.unparse(found.holder)}` keeps every output of `{ast.unparse(found.forward.func)}` with its graph "
            "and activations: detach it, or run the loop under `torch.no_grad()`",
            related=[(found.forward, "computed here, with gradients on"), (found.loop, "the loop")],
        )
