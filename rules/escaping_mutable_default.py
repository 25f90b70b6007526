from __future__ import annotations

import ast

from memlint.api import CONTAINER_DEFAULT, Default, Effect, NoneGuard, Role, Rule, Safety, Severity, Touch, all_of, cst


class EscapingMutableDefault(Rule):
    """A default is made once, with the function; given away, it belongs to all who called without the argument."""

    code = "ML202"
    name = "escaping-mutable-default"
    effect = Effect.SHARED
    fixes = (Safety.UNSAFE,)
    gate = all_of(CONTAINER_DEFAULT)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.check(self.twin(node, ast.FunctionDef) or self.twin(node, ast.AsyncFunctionDef))

    def visit_Lambda(self, node: cst.Lambda) -> None:
        self.check(self.twin(node, ast.Lambda))

    def check(self, function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None) -> None:
        for default in self.facts.defaults.of(function) if function else ():
            escape = self.facts.defaults.escape(default)
            if escape is not None:
                self.report_escape(default, escape)

    def report_escape(self, default: Default, escape: Touch) -> None:
        fix, unfixed = NoneGuard(self.facts, default).fix()
        told, what = self.told(escape)
        related = [(escape.by if isinstance(escape.by, (ast.expr, ast.stmt)) else escape.use, what)]
        change = self.facts.defaults.change_through_self(default, escape)
        if change is not None:
            told += f", and `{self.facts.defaults.shown(change.use)}` is changed in line {change.use.lineno}"
            related.append((change.use, "the change"))
        self.report(
            default.value,
            f"default `{self.facts.defaults.shown(default.value)}` of `{default.parameter.arg}` is made once; {told}: "
            "use `None`",
            severity=Severity.ERROR if change else None,
            related=related,
            fix=fix,
            unfixed=unfixed,
        )

    def told(self, escape: Touch) -> tuple[str, str]:
        """Who gets hold of the default, and what the place is where it happens."""
        if escape.inner is not None:
            inner = "a lambda" if isinstance(escape.inner, ast.Lambda) else f"`{escape.inner.name}`"
            return f"{inner} shares that one object between all calls that leave it out", "used here"
        if escape.role is not Role.STORED:
            what = "returned here" if escape.role is Role.RETURNED else "yielded here"
            return "every call that leaves it out hands out that one object", what
        stored = escape.by.func if isinstance(escape.by, ast.Call) else self.facts.escape.target(escape.use, escape.by)
        place = f"`{self.facts.defaults.shown(stored)}`" if stored else "its new owner"
        return f"{place} keeps that one object for every call that leaves it out", "stored here"
