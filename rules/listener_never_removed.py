from __future__ import annotations

import ast
from collections.abc import Iterator

from memlint.api import ClassModel, Effect, Facts, Rule, Severity, Slice, all_of, cst

ADDING = rb"\b(?:add\w+|app\w+|attach\w*|bind|connect|o(?:n|bserve)\w*|register\w*|subscribe\w*|watch)(?:\s|\\\n)*\("


class ListenerNeverRemoved(Rule):
    """An object that was there before keeps a method of each new instance, which nothing takes off it."""

    code = "ML609"
    name = "listener-never-removed"
    effect = Effect.KEPT
    severity = Severity.INFO
    default = False
    gate = all_of(rb"\bclass\b", rb"\bdef\b", ADDING)

    @classmethod
    def found(cls, facts: Facts, model: ClassModel) -> Iterator[tuple[ast.Call, str]]:
        """The calls that leave a listener behind, each with what there is to say."""
        name = model.node.name
        told: set[ast.Call] = set()
        for added in facts.callbacks.against_finalizers(model):
            told.add(added.call)
            yield (
                added.call,
                f"`{added.owner}` keeps {added.told}, and so the `{name}`: its `__del__` does not run before that is "
                "removed; give it a function that holds the instance weakly",
            )
        for added in facts.callbacks.of_instances(model):
            if added.call not in told:
                yield (
                    added.call,
                    f"`{added.owner}` keeps {added.told}, and so each `{name}`, for as long as it lives itself; "
                    "remove it again when the instance is done",
                )
        for added in facts.callbacks.of_calls(model):
            yield (
                added.call,
                f"`{added.owner}` keeps {added.told}, another one with each call of "
                f"`{facts.listeners.method(added.call)}`; remove it again when the call is done",
            )

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        models = map(facts.classes.of, part.nodes(ast.ClassDef))
        return any(True for model in models for _ in cls.found(facts, model))

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        owner = self.twin(node, ast.ClassDef)
        if owner is None:
            return
        for call, message in self.found(self.facts, self.facts.classes.of(owner)):
            self.report(call, message, related=[(owner, "the class")])
