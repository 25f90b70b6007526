from __future__ import annotations

from collections.abc import Iterator

from memlint.api import Container, Effect, Facts, Growth, GrowthRule, Home, Severity, Slice, Sort


class InstanceContainerGrows(GrowthRule):
    """A long-lived object gets an entry for every key that a method is given, and no method takes one out."""

    code = "ML620"
    name = "instance-container-grows"
    yields_to = ("ML605", "ML710")
    effect = Effect.KEPT
    severity = Severity.INFO
    default = False
    claims = ("bounded",)
    homes = (Home.INSTANCE,)

    @classmethod
    def fault(cls, facts: Facts, container: Container, growth: Growth) -> bool:
        growths = facts.growths
        if growths.is_of_current(growth) or growths.is_of_current(growth, "threads"):
            return True
        if growths.is_of_lasting(container) and growths.is_listener(container, growth):
            return True
        if growths.sort(container, growth) not in (Sort.PLAIN, Sort.HANDLED) or not growths.is_repeated(growth):
            return False
        return growths.is_of_lasting(container) and growths.is_from_outside(container, growth)

    @classmethod
    def found(cls, facts: Facts, part: Slice) -> Iterator[tuple[Container, Growth]]:
        told = set()
        for container, growth in super().found(facts, part):
            told.add(growth.by)
            yield container, growth
        for container, growth in facts.growths.unread:
            if part.first <= getattr(growth.by, "lineno", 0) <= part.last and growth.by not in told:
                yield container, growth

    def report_growth(self, container: Container, growth: Growth) -> None:
        if self.facts.growths.is_unread(container):
            self.report(
                growth.by,
                f"`self.{container.name}` keeps what is put in here, and no code here or beside reads it: "
                "do without it, unless code elsewhere does",
                related=[(container.statement, "it is made here")],
            )
            return
        told = growth.key if growth.key is not None else growth.value
        shown = self.quoted(told) if told is not None else ""
        what = f"an entry for every {shown}" if growth.key is not None else f"every {shown}"
        self.report(
            growth.by,
            f"`{self.told_owner(container)}` keeps {what if shown else 'everything that it is given'}: "
            "no method takes anything out; bound it, or remove what is done with",
            related=[(container.statement, "it is made here")],
        )
