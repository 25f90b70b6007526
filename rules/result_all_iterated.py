from __future__ import annotations

import ast

from memlint.api import Edit, Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst, walk

ROWS = 500
"""Rows that the fix has the query build at a time."""


class ResultAllIterated(Rule):
    """A query that is run with `all()` makes an object of every row before the loop sees the first."""

    code = "ML902"
    name = "result-all-iterated"
    effect = Effect.PEAK
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\bfor\b", file=(rb"\ball\b", rb"sqlalchemy|sqlmodel|\bquery\b"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.rows.mapped(loop) for loop in part.nodes(ast.For, ast.comprehension))

    def visit_For(self, node: cst.For) -> None:
        self.examine(node.iter)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self.examine(node.iter)

    def examine(self, iterated: cst.BaseExpression) -> None:
        iterable = self.twin(iterated, ast.Call) or self.twin(iterated, ast.Name)
        loop = self.facts.tree.parents[iterable] if iterable else None
        found = self.facts.rows.mapped(loop) if isinstance(loop, (ast.For, ast.comprehension)) else None
        if found is None or iterable is None or not isinstance(loop, (ast.For, ast.comprehension)):
            return
        fix, reason = self.by_parts(found.call, iterable)
        self.report(
            found.call,
            f"{self.quoted(found.call) or '`all()`'} holds an object for every row of the table; "
            "iterate the query with `yield_per`, some hundred rows at a time",
            related=[(iterable, "the only loop over them")] if found.is_named else [],
            optional=self.facts.rows.is_of_columns(found.source) or self.facts.rows.is_kept_in_parts(loop),
            fix=fix,
            unfixed=reason,
        )

    def by_parts(self, call: ast.Call, iterable: ast.expr) -> tuple[Fix | None, str]:
        """Have the query build its objects by parts, where nothing shows that it cannot; or why not."""
        named = (self.facts.names.binding(each) for each in walk(call) if isinstance(each, ast.Name))
        parts = [made.value for binding in named if binding for made in binding.definitions if made.value]
        chain = [node for part in (call, *parts) for node in walk(part)]
        methods = {each.attr for each in chain if isinstance(each, ast.Attribute)}
        if methods & {"options", "unique"} or any(isinstance(each, ast.Await) for each in chain):
            return None, "what the query loads with its rows may need all of them at once"
        statement, loop = self.facts.tree.statement(call), self.facts.tree.statement(iterable)
        blocks = (block for _, block in ast.iter_fields(self.facts.tree.parents[statement])) if statement else ()
        block = next((each for each in blocks if isinstance(each, list) and statement in each), [])
        is_next = statement is loop or block[block.index(statement) + 1 :][:1] == [loop]
        start, end = self.slice.span(call.func.value)[1], self.slice.span(call)[1]  # type: ignore[attr-defined]
        method = self.facts.source.between(start, end)
        if not is_next or "#" in method:
            return None, "something stands between the query and the loop"
        before, _, _ = method.rpartition("all")
        return Fix("build the objects by parts", Safety.UNSAFE, (Edit(start, end, f"{before}yield_per({ROWS})"),)), ""
