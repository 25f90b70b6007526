from __future__ import annotations

import ast

from memlint.api import PUT_IN, Container, Effect, Facts, Growth, GrowthRule, Home, Sort, all_of


class HandlerGrowsState(GrowthRule):
    """A route or a task puts something into a container of the process with every call."""

    code = "ML903"
    name = "handler-grows-state"
    effect = Effect.KEPT
    claims = ("bounded",)
    gate = all_of(*PUT_IN, rb"@", file=(rb"import",))
    homes = (Home.MODULE, Home.CLASS)

    @classmethod
    def fault(cls, facts: Facts, container: Container, growth: Growth) -> bool:
        growths = facts.growths
        return growths.sort(container, growth) is Sort.HANDLED and growths.is_new_each_time(growth)

    def report_growth(self, container: Container, growth: Growth) -> None:
        handler = self.facts.growths.handler(growth)
        name = handler.name if handler else "the handler"
        told = growth.key if growth.key is not None else growth.value
        shown = self.quoted(told) if isinstance(told, ast.expr) else ""
        self.report(
            growth.by,
            f"`{name}` puts {shown or 'something'} into `{container.name}` with every call, and nothing takes it out: "
            "the process grows as long as it serves; bound it, or keep it in a store that expires",
            related=[(container.statement, "it lives as long as the process")],
        )
