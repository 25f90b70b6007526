from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Severity, Slice, all_of, cst


class WeakmethodAsCallback(Rule):
    """Calling a weak reference only gives its object: as a callback it does nothing."""

    code = "ML705"
    name = "weakmethod-as-callback"
    effect = Effect.LOST
    severity = Severity.ERROR
    gate = all_of(rb"\(", file=(rb"weakref",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(references(facts, call) for call in part.nodes(ast.Call))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        if call is None:
            return
        for argument, made in references(self.facts, call):
            self.report(
                argument,
                f"`{self.text(call.func)}` calls a `{self.text(made.func)}`, which gives its object and "
                "does not run it: pass a function that calls what the reference gives",
                related=[] if made is argument else [(made, "the weak reference")],
            )


def references(facts: Facts, call: ast.Call) -> list[tuple[ast.expr, ast.Call]]:
    """The arguments that a call will call and that are weak references, each with the call that makes it."""
    found = [(argument, facts.weak.uncallable(argument)) for argument in facts.weak.called(call)]
    return [(argument, made) for argument, made in found if made is not None]
