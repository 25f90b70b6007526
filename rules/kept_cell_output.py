from __future__ import annotations

import ast

from memlint.api import NOTEBOOK, DefinitionKind, Effect, Facts, Rule, Slice, all_of, cst


class KeptCellOutput(Rule):
    """IPython keeps the value at the end of a cell in `Out`, for as long as the kernel runs."""

    code = "ML421"
    name = "kept-cell-output"
    effect = Effect.KEPT
    gate = all_of(file=(NOTEBOOK,))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.cell_outputs.kept(each) for each in part.statements)

    def visit_Expr(self, node: cst.Expr) -> None:
        statement = self.twin(node, ast.Expr)
        found = self.facts.cell_outputs.kept(statement) if statement else None
        if statement is None or found is None:
            return
        change = found.change
        if change:
            when = "deleted" if change.kind is DefinitionKind.DELETE else "bound anew"
            message = f"`Out` keeps {found.what} when `{found.name}` is {when}"
        elif found.name and not found.is_more:
            message = f"`Out` keeps {found.what} of `{found.name}` as well, so that deleting the name frees nothing"
        elif found.name:
            message = f"`Out` keeps {found.what} of `{found.name}`, and one more after each run of this cell"
        else:
            message = f"`Out` keeps {found.what} that this cell ends with until the kernel stops"
        self.report(
            statement.value,
            f"{message}: show it with `display(…)`, or show a summary of it",
            elsewhere=[(self.facts, change.node, f"{when} here")] if change else [],
            optional=not (found.is_certain and (change or found.is_more)),
        )
