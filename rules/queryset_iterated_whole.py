from __future__ import annotations

import ast

from memlint.api import Edit, Effect, Facts, Fix, Rule, Safety, Severity, Slice, all_of, cst


class QuerysetIteratedWhole(Rule):
    """A queryset keeps an object of every row that a loop over it has seen, and `len` of it makes them all."""

    code = "ML901"
    name = "queryset-iterated-whole"
    effect = Effect.PEAK
    severity = Severity.INFO
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\bobjects\b|_manager\b", file=(rb"\bdjango\b",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        if not facts.frameworks.uses("django"):
            return False
        loops = part.nodes(ast.For, ast.comprehension)
        return any(map(facts.querysets.counted, part.nodes(ast.Call))) or any(map(facts.querysets.iterated, loops))

    def visit_For(self, node: cst.For) -> None:
        self.examine(node.iter)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self.examine(node.iter)

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        query = self.facts.querysets.counted(call) if call and self.facts.frameworks.uses("django") else None
        if call is None or query is None:
            return
        fix = Fix("count in the database", Safety.UNSAFE, (self.replace(call, f"{self.text(query)}.count()"),))
        is_split = "\n" in self.text(call)
        self.report(
            call,
            f"{self.quoted(call) or '`len`'} makes an object of every row to count them: `count()` asks the database",
            fix=None if is_split else fix,
            unfixed="the call spans lines" if is_split else "",
        )

    def examine(self, iterated: cst.BaseExpression) -> None:
        kinds = (ast.Call, ast.Name, ast.Attribute)
        iterable = next((found for kind in kinds if (found := self.twin(iterated, kind))), None)
        loop = self.facts.tree.parents[iterable] if iterable else None
        if iterable is None or not isinstance(loop, (ast.For, ast.comprehension)):
            return
        query = self.facts.querysets.iterated(loop) if self.facts.frameworks.uses("django") else None
        if query is None:
            return
        why_not = "the loop writes to the database" if self.facts.querysets.writes(loop) else ""
        end = self.slice.span(query)[1]
        edit = Edit(end, end, ".iterator()")
        self.report(
            query,
            f"{self.quoted(query) or 'the queryset'} keeps an object of every row until the loop is done: iterate "
            "`.iterator()`, some thousand rows at a time",
            related=[(iterable, "the only loop over it")] if iterable is not query else [],
            fix=None if why_not else Fix("iterate without keeping the rows", Safety.UNSAFE, (edit,)),
            unfixed=why_not,
        )
