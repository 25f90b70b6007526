from __future__ import annotations

from memlint.api import (
    PUT_IN,
    Container,
    Effect,
    Facts,
    Growth,
    GrowthRule,
    Home,
    Safety,
    Severity,
    Sort,
    WeakSetForList,
    all_of,
)


class DeadWeakrefsPileUp(GrowthRule):
    """A weak reference lets its object go, but stays in the list itself."""

    code = "ML623"
    name = "dead-weakrefs-pile-up"
    effect = Effect.KEPT
    claims = ("bounded",)
    gate = all_of(*PUT_IN, file=(rb"weakref",))
    severity = Severity.INFO
    fixes = (Safety.UNSAFE,)
    homes = (Home.MODULE, Home.CLASS, Home.INSTANCE)

    @classmethod
    def fault(cls, facts: Facts, container: Container, growth: Growth) -> bool:
        growths = facts.growths
        return growths.sort(container, growth) is Sort.WEAK and growths.is_repeated(growth)

    def report_growth(self, container: Container, growth: Growth) -> None:
        name = container.name if container.home is Home.MODULE else self.told_owner(container)
        fix, unfixed = WeakSetForList(self.facts, container, growth).fix()
        self.report(
            growth.by,
            f"`{name}` keeps the weak references to objects that are gone: nothing takes them out; "
            "use `weakref.WeakSet`, or a callback that removes the reference",
            fix=fix,
            unfixed=unfixed,
            related=[(container.statement, "it is made here")],
        )
