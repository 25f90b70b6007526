from __future__ import annotations

from memlint.api import PUT_IN, Container, Effect, Facts, Growth, GrowthRule, Home, Severity, Sort, all_of


class HistoryUnbounded(GrowthRule):
    """A conversation is kept as a list of messages that every turn makes longer."""

    code = "ML616"
    name = "history-unbounded"
    effect = Effect.KEPT
    claims = ("bounded",)
    gate = all_of(*PUT_IN, file=(rb"role|Message",))
    severity = Severity.INFO
    homes = (Home.MODULE, Home.CLASS, Home.INSTANCE)

    @classmethod
    def fault(cls, facts: Facts, container: Container, growth: Growth) -> bool:
        growths = facts.growths
        return growths.sort(container, growth) is Sort.MESSAGE and growths.is_turn(growth)

    def report_growth(self, container: Container, growth: Growth) -> None:
        name = container.name if container.home is Home.MODULE else self.told_owner(container)
        self.report(
            growth.by,
            f"`{name}` keeps every message of every turn, and nothing shortens it: memory, and the length of each "
            "request, grow with the conversation; keep the last messages, or a summary of the others",
            related=[(container.statement, "the history begins here")],
        )
