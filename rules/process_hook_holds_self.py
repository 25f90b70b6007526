from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst


class ProcessHookHoldsSelf(Rule):
    """A hook of the process keeps what it is given until the process ends, and a bound method holds its instance."""

    code = "ML608"
    name = "process-hook-holds-self"
    effect = Effect.KEPT
    claims = ("singleton",)
    gate = all_of(
        rb"\bclass\b",
        rb"\bdef\b",
        file=(
            rb"\batexit\b|\bregister_at_fork\b|\bcodecs\b|\bcallbacks\b|\baddaudithook\b|\bmeta_path\b|path_hooks|\bsignal\b",
        ),
    )

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.registrations.kept_by_process(call) for call in part.nodes(ast.Call))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        model = self.facts.registrations.kept_by_process(call) if call else None
        if call is None or model is None:
            return
        hook = ast.unparse(call.func)
        self.report(
            call,
            f"`{hook}` keeps each `{model.node.name}` until the process ends, with all that it holds; take it out "
            "again when the instance is closed, or register a function that holds it weakly",
            related=[(model.node, "the class")],
            optional=not self.facts.population.is_made_often(model),
        )
