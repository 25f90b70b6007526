from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst

EMPTY = {
    "builtins.dict": "{}",
    "builtins.float": "0.0",
    "builtins.int": "0",
    "builtins.list": "[]",
    "builtins.set": "set()",
    "builtins.str": '""',
    "builtins.tuple": "()",
}
"""What factories make."""

NUMBERS = ("builtins.float", "builtins.int")


class DefaultdictProbe(Rule):
    """Looking a key up in a defaultdict enters it; one that lives on grows with all that was ever asked for."""

    code = "ML610"
    name = "defaultdict-probe"
    effect = Effect.KEPT
    default = False
    claims = ("bounded",)
    fixes = (Safety.UNSAFE,)
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
        empty = self.empty(probe.lookup, self.facts.names.qualified(probe.factory) or "")
        fix = self.asked(probe.lookup, empty) if empty else None
        self.report(
            probe.lookup,
            f"`{ast.unparse(probe.lookup)}` enters an empty value where there is none, so `{held}` grows with every "
            f"`{key}` that is only asked for; use `{held}.get({key}, {empty or '()'})` or ask with `in` first",
            elsewhere=[(self.facts, probe.creation, "the defaultdict")],
            fix=fix,
            unfixed="" if fix else "what to give for a missing key is not known, or a comment stands in the lookup",
        )

    def empty(self, lookup: ast.Subscript, factory: str) -> str:
        """The empty value that a use can do with: any that is iterated, searched or counted, else the factory's."""
        user = self.facts.tree.parents[lookup]
        is_searched = isinstance(user, ast.Compare) and all(isinstance(op, (ast.In, ast.NotIn)) for op in user.ops)
        is_tested = isinstance(user, (ast.If, ast.While))
        is_iterated = isinstance(user, (ast.For, ast.AsyncFor, ast.comprehension))
        is_collected = isinstance(user, ast.Call) and factory != "builtins.str"
        is_any = is_iterated or is_tested or is_collected or (is_searched and factory != "builtins.str")
        return "()" if is_any and factory not in NUMBERS else EMPTY.get(factory, "")

    def asked(self, lookup: ast.Subscript, empty: str) -> Fix | None:
        """Ask the dictionary by `get`, which enters nothing."""
        text = self.text(lookup)
        if "#" in text or "\n" in text:
            return None
        key = self.text(lookup.slice)
        call = ast.parse(f"get({key}, 0)").body[0]
        is_one = isinstance(call, ast.Expr) and isinstance(call.value, ast.Call) and len(call.value.args) == 2
        content = f"{self.text(lookup.value)}.get({key if is_one else f'({key})'}, {empty})"
        return Fix("ask by `get`", Safety.UNSAFE, (self.replace(lookup, content),))
