from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Severity, Slice, all_of, cst


class UselessSlots(Rule):
    """Slots spare the dictionary of an instance only where every base has slots, too."""

    code = "ML711"
    name = "useless-slots"
    effect = Effect.PEAK
    severity = Severity.INFO
    default = False
    gate = all_of(rb"class", rb"__slots__")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.slots.useless, facts.classes.within(part.first, part.last)))

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        owner = self.twin(node, ast.ClassDef)
        found = self.facts.slots.useless(self.facts.classes.of(owner)) if owner else None
        if owner is None or found is None:
            return
        names = " and ".join(f"`{base.node.name}`" for base in found.bases)
        several = len(found.bases) > 1
        self.report(
            found.statement,
            f"each `{owner.name}` has a `__dict__` all the same, by its base{'s' * several} {names}, which ha"
            f"{'ve' if several else 's'} no `__slots__`: give {'them' if several else names} slots, too",
            elsewhere=[(base.home.facts, base.node, "a base without slots") for base in found.bases],
            optional=self.facts.registrations.lives_on(self.facts.classes.of(owner)),
        )
