from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst


class ThreadHoldsSelf(Rule):
    """A thread that runs a method for ever holds the instance for ever, whoever else lets go of it."""

    code = "ML614"
    name = "thread-holds-self"
    effect = Effect.KEPT
    default = False
    claims = ("singleton",)
    gate = all_of(rb"\(", file=(rb"\bwhile\b", rb"\b(?:_?thread(?:ing)?|gevent|eventlet)\b"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.threads.endless(call) for call in part.nodes(ast.Call))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        found = self.facts.threads.endless(call) if call else None
        if call is None or found is None or self.facts.registrations.is_single(found.model):
            return
        runs = self.quoted(found.runs) or "its target"
        self.report(
            call,
            f"the thread never leaves {runs}, so it keeps this `{found.model.node.name}` for good: let the loop test a "
            "flag or an event, or give the thread a weak reference",
            optional=not self.facts.population.is_many(found.model),
            related=[(found.loop, "the loop that nothing ends")],
        )
