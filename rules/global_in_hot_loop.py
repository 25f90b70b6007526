from __future__ import annotations

import ast

from memlint.api import Effect, Facts, LocalAlias, Rule, Safety, Severity, Slice, all_of, cst, walk

CACHING = (3, 11)
"""The Python from which on the interpreter remembers where it found a name."""

STORES = (ast.Store, ast.Del)


class GlobalInHotLoop(Rule):
    """A name that is not local is looked up on every turn; in a small inner loop that is a part of the work."""

    code = "ML301"
    name = "global-in-hot-loop"
    effect = Effect.TIME
    severity = Severity.INFO
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(
        rb"\bdef\b",
        rb"\n[^\S\n]+(?:while\b|for\b(?s:.*?)(?:\brange\b|\n[^\S\n]+(?:for|while)\b))",
    )

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        hot = (loop for loop in part.nodes(ast.For, ast.While) if facts.loops.is_hot(loop))
        return any(facts.loops.lookup(read) for loop in hot for read in facts.loops.every_turn(loop))

    def visit_For(self, node: cst.For) -> None:
        self.examine(self.twin(node, ast.For))

    def visit_While(self, node: cst.While) -> None:
        self.examine(self.twin(node, ast.While))

    def examine(self, loop: ast.For | ast.While | None) -> None:
        loops = self.facts.loops
        if loop is None or not loops.is_hot(loop) or loops.is_compiled(loop):
            return
        outermost = loops.nest(loop)[0]
        seen = {ast.unparse(node) for node in walk(outermost) if isinstance(getattr(node, "ctx", None), STORES)}
        for read in loops.every_turn(loop):
            kind, name = loops.lookup(read), ast.unparse(read)
            if kind is not None and name not in seen:
                seen.add(name)
                self.report_read(read, name, kind, loop)

    def report_read(self, read: ast.expr, name: str, kind: str, loop: ast.For | ast.While) -> None:
        version, nanoseconds = self.facts.loops.saving(kind)
        is_cached = self.facts.project.target >= CACHING
        cost = f"{'only ' if is_cached else ''}some {nanoseconds} ns a time on Python {version}"
        advice = "bind it to a local name before" + (", if that counts" if is_cached else "")
        alias = LocalAlias(self.facts, self.slice, self.facts.loops.nest(loop)[0])
        unfixed = "" if is_cached else alias.objection()
        self.report(
            read,
            f"`{name}` is looked up on every turn of this loop, at {cost}: {advice}",
            optional=self.facts.loops.fills(loop),
            fix=None if is_cached or unfixed else alias.fix(read),
            unfixed=unfixed,
        )
