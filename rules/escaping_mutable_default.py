from __future__ import annotations

import ast

from memlint.api import Default, DefaultRule, Effect, Facts, NoneGuard, Role, Safety, Severity, Touch


class EscapingMutableDefault(DefaultRule):
    """A default is made once, with the function; given away, it belongs to all who called without the argument."""

    code = "ML202"
    name = "escaping-mutable-default"
    effect = Effect.SHARED
    quiet_in_tests = True
    fixes = (Safety.UNSAFE,)

    @classmethod
    def fault(cls, facts: Facts, default: Default) -> Touch | None:
        return facts.defaults.escape(default)

    def report_fault(self, default: Default, escape: Touch) -> None:
        fix, unfixed = NoneGuard(self.facts, default).fix()
        told, what = self.in_words(escape)
        related = [(escape.by if isinstance(escape.by, (ast.expr, ast.stmt)) else escape.use, what)]
        change = self.facts.stored_defaults.change_through_self(default, escape)
        if change is not None:
            told += f", and `{self.facts.defaults.shown(change.use)}` is changed in line {change.use.lineno}"
            related.append((change.use, "the change"))
        is_stored = escape.role is Role.STORED and escape.inner is None
        self.report(
            default.value,
            f"default `{self.facts.defaults.shown(default.value)}` of `{default.parameter.arg}` is made once; {told}: "
            "use `None`",
            severity=Severity.ERROR if change else Severity.INFO if is_stored else None,
            related=related,
            fix=fix,
            unfixed=unfixed,
            optional=(is_stored and change is None) or self.is_seldom_met(default),
        )

    def is_seldom_met(self, default: Default) -> bool:
        """Whether each call that this file shows gives the argument of a public function, or drops the instance that it
        makes."""
        handing = self.facts.handing
        is_given = handing.is_always_given(default.function, default.parameter, is_public=True)
        return is_given or handing.is_dropped(default.function) or self.is_rebound_in_loop(default)

    def is_rebound_in_loop(self, default: Default) -> bool:
        """Whether a loop gives the name another value, so that the default gets out only where that has nothing to
        run over."""
        binding = self.facts.names.binding_of(default.parameter)
        made = [each.node for each in binding.definitions if each.node is not default.parameter] if binding else []
        return any(self.facts.tree.enclosing(each, ast.For, ast.AsyncFor) is not None for each in made)

    def in_words(self, escape: Touch) -> tuple[str, str]:
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
