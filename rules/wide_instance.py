from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Severity, Slice, all_of, cst


class WideInstance(Rule):
    """Instances of more than 29 attributes no longer share their keys: each has a dictionary of its own."""

    code = "ML617"
    name = "wide-instance"
    effect = Effect.PEAK
    severity = Severity.INFO
    default = False
    since = (3, 11)
    gate = all_of(rb"class", file=(rb"\bfor\b|\bwhile\b",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.wide.of, facts.classes.within(part.first, part.last)))

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        owner = self.twin(node, ast.ClassDef)
        found = self.facts.wide.of(self.facts.classes.of(owner)) if owner else None
        if owner is None or found is None:
            return
        slots = "give it `slots=True`" if found.is_dataclass else "give it `__slots__`"
        self.report(
            node.name,
            f"each `{owner.name}` has {found.attributes} attributes, and so a dictionary of its own, of over 1 KB: "
            f"{slots}, or move some into an object of its own",
            elsewhere=[(self.facts, found.made, "many are made here, and kept")],
        )
