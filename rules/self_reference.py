from __future__ import annotations

import ast

from memlint.api import ClassModel, Effect, Facts, Rule, Severity, Slice, Store, all_of, cst


class SelfReference(Rule):
    """An instance that holds itself is a cycle of one."""

    code = "ML101"
    name = "self-reference"
    effect = Effect.LATE
    gate = all_of(rb"class", rb"def", rb"\.")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        models = facts.classes.within(part.first, part.last)
        return any(holder(facts, model, store) is not None for model in models for store in model.stores)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        owner = self.twin(node, ast.ClassDef)
        if owner is None:
            return
        model = self.facts.classes.of(owner)
        reported: set[ast.stmt] = set()
        for store in model.stores:
            kept_by = holder(self.facts, model, store)
            if kept_by is None or store.by in reported or not self.facts.classes.is_lasting(model, store):
                continue
            reported.add(store.by)
            self.report_cycle(model, store, kept_by)

    def report_cycle(self, model: ClassModel, store: Store, kept_by: str) -> None:
        owner, instance = model.node.name, store.instance
        kept = f"keeps a `{kept_by}` that holds `{instance}`" if kept_by else f"holds `{instance}`"
        self.report(
            store.by,
            f"`{instance}.{store.attribute}` {kept}: a cycle, so each `{owner}` is freed only by the garbage "
            "collector; leave it out, or keep a `weakref.ref`",
            severity=Severity.INFO if self.facts.classes.is_singleton(model) else None,
            cycle=(f"{owner}.{store.attribute}", owner),
        )


def holder(facts: Facts, model: ClassModel, store: Store) -> str | None:
    """What holds the instance in a stored value: the name of a call, empty for the value itself or a container; None
    where nothing does."""
    held = facts.links.held(store.value)
    return next((holder for value, holder in held if facts.classes.instance(value) is model), None)
