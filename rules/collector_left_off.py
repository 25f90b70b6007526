from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst


class CollectorLeftOff(Rule):
    """An exception jumps over the line that switches the garbage collector on again."""

    code = "ML707"
    name = "collector-left-off"
    effect = Effect.KEPT
    default = False
    quiet_in_tests = True
    gate = all_of(rb"\(", file=(rb"\bgc\b", rb"disable|set_threshold", rb"enable|set_threshold"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.collector.left_off, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        back = self.facts.collector.left_off(call) if call else None
        if call is None or back is None:
            return
        self.report(
            call,
            f"an exception on the way jumps over `{self.text(back.func)}`, and the garbage collector stays off: switch "
            "it on again under `finally`",
            related=[(back, "switched on again")],
        )
