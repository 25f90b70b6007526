from __future__ import annotations

import ast

from memlint.api import LARGE_MAKERS, Effect, Facts, Fix, Rule, Safety, Severity, Slice, all_of, cst, known

CONVERSIONS = {-1: "%s", ord("s"): "%s", ord("r"): "%r", ord("a"): "%a"}


class EagerLogArgument(Rule):
    """The text of a large value is made for a message that is thrown away where its level is off."""

    code = "ML418"
    name = "eager-log-argument"
    effect = Effect.PEAK
    severity = Severity.INFO
    fixes = (Safety.SAFE, Safety.UNSAFE)
    gate = all_of(rb"[{%]|\bformat\b", file=(rb"\blogging\b", rb"\b(?:debug|info)\b", LARGE_MAKERS))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.log_messages.written_out, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        large = self.facts.log_messages.written_out(call) if call else None
        if call is None or large is None:
            return
        fix = self.deferred(call.args[0], large)
        self.report(
            call.args[0],
            f"all of {self.quoted(large) or 'a large value'} becomes text here, also where the level is off: "
            "give it to the logger as an argument of `%s`",
            fix=fix,
            unfixed="" if fix else "it is no f-string on one line whose values the logger would write the same",
        )

    def deferred(self, message: ast.expr, large: ast.expr) -> Fix | None:
        """Let the logger put the values in; safe where nothing can change the only one before it does."""
        if not isinstance(message, ast.JoinedStr) or "\n" in self.text(message):
            return None
        if not self.facts.purity.is_pure(message):
            return None
        template, arguments = "", []
        for part in message.values:
            if isinstance(part, ast.Constant):
                template += str(part.value).replace("%", "%%")
            elif isinstance(part, ast.FormattedValue):
                if part.format_spec is not None or not isinstance(part.value, ast.Name) or not self.is_same(part):
                    return None
                template += CONVERSIONS[part.conversion]
                arguments.append(part.value.id)
        if not template.isprintable() or any(mark in template for mark in ("\\", '"')):
            return None
        is_settled = len(arguments) == 1 and self.facts.kind(large) in known("logs", "texts", "unchanging")
        content = ", ".join([f'"{template}"', *arguments])
        safety = Safety.SAFE if is_settled else Safety.UNSAFE
        return Fix("let the logger format it", safety, (self.replace(message, content),))

    def is_same(self, part: ast.FormattedValue) -> bool:
        """Whether `%s` gives the same text as the f-string, which asks `__format__` where it does not convert."""
        held = self.facts.producers.held(part.value)
        is_listed = held is not None and held.kind in ("bytes", "list", "rows")
        return part.conversion != -1 or is_listed or self.facts.kind(part.value) in known("logs", "texts", "plain")
