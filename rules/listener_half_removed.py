from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst

ADDING = rb"\b(?:add\w+|attach|bind|connect|o(?:n|bserve)\w*|register\w*|subscribe|watch)(?:\s|\\\n)*\("
REMOVING = rb"\b(?:clear|de[lr]|detach|dis|off|remove|un)\w*(?:\s|\\\n)*\("


class ListenerHalfRemoved(Rule):
    """A class takes some of its methods off an object and leaves others there, which hold the instance."""

    code = "ML622"
    name = "listener-half-removed"
    effect = Effect.KEPT
    gate = all_of(rb"\bclass\b", ADDING, file=(REMOVING,))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        models = map(facts.classes.of, part.nodes(ast.ClassDef))
        return any(True for model in models for _ in facts.listeners.half_removed(model))

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        owner = self.twin(node, ast.ClassDef)
        if owner is None:
            return
        for added, removed in self.facts.listeners.half_removed(self.facts.classes.of(owner)):
            self.report(
                added.call,
                f"`{added.owner}` keeps `self.{added.callbacks[0]}`, and so each `{owner.name}`, when "
                f"`{self.facts.listeners.method(removed.call)}` has removed the others; remove this one there as well",
                related=[(removed.call, "what is removed")],
            )
