from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst


class LoggerPerObject(Rule):
    """The logging module keeps each logger by its name until the process ends."""

    code = "ML615"
    name = "logger-per-object"
    effect = Effect.KEPT
    default = False
    claims = ("bounded",)
    gate = all_of(rb"\bdef\b|\blambda\b", file=(rb"\bgetLogger\b",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.loggers.endless, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        part = self.facts.loggers.endless(call) if call else None
        if call is None or part is None:
            return
        self.report(
            call,
            f"the logging module keeps a logger for each {self.quoted(part) or 'name'} until the process ends; use one "
            "logger for all, and a `LoggerAdapter` or `extra` for what differs",
            related=[(part, "what differs")],
            optional=not self.facts.population.is_done_often(call),
        )
