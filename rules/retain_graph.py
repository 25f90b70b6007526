from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst


class RetainGraph(Rule):
    """A backward pass that keeps the graph for another one, which does not come."""

    code = "ML924"
    name = "retain-graph"
    effect = Effect.KEPT
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"backward", rb"retain_graph", file=(rb"\btorch\b|lightning|\baccelerate\b",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return facts.frameworks.uses("torch") and any(map(facts.gradients.retained, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        loss = self.facts.gradients.retained(call) if call and self.facts.frameworks.uses("torch") else None
        if call is None or loss is None:
            return
        fix = self.free(call)
        self.report(
            call,
            f"`retain_graph=True` keeps the graph of `{loss.id}` and its activations, and nothing goes back through it "
            "again: leave it out",
            fix=fix,
            unfixed="" if fix else "it is not the only argument, or a comment stands beside it",
        )

    def free(self, call: ast.Call) -> Fix | None:
        """Leave the argument out, where it is the only one."""
        if call.args or len(call.keywords) != 1 or "#" in self.text(call):
            return None
        edit = self.replace(call, f"{self.text(call.func)}()")
        return Fix("let the backward pass free the graph", Safety.UNSAFE, (edit,))
