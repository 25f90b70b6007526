from __future__ import annotations

import ast

from memlint.api import CollectedFrames, Effect, Facts, Rule, Safety, Slice, all_of, cst


class FrameGrownInLoop(Rule):
    """A data frame has no room to grow: each row that is added copies all that are there."""

    code = "ML912"
    name = "frame-grown-in-loop"
    effect = Effect.TIME
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\bfor\b|\bwhile\b", rb"concat|append|\bloc\b", file=(rb"\bpandas\b",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return facts.frameworks.uses("pandas") and any(map(facts.frames.grown, part.nodes(ast.Assign)))

    def visit_Assign(self, node: cst.Assign) -> None:
        statement = self.twin(node, ast.Assign)
        found = self.facts.frames.grown(statement) if statement and self.facts.frameworks.uses("pandas") else None
        if statement is None or found is None:
            return
        frame = ast.unparse(found.frame)
        fix, unfixed = CollectedFrames(self.facts, statement, found.frame).fix()
        self.report(
            statement,
            f"every turn of the loop copies all rows of `{frame}` to add some: collect them in a list and make one "
            "frame after the loop",
            related=[(found.loop, "the loop")],
            fix=fix,
            unfixed=unfixed,
        )
