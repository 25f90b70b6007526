from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Safety, Slice, all_of, cst, hoisted_wrapper


class RetracePerCall(Rule):
    """A function that is wrapped anew at each turn is traced and compiled anew, and old traces stay in the cache."""

    code = "ML926"
    name = "retrace-per-call"
    effect = Effect.KEPT
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\bfor\b|\bwhile\b", file=(rb"\bjax\b|\btensorflow\b", rb"\bp?jit\b|\bpmap\b|\bfunction\b"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.tracing.retraced, part.nodes(ast.Call, ast.FunctionDef)))

    def visit_Call(self, node: cst.Call) -> None:
        self.examine(self.twin(node, ast.Call))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.examine(self.twin(node, ast.FunctionDef))

    def examine(self, node: ast.Call | ast.FunctionDef | None) -> None:
        found = self.facts.tracing.retraced(node) if node else None
        if node is None or found is None:
            return
        wrapped = (
            f"`{found.wrapped.name}`" if isinstance(found.wrapped, ast.FunctionDef) else self.quoted(found.wrapped)
        )
        body = self.facts.tree.function(found.loop)
        fix, unfixed = (None, "") if isinstance(body, ast.Lambda) else hoisted_wrapper(self.facts, node, body)
        self.report(
            found.wrapper,
            f"every turn of the loop wraps {wrapped or 'a function'} anew, so `{ast.unparse(found.wrapper)}` traces "
            "and compiles it again: wrap it once in front of the loop",
            related=[(found.loop, "the loop")],
            fix=fix,
            unfixed=unfixed,
        )
