from __future__ import annotations

import ast

from memlint.api import Effect, Facts, MovingPosition, Rule, Safety, Slice, all_of, cst

KINDS = frozenset({"bytearray", "bytes", "str"})


class BytesSliceAdvance(Rule):
    """A loop that cuts the front off bytes or text copies all the rest in every turn."""

    code = "ML407"
    name = "bytes-slice-advance"
    effect = Effect.TIME
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\b(?:for|while)\b", rb":\s*\]|partition|split")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.fronts.advanced(each, KINDS) for each in part.nodes(ast.Assign))

    def visit_Assign(self, node: cst.Assign) -> None:
        statement = self.twin(node, ast.Assign)
        front = self.facts.fronts.advanced(statement, KINDS) if statement else None
        if statement is None or front is None:
            return
        fix, unfixed = MovingPosition(self.facts, self.slice, statement, front).fix()
        place = ast.unparse(front.place)
        better = f"`del {place}[:n]`" if front.kind == "bytearray" else "keep a position and slice from there"
        self.report(
            statement,
            f"the rest of `{place}` is copied in every turn of the loop: {better}",
            optional=self.facts.fronts.is_pending(statement, front),
            related=[(front.loop, "the loop")],
            fix=fix,
            unfixed=unfixed,
        )
