from __future__ import annotations

import ast
import json

from memlint.api import Edit, Effect, Facts, Fix, Rule, Safety, Severity, Slice, all_of, cst


class FullLoadFewColumns(Rule):
    """A file is read with all of its columns, for the sake of a few."""

    code = "ML913"
    name = "full-load-few-columns"
    effect = Effect.PEAK
    default = False
    severity = Severity.INFO
    fixes = (Safety.UNSAFE,)
    gate = all_of(file=(rb"\bpandas\b", rb"\bread_"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.columns.loaded(call) for call in part.nodes(ast.Call))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        found = self.facts.columns.loaded(call) if call else None
        if call is None or found is None:
            return
        told = "only the column " if len(found.columns) == 1 else "only the columns "
        limit = f"{found.keyword}={json.dumps(list(found.columns), ensure_ascii=False)}"
        fix = self.limited(call, limit)
        self.report(
            call,
            f"`{ast.unparse(call.func)}` reads every column into memory, and {told}"
            f"{', '.join(f'`{each}`' for each in found.columns)} {'is' if len(found.columns) == 1 else 'are'} used: "
            f"read no others with `{found.keyword}=`",
            related=[(use, "a use of it") for use in found.uses if use is not call],
            fix=fix,
            unfixed="" if fix else "the call spans lines, or ends in a comma",
            optional=len(found.columns) > 1,
        )

    def limited(self, call: ast.Call, limit: str) -> Fix | None:
        """Tell the call which columns to read."""
        text = self.text(call)
        if "\n" in text or "#" in text or text.rstrip(")").rstrip().endswith(","):
            return None
        end = self.slice.span(call)[1]
        place = type(end)(end.line, end.column - 1)
        return Fix("read the columns that are used", Safety.UNSAFE, (Edit(place, place, f", {limit}"),))
