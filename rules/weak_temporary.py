from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Severity, Slice, all_of, cst


class WeakTemporary(Rule):
    """An object that only a weak reference refers to is gone at once."""

    code = "ML702"
    name = "weak-temporary"
    effect = Effect.LOST
    severity = Severity.ERROR
    quiet_in_tests = True
    gate = all_of(rb"[=(]", file=(rb"weakref",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(temporaries(facts, node) for node in part.nodes(ast.Call, ast.Assign))

    def visit_Call(self, node: cst.Call) -> None:
        self.examine(self.twin(node, ast.Call))

    def visit_Assign(self, node: cst.Assign) -> None:
        self.examine(self.twin(node, ast.Assign))

    def examine(self, node: ast.Call | ast.Assign | None) -> None:
        for value, what, holder in temporaries(self.facts, node) if node else ():
            self.report(
                value,
                f"nothing but this `{holder.rpartition('.')[2]}` refers to {what}, and weakly: it is gone at once; "
                "keep it where it is to live",
            )


def temporaries(facts: Facts, node: ast.AST) -> list[tuple[ast.expr, str, str]]:
    """The objects made on the spot that a node refers to weakly, each with what it is and what does."""
    if isinstance(node, ast.Assign) and len(node.targets) > 1:
        return []
    found = [(each.value, facts.weak.temporary(each.value), each.holder) for each in facts.weak.of(node)]
    return [each for each in found if each[1]]
