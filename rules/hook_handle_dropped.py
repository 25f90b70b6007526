from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst


class HookHandleDropped(Rule):
    """A hook stays on its module, and is run with it, until its handle removes it; here nothing has the handle."""

    code = "ML925"
    name = "hook-handle-dropped"
    effect = Effect.KEPT
    gate = all_of(rb"register_\w+_hook\b", file=(rb"\btorch\b|lightning|\baccelerate\b",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return facts.frameworks.uses("torch") and any(map(facts.hooks.dropped, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        found = self.facts.hooks.dropped(call) if call and self.facts.frameworks.uses("torch") else None
        if call is None or found is None:
            return
        by = getattr(found.by, "name", "")
        when = f"each call of `{by}`" if by else "every turn of the loop"
        self.report(
            call,
            f"{when} adds a hook to `{ast.unparse(found.module)}` for good, with all that the hook holds: keep the "
            "handle, and `remove()` it when the work is done",
            related=[(found.by, "what adds one each time")],
        )
