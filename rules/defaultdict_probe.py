from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst


class DefaultdictProbe(Rule):
    """Looking a key up in a defaultdict enters it; one that lives on grows with all that was ever asked for."""

    code = "ML610"
    name = "defaultdict-probe"
    effect = Effect.KEPT
    default = False
    quiet_in_tests = True
    gate = all_of(rb"\[", rb"\bdef\b", file=(rb"defaultdict",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.probes.of, part.nodes(ast.Subscript)))

    def visit_Subscript(self, node: cst.Subscript) -> None:
        lookup = self.twin(node, ast.Subscript)
        probe = self.facts.probes.of(lookup) if lookup else None
        if probe is None:
            return
        held, key = ast.unparse(probe.lookup.value), ast.unparse(probe.lookup.slice)
        self.report(
            probe.lookup,
            f"`{ast.unparse(probe.lookup)}` enters an empty value where there is none, so `{held}` grows with every "
            f"`{key}` that is only asked for; use `{held}.get({key}, ())` or ask with `in` first",
            elsewhere=[(self.facts, probe.creation, "the defaultdict")],
        )
