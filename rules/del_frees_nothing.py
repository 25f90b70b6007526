from __future__ import annotations

import ast
from collections.abc import Iterator

from memlint.api import Effect, Facts, Rule, Severity, Slice, all_of, cst


class DelFreesNothing(Rule):
    """A `del` takes away one name of an object; while something else holds the object, it frees nothing."""

    code = "ML712"
    name = "del-frees-nothing"
    effect = Effect.KEPT
    severity = Severity.INFO
    gate = all_of(rb"\bdef\b", rb"\bdel\b")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(
            facts.deletions.holder(name, statement) for statement in part.nodes(ast.Delete) for name in names(statement)
        )

    def visit_Del(self, node: cst.Del) -> None:
        statement = self.twin(node, ast.Delete)
        for name in names(statement) if statement else ():
            holder = self.facts.deletions.holder(name, statement) if statement else None
            if holder is None:
                continue
            held = f"`{holder.text}`" if holder.text.isidentifier() or "." in holder.text else holder.text
            self.report(
                name,
                f"`del {name.id}` frees nothing, {held} still holds the object: let go of it there, or drop the line",
                related=[(holder.by, "what holds it")],
                optional=not holder.is_sure,
            )


def names(statement: ast.Delete) -> Iterator[ast.Name]:
    """The names that a statement deletes."""
    for target in statement.targets:
        items = target.elts if isinstance(target, ast.Tuple) else [target]
        yield from (each for each in items if isinstance(each, ast.Name))
