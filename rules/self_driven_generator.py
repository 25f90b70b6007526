from __future__ import annotations

import ast

from memlint.api import ClassModel, Effect, Facts, Remark, Store, StoreRule, walk


class SelfDrivenGenerator(StoreRule[ast.expr]):
    """A suspended generator holds the locals of its frame, `self` among them."""

    code = "ML113"
    name = "self-driven-generator"
    effect = Effect.LATE
    claims = ("singleton",)

    @classmethod
    def kept(cls, facts: Facts, model: ClassModel, store: Store) -> ast.expr | None:
        """The call that makes a generator of the instance, or the generator expression that uses it."""
        for value, _ in facts.links.held(store.value):
            for made in facts.closures.iterated(value):
                if isinstance(made, ast.GeneratorExp) and facts.closures.uses_later(made, model):
                    return made
                if isinstance(made, ast.Call) and facts.closures.driven(made, model):
                    return made
        return None

    def report_store(self, model: ClassModel, store: Store, kept: ast.expr, others: list[Remark]) -> None:
        owner, instance = model.node.name, store.instance
        method = self.facts.closures.driven(kept, model) if isinstance(kept, ast.Call) else None
        if self.facts.classes.is_closed(model, store.attribute) or self.facts.closures.is_drained(store):
            return
        if method and described(method) == "asynchronous generator" and "shutdown_asyncgens" in self.facts.source.text:
            return
        what = "a generator expression" if method is None else f"the {described(method)} of `{instance}.{method.name}`"
        self.report(
            store.by,
            f"`{instance}.{store.attribute}` keeps {what}, which holds `{instance}` until it has run to its end: a "
            f"cycle, so a `{owner}` dropped before is freed only by the garbage collector; give it what it needs in "
            f"place of `{instance}`, or close it",
            optional=self.is_rare(model) or self.facts.population.is_used_up(model),
            related=[*([(method, "the method")] if method else []), *others],
            cycle=(f"{owner}.{store.attribute}", f"{owner}.{method.name}()" if method else "generator", owner),
            made=(None, (self.facts, method) if method else None),
        )


def described(method: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    if isinstance(method, ast.FunctionDef):
        return "generator"
    return "asynchronous generator" if any(isinstance(node, ast.Yield) for node in walk(method)) else "coroutine"
