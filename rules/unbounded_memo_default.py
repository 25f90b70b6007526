from __future__ import annotations

import ast

from memlint.api import Default, DefaultRule, Effect, Facts, Touch


class UnboundedMemoDefault(DefaultRule):
    """A default that serves as a cache lives as long as its function, and keeps an entry for every key it ever saw."""

    code = "ML204"
    name = "unbounded-memo-default"
    effect = Effect.KEPT
    claims = ("bounded",)

    @classmethod
    def fault(cls, facts: Facts, default: Default) -> Touch | None:
        return facts.memos.endless(default)

    def report_fault(self, default: Default, touch: Touch) -> None:
        key = self.facts.memos.entered(touch)
        shown = self.facts.defaults.shown(key) if key else "key"
        function = default.function
        owner = "the lambda" if isinstance(function, ast.Lambda) else f"`{function.name}`"
        self.report(
            default.value,
            f"default `{self.facts.defaults.shown(default.value)}` of `{default.parameter.arg}` is a cache that never "
            f"shrinks: {owner} keeps an entry for every `{shown}` it was ever given; "
            "use `functools.lru_cache` with a `maxsize`",
            related=[(touch.by if isinstance(touch.by, (ast.expr, ast.stmt)) else touch.use, "the entry")],
            optional=key is None or not self.facts.growths.origins.is_open(key),
        )
