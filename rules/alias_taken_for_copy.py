from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst

COPIED = {
    "list": "{}.copy()", "dict": "{}.copy()", "set": "{}.copy()", "deque": "{}.copy()", "defaultdict": "{}.copy()",
    "bytearray": "{}.copy()",
}  # fmt: skip
"""What copies a container of each kind."""

WORDS = rb"old|orig|backup|saved|prev|before|snapshot|initial|copy|bak"


class AliasTakenForCopy(Rule):
    """A name that is to keep what a container was is another name for it, and sees every change."""

    code = "ML504"
    name = "alias-taken-for-copy"
    effect = Effect.SHARED
    fixes = (Safety.UNSAFE,)
    gate = all_of(WORDS, rb"=")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(
            isinstance(node, (ast.Assign, ast.AnnAssign)) and facts.snapshots.of(node)
            for statement in part.statements
            for node in ast.walk(statement)
        )

    def visit_SimpleStatementLine(self, node: cst.SimpleStatementLine) -> None:
        for small in node.body:
            self.examine(self.twin(small, ast.Assign) or self.twin(small, ast.AnnAssign))

    def examine(self, assignment: ast.Assign | ast.AnnAssign | None) -> None:
        """Report an assignment whose name is read for what its value was before a change."""
        found = self.facts.snapshots.of(assignment) if assignment else None
        if assignment is None or found is None:
            return
        value = self.text(found.value)
        form = COPIED.get(self.facts.kind(found.value) or "")
        fix = None
        if form:
            edit = self.replace(found.value, form.format(value))
            fix = Fix("keep a copy", Safety.UNSAFE, (edit,))
        self.report(
            assignment,
            f"`{found.alias.id}` is no copy but another name for `{value}`, and changes with it "
            f"in line {found.change.lineno}; keep `{(form or 'copy.copy({})').format(value)}`",  # type: ignore[attr-defined]
            related=[(found.change, "the change"), (found.read, "read for what it was")],
            fix=fix,
            unfixed="" if fix else "no copy of that kind is known",
        )
