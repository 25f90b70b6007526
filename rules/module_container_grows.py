from __future__ import annotations

import ast
from collections.abc import Iterator

from memlint.api import PUT_IN, Container, Effect, Facts, Growth, GrowthRule, Home, Slice, Sort, all_of


class ModuleContainerGrows(GrowthRule):
    """A container of the module gets an entry for every key that a function is given, and nothing takes one out."""

    code = "ML604"
    name = "module-container-grows"
    yields_to = ("ML710",)
    effect = Effect.KEPT
    default = False
    claims = ("bounded",)
    gate = all_of(file=PUT_IN)
    homes = (Home.MODULE, Home.CLASS)

    @classmethod
    def fault(cls, facts: Facts, container: Container, growth: Growth) -> bool:
        if not cls.is_endless(facts, container, growth) or facts.growths.is_emptied(container):
            return False
        if is_number(facts, growth):
            return False
        return facts.growths.is_from_outside(container, growth)

    @classmethod
    def weak_fault(cls, facts: Facts, container: Container, growth: Growth) -> bool:
        growths = facts.growths
        if growths.is_collected(container, growth):
            return growths.is_repeated(growth) or growths.name_around(growth.use) == "__init__"
        if growths.sort(container, growth) is Sort.PLAIN and growths.is_of_instance(container, growth):
            return not growths.is_through_instance(growth)
        if not cls.is_endless(facts, container, growth):
            return False
        if growths.is_of_current(growth):
            return True
        if growths.is_self_entry(growth):
            return growths.is_from_outside(container, growth)
        return growths.may_be_from_outside(container, growth)

    @classmethod
    def found(cls, facts: Facts, part: Slice) -> Iterator[tuple[Container, Growth]]:
        yield from super().found(facts, part)
        for container, growth in facts.growths.pinned:
            if part.first <= getattr(growth.by, "lineno", 0) <= part.last:
                yield container, growth

    @classmethod
    def is_endless(cls, facts: Facts, container: Container, growth: Growth) -> bool:
        growths = facts.growths
        if growths.sort(container, growth) is not Sort.PLAIN or not growths.is_repeated(growth):
            return False
        if growths.is_of_metaclass(growth):
            return False
        return not growths.is_through_instance(growth) or growths.is_roll(container, growth)

    @classmethod
    def anchor(cls, facts: Facts, container: Container, growth: Growth) -> ast.AST:
        """The growth; but where instances enter themselves the container, which had better be weak."""
        is_roll = facts.growths.is_self_entry(growth) or facts.growths.is_collected(container, growth)
        return container.statement if is_roll else growth.by

    def report_growth(self, container: Container, growth: Growth) -> None:
        if self.facts.growths.is_self_entry(growth):
            self.report(
                container.statement,
                f"`{container.name}` keeps every instance that was ever made: nothing takes one out; make it a "
                "`weakref.WeakSet`, or remove what is done with",
                related=[(growth.by, "each instance enters itself here")],
                optional=self.facts.growths.is_emptied(container),
            )
            return
        if self.facts.growths.is_pinned(growth) and not self.facts.growths.is_endless(container):
            self.report(
                growth.by,
                f"`{container.name}` keeps `{ast.unparse(growth.value or growth.by)}` under its own identity until it "
                "is told to let go: keep a `weakref.finalize` that takes the entry out, or a weak reference",
                related=[(container.statement, "it is made here, once")],
                optional=True,
            )
            return
        told = growth.key if growth.key is not None else growth.value
        shown = self.quoted(told) if told is not None else ""
        what = f"an entry for every {shown}" if growth.key is not None else f"every {shown}"
        if not shown:
            what = "everything that it is given"
        is_sure = self.fault(self.facts, container, growth)
        end = "bound it, or remove what is done with" if is_sure else "bound it, unless there are few of them"
        self.report(
            self.anchor(self.facts, container, growth),
            f"`{container.name}` keeps {what} until the process ends: nothing takes anything out; {end}",
            related=[(container.statement, "it is made here, once")],
            optional=not is_sure,
        )


def is_number(facts: Facts, growth: Growth) -> bool:
    """Whether what is put in is the hash of something: a number alone, which takes next to nothing."""
    value = growth.value if growth.key in (None, growth.value) else None
    if isinstance(value, ast.Name) and value.id.rpartition("_")[2] == "hash":
        return True
    return isinstance(value, ast.Call) and facts.names.qualified(value.func) == "builtins.hash"
