from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst


class RowsFetchedWhole(Rule):
    """A cursor gives its rows one by one; a list of them is the whole table."""

    code = "ML414"
    name = "rows-fetched-whole"
    effect = Effect.PEAK
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\bfor\b", file=(rb"\bfetchall\b", rb"\bexecute", rb"(?i)\bselect\b"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.rows.fetched(loop) for loop in part.nodes(ast.For, ast.comprehension))

    def visit_For(self, node: cst.For) -> None:
        self.examine(node.iter)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self.examine(node.iter)

    def examine(self, iterated: cst.BaseExpression) -> None:
        iterable = self.twin(iterated, ast.Call) or self.twin(iterated, ast.Name)
        loop = self.facts.tree.parents[iterable] if iterable else None
        found = self.facts.rows.fetched(loop) if isinstance(loop, (ast.For, ast.comprehension)) else None
        if found is None or iterable is None:
            return
        is_split = found.is_named or "#" in self.text(found.call) or "\n" in self.text(found.call)
        content = self.text(found.source)
        fix = None if is_split else Fix("iterate the cursor", Safety.UNSAFE, (self.replace(found.call, content),))
        self.report(
            found.call,
            f"{self.quoted(found.call) or '`fetchall()`'} holds every row of the table at once; "
            f"iterate {self.quoted(found.source) or 'the cursor'}, one row at a time",
            related=[(iterable, "the only loop over them")] if found.is_named else [],
            fix=fix,
            unfixed="" if fix else "the rows have a name of their own, or the call spans lines",
        )
