from __future__ import annotations

import ast

from memlint.api import Edit, Effect, Facts, Fix, Rule, Safety, Severity, Slice, all_of, cst


class WeakSignalReceiver(Rule):
    """A signal holds its receivers weakly; one that nobody else holds is never called."""

    code = "ML708"
    name = "weak-signal-receiver"
    effect = Effect.LOST
    severity = Severity.ERROR
    fixes = (Safety.UNSAFE,)
    quiet_in_tests = True
    gate = all_of(rb"connect|@", file=(rb"[Ss]ignal|dispatch|flask", rb"connect|receiver"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.signals.lost, part.nodes(ast.Call, ast.FunctionDef, ast.AsyncFunctionDef)))

    def visit_Call(self, node: cst.Call) -> None:
        self.examine(self.twin(node, ast.Call))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.examine(self.twin(node, ast.FunctionDef) or self.twin(node, ast.AsyncFunctionDef))

    def examine(self, node: ast.Call | ast.FunctionDef | ast.AsyncFunctionDef | None) -> None:
        found = self.facts.signals.lost(node) if node else None
        if found is None:
            return
        until = "when the function returns" if "local" in found.what else "at once"
        fix = self.held(found.call) if found.call else None
        self.report(
            found.receiver,
            f"the signal holds {found.what} weakly, and nothing else holds it: it is gone {until} and never called; "
            "connect it with `weak=False`, or a function that stays",
            fix=fix,
            unfixed=""
            if fix
            else "the signal is connected by a bare decorator, or its call ends in a comment or bracket",
        )

    def held(self, call: ast.Call) -> Fix | None:
        """Let the signal hold the receiver."""
        arguments = [self.slice.span(each)[1] for each in (*call.args, *(each.value for each in call.keywords))]
        end = self.slice.span(call)[1]
        last = max(arguments, default=end)
        if last == end or self.facts.source.between(last, end).replace(",", "").strip() != ")":
            return None
        return Fix("let the signal hold the receiver", Safety.UNSAFE, (Edit(last, last, ", weak=False"),))
