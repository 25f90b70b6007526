from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Severity, Slice, all_of, cst


class CollectorDebugLeftOn(Rule):
    """Under `DEBUG_SAVEALL` the garbage collector frees nothing that it finds."""

    code = "ML709"
    name = "collector-debug-left-on"
    effect = Effect.KEPT
    severity = Severity.ERROR
    gate = all_of(rb"\(", file=(rb"\bgc\b", rb"set_debug", rb"DEBUG_(?:LEAK|SAVEALL)"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.collector.keeps_garbage, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        flag = self.facts.collector.keeps_garbage(call) if call else None
        if call is None or flag is None:
            return
        self.report(
            call,
            f"under `{self.text(flag)}` the garbage collector keeps all that it finds in `gc.garbage`, for good: set "
            "this flag only while looking for a leak",
        )
