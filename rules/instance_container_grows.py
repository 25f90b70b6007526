from __future__ import annotations

from memlint.api import Container, Effect, Facts, Growth, GrowthRule, Home, Severity, Sort


class InstanceContainerGrows(GrowthRule):
    """A long-lived object gets an entry for every key that a method is given, and no method takes one out."""

    code = "ML620"
    name = "instance-container-grows"
    yields_to = ("ML605", "ML710")
    effect = Effect.KEPT
    severity = Severity.INFO
    default = False
    homes = (Home.INSTANCE,)

    @classmethod
    def fault(cls, facts: Facts, container: Container, growth: Growth) -> bool:
        growths = facts.growths
        if growths.is_of_lasting(container) and growths.is_listener(container, growth):
            return True
        if growths.sort(container, growth) not in (Sort.PLAIN, Sort.HANDLED) or not growths.is_repeated(growth):
            return False
        return growths.is_of_lasting(container) and growths.is_from_outside(container, growth)

    def report_growth(self, container: Container, growth: Growth) -> None:
        told = growth.key if growth.key is not None else growth.value
        shown = self.quoted(told) if told is not None else ""
        what = f"an entry for every {shown}" if growth.key is not None else f"every {shown}"
        self.report(
            growth.by,
            f"`{self.told_owner(container)}` keeps {what if shown else 'everything that it is given'}: "
            "no method takes anything out; bound it, or remove what is done with",
            related=[(container.statement, "it is made here")],
        )
