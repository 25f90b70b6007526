from __future__ import annotations

import ast

from memlint.api import Effect, Facts, RemovedPath, Rule, Safety, Severity, Slice, all_of, cst

WAYS = {
    "file": "remove it under `finally`, or let `NamedTemporaryFile` do so",
    "folder": "open a `TemporaryDirectory` in a `with`",
}


class TempfileLeft(Rule):
    """A temporary file or folder that nobody removes stays on the disk, one for each call."""

    code = "ML807"
    name = "tempfile-left"
    effect = Effect.KEPT
    severity = Severity.INFO
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\(", file=(rb"\btempfile\b",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.left_paths.left(call) for call in part.nodes(ast.Call))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        sort = self.facts.left_paths.left(call) if call else None
        if call is None or sort is None:
            return
        fix, unfixed = RemovedPath(self.facts, call).fix()
        self.report(
            call,
            f"nothing removes the {sort} of `{ast.unparse(call.func)}` and nobody else gets its path: {WAYS[sort]}",
            fix=fix,
            unfixed=unfixed,
        )
