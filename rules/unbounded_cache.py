from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Function, Rule, Safety, Severity, Slice, all_of, cst

BOUND = 1024
"""Results that the fix lets a cache keep."""


class UnboundedCache(Rule):
    """A cache without a bound keeps the result of every argument that it ever sees."""

    code = "ML602"
    name = "unbounded-cache"
    effect = Effect.KEPT
    severity = Severity.INFO
    default = False
    claims = ("bounded",)
    fixes = (Safety.UNSAFE,)
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
        is_wide = self.facts.caching.is_wide(widest)
        fix, reason = self.bounded(found.by, function)
        self.report(
            found.by,
            f"`{found.name}` keeps the result of `{function.name}` for every `{widest.arg}` that it is ever given, for "
            f"the life of the process: give it a bound, as in `lru_cache(maxsize={BOUND})`",
            severity=Severity.WARNING if is_wide else None,
            related=[(widest, "the parameter")],
            optional=not is_wide,
            fix=fix,
            unfixed=reason,
        )

    def bounded(self, cache: ast.expr, function: Function) -> tuple[Fix | None, str]:
        """Give the cache a bound, where what it gives may be made anew; or why not."""
        reason = self.facts.caching.identity(function)
        if reason:
            return None, reason
        size = self.facts.caching.size(cache) if isinstance(cache, ast.Call) else None
        qualified = self.facts.names.qualified(cache.func if isinstance(cache, ast.Call) else cache)
        if qualified == "functools.lru_cache" and isinstance(size, ast.Constant):
            return Fix("give the cache a bound", Safety.UNSAFE, (self.replace(size, str(BOUND)),)), ""
        scope = self.facts.names.scope_of(function)
        spelled = ((name, self.facts.names.read(name, scope)) for name in ("functools.lru_cache", "lru_cache"))
        is_known = (
            (name, read and self.facts.names.qualified(read) == "functools.lru_cache") for name, read in spelled
        )
        name = next((name for name, is_same in is_known if is_same), "")
        if qualified != "functools.cache" or isinstance(cache, ast.Call) or not name:
            return None, "the cache is made elsewhere, or no name for `lru_cache` is at hand"
        return Fix("give the cache a bound", Safety.UNSAFE, (self.replace(cache, f"{name}(maxsize={BOUND})"),)), ""
