from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Rule, Safety, Severity, Slice, all_of, cst

STATEMENTS = (ast.AugAssign, ast.Assign, ast.Expr)


class LossKeepsGraph(Rule):
    """A loss that is summed up or collected as it is keeps the graph that it was computed by, turn for turn."""

    code = "ML921"
    name = "loss-keeps-graph"
    effect = Effect.KEPT
    severity = Severity.ERROR
    fixes = (Safety.UNSAFE,)
    gate = all_of(
        rb"\bfor\b|\bwhile\b", rb"\+=|\+|append", rb"backward|\beval\b", file=(rb"\btorch\b|lightning|\baccelerate\b",)
    )

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return facts.frameworks.uses("torch") and any(map(facts.losses.kept, part.nodes(*STATEMENTS)))

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self.examine(self.twin(node, ast.AugAssign))

    def visit_Assign(self, node: cst.Assign) -> None:
        self.examine(self.twin(node, ast.Assign))

    def visit_Expr(self, node: cst.Expr) -> None:
        value = self.twin(node.value, ast.Call)
        self.examine(self.facts.tree.statement(value) if value else None)

    def examine(self, statement: ast.stmt | None) -> None:
        found = self.facts.losses.kept(statement) if statement and self.facts.frameworks.uses("torch") else None
        if statement is None or found is None:
            return
        holder, loss = ast.unparse(found.holder), found.loss.id
        how = "evaluate under `torch.no_grad()`" if found.is_evaluated else f"add `{loss}.item()` or `{loss}.detach()`"
        fix = None if found.is_evaluated else self.detach(found.loss)
        self.report(
            statement,
            f"`{holder}` keeps the graph of every `{loss}` that is added to it: {how}",
            related=[(found.loop, "the loop")],
            fix=fix,
            unfixed="" if fix else "how much of the function is to run without gradients is for its author to say",
        )

    def detach(self, loss: ast.Name) -> Fix:
        """Add the value without its graph."""
        return Fix(f"detach `{loss.id}`", Safety.UNSAFE, (self.replace(loss, f"{loss.id}.detach()"),))
