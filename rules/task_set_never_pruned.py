from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, KeptTasks, Rule, Safety, Slice, all_of, cst

MADE = rb"create_task|ensure_future|submit|run_in_executor|run_coroutine_threadsafe|\b(?:Thread|Timer|Process|Popen)\b"


class TaskSetNeverPruned(Rule):
    """Tasks are put into a collection that outlives them, and stay there when they are done."""

    code = "ML605"
    name = "task-set-never-pruned"
    effect = Effect.KEPT
    claims = ("bounded",)
    fixes = (Safety.UNSAFE,)
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
        fix, unfixed = self.pruned(found.growth, found.collection, is_set and found.what == "task")
        self.report(
            found.growth,
            f"`{held}` keeps every {found.what} that `{found.function.name}` makes, when it is done as well, and "
            f"nothing takes one out; {takes}",
            elsewhere=[(self.facts, found.creation, "it is made here")],
            fix=fix,
            unfixed=unfixed,
        )

    def pruned(self, growth: ast.Call, collection: ast.Attribute | ast.Name, is_tasks: bool) -> tuple[Fix | None, str]:
        """Have each task discarded from its set when it is done; or why that is not offered."""
        statement = self.facts.tree.parents[growth]
        held = self.text(collection)
        if not is_tasks:
            return None, f"`{held}` is no set of tasks, whose `discard` a task could call when it is done"
        if any(map(self.is_looped, self.facts.task_sets.uses(collection))):
            return None, f"a loop runs over `{held}` itself, which would change meanwhile"
        if not isinstance(statement, ast.Expr) or "\n" in held:
            return None, "the call is no statement of its own"
        edits = KeptTasks(self.facts, statement).discarded(growth.args[0], held)
        if not edits:
            return None, "the statement shares its line, or no short name is free for the task"
        return Fix("take each task out of its set when it is done", Safety.UNSAFE, edits), ""

    def is_looped(self, use: ast.AST) -> bool:
        parent = self.facts.tree.parents[use]
        return isinstance(parent, (ast.For, ast.AsyncFor)) and use is parent.iter
