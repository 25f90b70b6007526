from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Severity, Slice, all_of, cst


class FinalizerHoldsSelf(Rule):
    """A finalizer that holds the object it waits for waits for ever."""

    code = "ML703"
    name = "finalizer-holds-self"
    effect = Effect.KEPT
    severity = Severity.ERROR
    gate = all_of(rb"\(", file=(rb"weakref|__del__", rb"finalize|__del__"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        calls = part.nodes(ast.Call)
        return any(facts.weak.finalized(call) or facts.weak.revived(call) for call in calls)

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        revived = self.facts.weak.revived(call) if call else None
        if call and revived:
            self.report(
                call,
                f"`__del__` gives {self.quoted(revived) or 'what holds the instance'} to `{self.text(call.func)}`, "
                "which keeps it, and so the instance, until it has run: where the loop or pool is done it never dies; "
                "warn of what is still open instead",
                severity=Severity.WARNING,
                optional=True,
            )
        found = self.facts.weak.finalized(call) if call else None
        if call is None or found is None:
            return
        subject, given = found
        held = subject.value if isinstance(subject, ast.Attribute) else subject
        holding = self.quoted(given) or "what it calls"
        via = "" if held is subject else f", and with it `{self.text(subject)}`"
        self.report(
            call,
            f"the finalizer of `{self.text(subject)}` keeps {holding}, which holds `{self.text(held)}`{via}: without "
            "a call of its own it is freed when the program ends; give it a function and only what that needs",
            optional=self.facts.weak.is_of_module(held),
        )
