from __future__ import annotations

from memlint.api import Effect, Facts, Queue, Rule, Severity, Slice, all_of, cst


class UnboundedQueue(Rule):
    """A queue without a bound keeps all that its consumer has not come to yet."""

    code = "ML611"
    name = "unbounded-queue"
    effect = Effect.KEPT
    severity = Severity.INFO
    default = False
    claims = ("bounded",)
    gate = all_of(rb"def|lambda", rb"put", file=(rb"queue|Queue|janus", rb"get"))

    @classmethod
    def found(cls, facts: Facts, part: Slice) -> list[Queue]:
        return [each for each in facts.queues.unbounded if part.first <= each.put.lineno <= part.last]

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return bool(cls.found(facts, part))

    def visit_Module(self, node: cst.Module) -> None:
        for queue in self.found(self.facts, self.slice):
            self.report(
                queue.put,
                f"`{queue.name}` has no bound: where what drains it falls behind, it keeps all that is put in; "
                "make it with a bound, and decide what happens when it is full",
                elsewhere=[
                    (self.facts, queue.made, "it is made here, without a bound"),
                    (self.facts, queue.get, "it is drained here"),
                ],
            )
