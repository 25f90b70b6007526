from __future__ import annotations

from memlint.api import (
    Child,
    ClassModel,
    Cycle,
    Effect,
    Facts,
    Rule,
    Safety,
    Severity,
    Slice,
    WeakLink,
    all_of,
    cst,
)


class ParentChildCycle(Rule):
    """Two objects that keep each other outlive their last use until the garbage collector comes round."""

    code = "ML104"
    name = "parent-child-cycle"
    effect = Effect.LATE
    severity = Severity.INFO
    default = False
    claims = ("singleton",)
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"[.@]")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        models = facts.classes.within(part.first, part.last)
        return bool(facts.cycles.within(part.first, part.last)) or any(
            True for model in models for _ in facts.children.of(model)
        )

    def visit_Module(self, node: cst.Module) -> bool:
        for cycle in self.facts.cycles.within(self.slice.first, self.slice.last):
            start = cycle.names[-1]
            fix, reason = None, f"`{cycle.back}` is not stored by the constructor of a class"
            if cycle.owner is not None and cycle.up is not None:
                fix, reason = WeakLink(self.facts, cycle.owner, cycle.up).fix()
            what = f"each `{start}`" if start[:1].isupper() else f"`{start}`"
            is_heavy = cycle.is_heavy and not cycle.is_closed
            self.report(
                cycle.by,
                f"{' → '.join(cycle.names)} is a cycle: {what} and all that it keeps is freed only by the garbage "
                f"collector; keep a `weakref.ref` in `{cycle.back}`{self.needing(cycle.owner)}",
                severity=Severity.WARNING if is_heavy else None,
                elsewhere=cycle.places,
                cycle=cycle.names,
                made=cycle.made,
                optional=cycle.is_of_host or cycle.is_alone or not is_heavy or self.is_in_others(cycle),
                fix=fix,
                unfixed=reason,
            )
        for model in self.facts.classes.within(self.slice.first, self.slice.last):
            told = {finding.start.line for finding in self.findings}
            for child in self.facts.children.of(model):
                if child.store.by.lineno not in told:
                    self.report_child(model, child)
        return False

    def is_in_others(self, cycle: Cycle) -> bool:
        """Whether the owner is a child itself, or has no place for a weak reference to it."""
        owner = cycle.owner
        return owner is not None and (self.facts.company.is_child(owner) or bool(self.needing(owner)))

    def needing(self, owner: ClassModel | None) -> str:
        """What the class needs that a weak reference is to lead to: its slots have no place for one."""
        is_closed = owner is not None and owner.node.name in self.facts.slots.without_weak
        return f", with `__weakref__` among the slots of `{owner.node.name}`" if owner and is_closed else ""

    def report_child(self, model: ClassModel, child: Child) -> None:
        """An object of a class from elsewhere that is given the instance which keeps it."""
        owner, made = model.node.name, self.text(child.call.func)
        self.report(
            child.store.by,
            f"each `{owner}` keeps a `{made}` that is given this `{owner}`: where that keeps it, both are freed only "
            "by the garbage collector; give it what it needs, or a `weakref.proxy`",
            optional=True,
        )
