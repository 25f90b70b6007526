from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Severity, Slice, all_of, cst

ADVICE = {
    "coroutine": "where `await` raises; keep the awaited result, or use `async_lru.alru_cache`",
    "generator": "with nothing left in it; keep a tuple of what it yields",
    "asynchronous generator": "with nothing left in it; keep a list of what it yields",
}


class CachedCoroutine(Rule):
    """A cache keeps what a call gives; a coroutine or generator that it gives again cannot be used again."""

    code = "ML603"
    name = "cached-coroutine"
    effect = Effect.KEPT
    severity = Severity.ERROR
    gate = all_of(file=(rb"cache", rb"\b(?:async|yield)\b"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        nodes = part.nodes(ast.AsyncFunctionDef, ast.FunctionDef, ast.Call)
        return next(facts.caching.spent(nodes), None) is not None

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.check(self.twin(node, ast.AsyncFunctionDef) or self.twin(node, ast.FunctionDef))

    def visit_Call(self, node: cst.Call) -> None:
        self.check(self.twin(node, ast.Call))

    def check(self, node: ast.AST | None) -> None:
        found = next(self.facts.caching.spent(iter([node])), None) if node else None
        if found is None:
            return
        made = self.facts.caching.one_shot(found.function)
        again = "read" if found.kind == "property" else "call with the same arguments"
        self.report(
            found.by,
            f"`{found.name}` keeps the {made} that `{found.function.name}` gives, and the next {again} gets it again, "
            f"{ADVICE[made]}",
        )
