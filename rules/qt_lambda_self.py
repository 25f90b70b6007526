from __future__ import annotations

import ast

from memlint.api import Edit, Effect, Facts, Fix, Rule, Safety, Severity, Slice, all_of, cst


class QtLambdaSelf(Rule):
    """A signal of an object that outlives the instance keeps a lambda, and the lambda keeps the instance."""

    code = "ML917"
    name = "qt-lambda-self"
    effect = Effect.KEPT
    severity = Severity.INFO
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"connect", rb"lambda", file=(rb"(?i)qt|PySide",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.qt_lambdas.of(call) for call in part.nodes(ast.Call))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        own = self.facts.qt_lambdas.of(call) if call else None
        if call is None or own is None or not isinstance(call.func, ast.Attribute):
            return
        handler = call.args[0]
        assert isinstance(handler, ast.Lambda)
        fix = None
        if self.facts.qt_lambdas.is_same(handler, own):
            edit: Edit = self.replace(handler, self.text(own.func))
            fix = Fix("connect the method itself, which Qt lets go with its object", Safety.UNSAFE, (edit,))
        signal = self.quoted(call.func.value) or "the signal"
        self.report(
            handler,
            f"{signal} keeps this lambda, and so its `{self.text(own.func).partition('.')[0]}`, for as long as the "
            "sender lives; connect the method itself, or disconnect when the object is done",
            fix=fix,
        )
