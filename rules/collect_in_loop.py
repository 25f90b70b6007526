from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst, walk


class CollectInLoop(Rule):
    """A run of the garbage collector looks at every object there is; in a loop it does so each turn."""

    code = "ML706"
    name = "collect-in-loop"
    effect = Effect.TIME
    default = False
    gate = all_of(rb"\b(?:for|while)\b", file=(rb"\bgc\b|empty_cache|malloc_trim",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.collector.repeated, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        loop = self.facts.collector.repeated(call) if call else None
        if call is None or loop is None:
            return
        is_collection = self.facts.names.qualified(call.func) == "gc.collect"
        cost = (
            "looks at every object of the program" if is_collection else "hands all free memory back, to fetch it again"
        )
        self.report(
            call,
            f"each turn of the loop {cost}: call `{self.text(call.func)}` once behind it, or every so many turns",
            related=[(loop, "the loop")],
            optional=self.facts.collector.is_meant(call) or any(isinstance(each, ast.Await) for each in walk(loop)),
        )
