from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst

COPIES = ("bytearray", "defaultdict", "deque", "dict", "list", "set")
"""Kinds that have a method `copy`."""

FORMER = rb"(?:old|orig|backup|saved|prev|before|snapshot|initial|bak|cop(?:y|ied)|clone)"


class AliasTakenForCopy(Rule):
    """A name that is to keep what a container was is another name for it, and sees every change."""

    code = "ML504"
    name = "alias-taken-for-copy"
    effect = Effect.SHARED
    fixes = (Safety.UNSAFE,)
    gate = all_of(FORMER + rb"\w*(?:[\s\\]*:[^=]{0,500})?[\s\\]*=[\s\\(]*[^\W\d]")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.snapshots.of, part.nodes(ast.Assign, ast.AnnAssign)))

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:
        for small in node.body:
            self.examine(self.twin(small, ast.Assign) or self.twin(small, ast.AnnAssign))

    def examine(self, assignment: ast.Assign | ast.AnnAssign | None) -> None:
        """Report an assignment whose name is read for what its value was before a change."""
        found = self.facts.snapshots.of(assignment) if assignment else None
        if assignment is None or found is None:
            return
        value = self.text(found.value)
        kind = self.facts.kind(found.value)
        fix = None
        if kind in COPIES:
            fix = Fix("keep a copy", Safety.UNSAFE, (self.replace(found.value, f"{value}.copy()"),))
        self.report(
            assignment,
            f"`{found.alias.id}` is no copy but another name for `{value}`, and {self.change(found.change)} "
            f"changes both; keep `{value}.copy()`",
            related=[(found.change, "the change"), (found.read, "the read that expects no change")],
            fix=fix,
            unfixed="" if fix else "a copy would not be of the same kind",
        )

    def change(self, change: ast.AST) -> str:
        """The first line of the change, in words."""
        text = self.text(change).partition("\n")[0]
        return f"writing `{text}`" if isinstance(change, (ast.Attribute, ast.Subscript)) else f"`{text}`"
