from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst


class HandlerPerInstance(Rule):
    """A logger lives as long as the process and keeps each handler that it is given."""

    code = "ML607"
    name = "handler-per-instance"
    effect = Effect.KEPT
    default = False
    claims = ("singleton",)
    gate = all_of(rb"\baddHandler\b", rb"\bdef\b", file=(rb"\bgetLogger\b|\broot\b",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.loggers.repeated, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        if call is None or not self.facts.loggers.repeated(call):
            return
        function = self.facts.tree.function(call)
        self.report(
            call,
            f"each call of `{getattr(function, 'name', '')}` adds one more handler to a logger that is always the "
            "same, which keeps it for good; add it once, or take it off again",
            related=[(function, "the function")],
            optional=not self.facts.population.is_done_often(call),
        )
