from __future__ import annotations

import ast

from memlint.api import PUT_IN, Container, Effect, Facts, Growth, GrowthRule, Home, Sort, all_of


class ModuleContainerGrows(GrowthRule):
    """A container of the module gets an entry for every key that a function is given, and nothing takes one out."""

    code = "ML604"
    name = "module-container-grows"
    effect = Effect.KEPT
    gate = all_of(file=PUT_IN)
    homes = (Home.MODULE, Home.CLASS)

    @classmethod
    def fault(cls, facts: Facts, container: Container, growth: Growth) -> bool:
        growths = facts.growths
        if growths.sort(container, growth) is not Sort.PLAIN or not growths.is_repeated(growth):
            return False
        return growths.is_from_outside(container, growth) and not growths.is_through_instance(growth)

    @classmethod
    def anchor(cls, facts: Facts, container: Container, growth: Growth) -> ast.AST:
        """The growth; but where instances enter themselves the container, which had better be weak."""
        return container.statement if facts.growths.is_self_entry(growth) else growth.by

    def report_growth(self, container: Container, growth: Growth) -> None:
        if self.facts.growths.is_self_entry(growth):
            self.report(
                container.statement,
                f"`{container.name}` keeps every instance that was ever made: nothing takes one out; make it a "
                "`weakref.WeakSet`, or remove what is done with",
                related=[(growth.by, "each instance enters itself here")],
            )
            return
        told = growth.key if growth.key is not None else growth.value
        shown = self.quoted(told) if told is not None else ""
        what = f"an entry for every {shown}" if growth.key is not None else f"every {shown}"
        if not shown:
            what = "everything that it is given"
        self.report(
            growth.by,
            f"`{container.name}` keeps {what} until the process ends: nothing takes anything out; "
            "bound it, or remove what is done with",
            related=[(container.statement, "it is made here, once")],
        )
