from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Severity, Slice, all_of, cst


class UnboundedCache(Rule):
    """A cache without a bound keeps the result of every argument that it ever sees."""

    code = "ML602"
    name = "unbounded-cache"
    effect = Effect.KEPT
    severity = Severity.INFO
    default = False
    quiet_in_tests = True
    gate = all_of(rb"@", rb"\bdef\b", file=(rb"cache",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        functions = part.nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        return any(facts.caching.endless(function) for function in functions)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        function = self.twin(node, ast.FunctionDef) or self.twin(node, ast.AsyncFunctionDef)
        found = self.facts.caching.endless(function) if function else None
        if function is None or found is None or self.facts.caching.is_called_with_constants(function):
            return
        parameters = self.facts.caching.open_parameters(function)
        if not parameters:
            return
        widest = parameters[0]
        self.report(
            found.by,
            f"`{found.name}` keeps the result of `{function.name}` for every `{widest.arg}` that it is ever given, for "
            "the life of the process: give it a bound, as in `lru_cache(maxsize=1024)`",
            severity=Severity.WARNING if self.facts.caching.is_wide(widest) else None,
            related=[(widest, "the parameter")],
        )
