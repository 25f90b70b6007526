from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst


class LosersNotCancelled(Rule):
    """Each turn of a loop makes tasks and goes on with the first that is done; the others run on."""

    code = "ML619"
    name = "losers-not-cancelled"
    effect = Effect.KEPT
    gate = all_of(rb"\breturn_when\b", rb"\b(?:for|while)\b", file=(rb"FIRST_(?:COMPLETED|EXCEPTION)",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.races.of, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        wait = self.twin(node, ast.Call)
        race = self.facts.races.of(wait) if wait else None
        if race is None:
            return
        works = " and ".join(f"`{ast.unparse(work)}`" for work in race.works)
        self.report(
            race.wait,
            f"each turn of the loop makes a task of {works} and goes on when the first is done: those that are not run "
            "on and pile up, with all they hold; cancel what `wait` gives as its second result, or make them "
            "before the loop",
            related=[(race.loop, "the loop")],
        )
