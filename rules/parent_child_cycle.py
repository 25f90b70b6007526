from __future__ import annotations

from memlint.api import Effect, Facts, Rule, Severity, Slice, all_of, cst


class ParentChildCycle(Rule):
    """Two objects that keep each other outlive their last use until the garbage collector comes round."""

    code = "ML104"
    name = "parent-child-cycle"
    effect = Effect.LATE
    severity = Severity.INFO
    gate = all_of(rb"[.@]")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return bool(facts.cycles.within(part.first, part.last))

    def visit_Module(self, node: cst.Module) -> bool:
        for cycle in self.facts.cycles.within(self.slice.first, self.slice.last):
            start = cycle.names[-1]
            what = f"each `{start}`" if start[:1].isupper() else f"`{start}`"
            self.report(
                cycle.by,
                f"{' → '.join(cycle.names)} is a cycle: {what} and all that it keeps is freed only by the garbage "
                f"collector; keep a `weakref.ref` in `{cycle.back}`",
                severity=Severity.WARNING if cycle.is_heavy and not cycle.is_alone else None,
                elsewhere=cycle.places,
                cycle=cycle.names,
            )
        return False
