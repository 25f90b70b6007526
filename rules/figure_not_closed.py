from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst


class FigureNotClosed(Rule):
    """pyplot keeps every figure that it made until it is told to close it."""

    code = "ML911"
    name = "figure-not-closed"
    effect = Effect.KEPT
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"savefig", rb"\bdef\b|\bfor\b|\bwhile\b", file=(rb"pyplot|pylab",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.figures.left_open, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        found = self.facts.figures.left_open(call) if call else None
        if call is None or found is None:
            return
        module = f"{ast.unparse(call.func.value)}." if isinstance(call.func, ast.Attribute) else "matplotlib.pyplot."
        closing = f"{module}close({found.name.id if found.name else ''})"
        fix = self.close(call, found.saved, closing) if isinstance(call.func, ast.Attribute) else None
        self.report(
            call,
            f"pyplot keeps the figure that `{ast.unparse(call.func)}` makes when it is saved: add `{closing}`",
            related=[(found.saved, "saved here")],
            fix=fix,
            unfixed="" if fix else "it is used again, or saved elsewhere than it is made",
            optional=bool(self.facts.source.cells),
        )

    def close(self, call: ast.Call, saved: ast.Call, closing: str) -> Fix | None:
        """Close the figure on a line of its own, where saving it ends the block that makes it, or another follows."""
        statement, last = self.facts.tree.statement(call), self.facts.tree.parents[saved]
        block = self.facts.tree.parents[statement] if statement else None
        body: list[ast.stmt] = getattr(block, "body", [])
        if not isinstance(last, ast.Expr) or last not in body:
            return None
        behind = body[body.index(last) + 1 :]
        if behind and not any(map(self.facts.figures.makes, self.facts.figures.calls(behind[0]))):
            return None
        insertion = self.insertion_behind(last, closing)
        return Fix("close the figure", Safety.UNSAFE, (insertion,)) if insertion else None
