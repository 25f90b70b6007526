from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Severity, Slice, all_of, cst

ADVICE = {
    "apply": "`apply` makes a Series of each row, to read {columns}: compute with whole columns, or zip them",
    "iterrows": "`iterrows` makes a Series of each row, {columns}: use `itertuples()`, or zip the columns",
    "to_dict": "`to_dict` makes a dictionary of each row, all in memory at once, {columns}: use `itertuples()`, or zip "
    "the columns",
}


class RowIteration(Rule):
    """A frame is read row by row, each row as an object of its own, where a few of its columns would do."""

    code = "ML914"
    name = "row-iteration"
    effect = Effect.TIME
    severity = Severity.INFO
    default = False
    gate = all_of(rb"\biterrows\b|\bto_dict\b[\s\S]*records|\bapply\b[\s\S]*\baxis\b", file=(rb"\bpandas\b",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.row_access.of, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        rows = self.facts.row_access.of(call) if call else None
        if call is None or rows is None:
            return
        shown = ", ".join(f"`{column}`" for column in rows.columns[:3])
        columns = f"{shown}{' and more' if rows.columns[3:] else ''}"
        told = columns if rows.method == "apply" else f"to read {columns}" if columns else "which nothing reads"
        self.report(call, ADVICE[rows.method].format(columns=told))
