from __future__ import annotations

from memlint.api import PUT_IN, Container, Effect, Facts, Growth, GrowthRule, Home, Sort, all_of


class LockTableGrows(GrowthRule):
    """A lock is made for every key, and stays in its table when nobody waits for it any more."""

    code = "ML618"
    name = "lock-table-grows"
    effect = Effect.KEPT
    default = False
    claims = ("bounded",)
    gate = all_of(*PUT_IN, file=(rb"Lock|Semaphore|Condition|Event|Limiter",))
    homes = (Home.MODULE, Home.CLASS, Home.INSTANCE)

    @classmethod
    def fault(cls, facts: Facts, container: Container, growth: Growth) -> bool:
        return is_lock(facts, container, growth) and facts.growths.is_from_outside(container, growth)

    @classmethod
    def weak_fault(cls, facts: Facts, container: Container, growth: Growth) -> bool:
        """Whether the key names a file, of which a program may lock few."""
        is_of_files = growth.key is not None and facts.growths.origins.is_of_files(growth.key)
        return is_of_files and is_lock(facts, container, growth)

    def report_growth(self, container: Container, growth: Growth) -> None:
        key = self.quoted(growth.key) if growth.key is not None else ""
        name = container.name if container.home is Home.MODULE else self.told_owner(container)
        self.report(
            growth.by,
            f"`{name}` keeps a lock for every {key or 'key'} that was ever used: nothing removes one; "
            "use `weakref.WeakValueDictionary`, or count the users of a key",
            related=[(container.statement, "the table is made here")],
            optional=not self.fault(self.facts, container, growth),
        )


def is_lock(facts: Facts, container: Container, growth: Growth) -> bool:
    """Whether a growth enters a lock under a key, in code that runs time and again."""
    growths = facts.growths
    return growth.key is not None and growths.sort(container, growth) is Sort.LOCK and growths.is_repeated(growth)
