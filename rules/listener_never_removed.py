from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Severity, Slice, all_of, cst

ADDING = rb"\b(?:add\w+|attach|bind|connect|o(?:n|bserve)\w*|register\w*|subscribe|watch)(?:\s|\\\n)*\("


class ListenerNeverRemoved(Rule):
    """An object that was there before keeps a method of each new instance, which nothing takes off it."""

    code = "ML609"
    name = "listener-never-removed"
    effect = Effect.KEPT
    severity = Severity.INFO
    default = False
    quiet_in_tests = True
    gate = all_of(rb"\bclass\b", rb"__(?:init|new|post_init)__", ADDING)

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        models = map(facts.classes.of, part.nodes(ast.ClassDef))
        return any(True for model in models for _ in facts.listeners.never_removed(model))

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        owner = self.twin(node, ast.ClassDef)
        if owner is None:
            return
        for added in self.facts.listeners.never_removed(self.facts.classes.of(owner)):
            self.report(
                added.call,
                f"`{added.owner}` keeps `self.{added.callbacks[0]}`, and so each `{owner.name}`, for as long as it "
                "lives itself; remove it again when the instance is done",
                related=[(owner, "the class")],
            )
