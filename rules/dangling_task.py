from __future__ import annotations

import ast

from memlint.api import Effect, Facts, KeptTasks, Rule, Safety, Severity, Slice, all_of, cst


class DanglingTask(Rule):
    """The event loop holds its tasks weakly; one that nobody else keeps may be collected before it is done."""

    code = "ML606"
    name = "dangling-task"
    effect = Effect.LOST
    default = False
    also = ("RUF006",)
    severity = Severity.ERROR
    fixes = (Safety.UNSAFE,)
    quiet_in_tests = True
    gate = all_of(file=(rb"create_task|ensure_future",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.tasks.dropped, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        found = self.facts.tasks.dropped(call) if call else None
        if found is None:
            return
        work = found.work.func if isinstance(found.work, ast.Call) else found.work
        shown = self.quoted(work)
        statement = self.facts.tree.statement(found.task)
        fix, unfixed = KeptTasks(self.facts, statement).kept(found.task) if statement else (None, "")
        self.report(
            found.task,
            f"the event loop holds the task {f'of {shown} ' if shown else ''}only weakly, and {found.by}: where nobody "
            "holds what it waits for, it is garbage-collected before it is done; keep it in a set, with "
            "`add_done_callback` of the set's `discard`",
            fix=fix,
            unfixed=unfixed,
            optional=self.facts.tasks.is_delayed(found.work) or is_made_by_call(found.work),
        )


def is_made_by_call(work: ast.expr) -> bool:
    """Whether a coroutine is that of a function which a call gives back, `wrapped(read)()`."""
    return isinstance(work, ast.Call) and isinstance(work.func, ast.Call)
