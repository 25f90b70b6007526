from __future__ import annotations

import ast

from memlint.api import Default, DefaultRule, Effect, Facts, NoneGuard, Role, Safety, Severity, Slice, Touch

HARMLESS = frozenset({Role.READ, Role.PASSED, Role.ALIASED})


class ReadOnlyMutableDefault(DefaultRule):
    """A default is made once, with the function; nothing keeps it as it was made but that nobody changes it."""

    code = "ML207"
    name = "read-only-mutable-default"
    effect = Effect.SHARED
    severity = Severity.INFO
    default = False
    fixes = (Safety.UNSAFE,)

    @classmethod
    def fault(cls, facts: Facts, default: Default) -> Touch | None:
        """The first call that the default is handed to, or the first place that reads it; None where more is done."""
        defaults = facts.defaults
        if defaults.is_exempt(default) or defaults.reads_signature(default) or defaults.is_private(default):
            return None
        touches = defaults.touches(default)
        if not touches or facts.memos.is_memo(default) or any(touch.role not in HARMLESS for touch in touches):
            return None
        if defaults.change(default) or defaults.escape(default):
            return None
        return next((touch for touch in touches if touch.role is Role.PASSED), touches[0])

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        functions = part.nodes(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        return super().suspects(facts, part) or any(
            True for function in functions for _ in facts.made_defaults.of(function)
        )

    def check(self, function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None) -> None:
        super().check(function)
        for parameter, call in self.facts.made_defaults.of(function) if function else ():
            self.report(
                call,
                f"default `{self.facts.defaults.shown(call)}` of `{parameter.arg}` is made once and shared by every "
                "call: use `None`, and make it in the function",
                optional=True,
            )

    def report_fault(self, default: Default, touch: Touch) -> None:
        fix, unfixed = NoneGuard(self.facts, default).fix()
        function = default.function
        owner = "the lambda" if isinstance(function, ast.Lambda) else f"`{function.name}`"
        done, what = f"{owner} only reads it", "read here"
        if touch.role is Role.PASSED and isinstance(touch.by, ast.Call):
            done, what = f"{owner} hands it to `{self.facts.defaults.shown(touch.by.func)}`", "handed on here"
        self.report(
            default.value,
            f"default `{self.facts.defaults.shown(default.value)}` of `{default.parameter.arg}` is made once and "
            f"shared by every call; {done}: use `None`, or an immutable value",
            related=[(touch.by if isinstance(touch.by, (ast.expr, ast.stmt)) else touch.use, what)],
            fix=fix,
            unfixed=unfixed,
        )
