from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst

MADE = rb"create_task|ensure_future|submit|run_in_executor|run_coroutine_threadsafe|\b(?:Thread|Timer|Process|Popen)\b"


class TaskSetNeverPruned(Rule):
    """Tasks are put into a collection that outlives them, and stay there when they are done."""

    code = "ML605"
    name = "task-set-never-pruned"
    effect = Effect.KEPT
    quiet_in_tests = True
    gate = all_of(rb"\b(?:add|append|appendleft)\b", file=(MADE,))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.task_sets.grown, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        found = self.facts.task_sets.grown(call) if call else None
        if found is None:
            return
        held = ast.unparse(found.collection)
        is_set = getattr(found.growth.func, "attr", "") == "add"
        done = f"`add_done_callback({held}.{'discard' if is_set else 'remove'})`"
        takes = f"give it {done}" if found.what in ("future", "task") else f"take it out of `{held}` when it is done"
        self.report(
            found.growth,
            f"`{held}` keeps every {found.what} that `{found.function.name}` makes, when it is done as well, and "
            f"nothing takes one out; {takes}",
        )
