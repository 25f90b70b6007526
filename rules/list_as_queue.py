from __future__ import annotations

import ast

from memlint.api import DequeForList, Effect, Facts, Rule, Safety, Slice, all_of, cst

KINDS = frozenset({"list"})


class ListAsQueue(Rule):
    """To take from the front of a list, or to put something there, moves all its other items."""

    code = "ML416"
    name = "list-as-queue"
    effect = Effect.TIME
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\b(?:for|while)\b", rb"\b(?:pop|insert)\b|\bdel\b|:(?:[\s\\]|#[^\n]*\n)*\]")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        if any(facts.fronts.shifted(each) for each in part.nodes(ast.Call, ast.Delete)):
            return True
        return any(facts.fronts.advanced(each, KINDS) for each in part.nodes(ast.Assign))

    def visit_Call(self, node: cst.Call) -> None:
        self.examine(self.twin(node, ast.Call))

    def visit_Del(self, node: cst.Del) -> None:
        self.examine(self.twin(node, ast.Delete))

    def examine(self, node: ast.Call | ast.Delete | None) -> None:
        front = self.facts.fronts.shifted(node) if node else None
        if node is None or front is None:
            return
        fix, unfixed = DequeForList(self.facts, self.slice, front).fix()
        shift = f"`{ast.unparse(node)}`" if isinstance(node, ast.Delete) else f"`{ast.unparse(node.func)}(0)`"
        self.report(
            node,
            f"{shift} moves all other items of the list in every turn of the loop: make it a `collections.deque`",
            related=[(front.loop, "the loop")],
            fix=fix,
            unfixed=unfixed,
            optional=not front.is_long,
        )

    def visit_Assign(self, node: cst.Assign) -> None:
        statement = self.twin(node, ast.Assign)
        front = self.facts.fronts.advanced(statement, KINDS) if statement else None
        if statement is None or front is None:
            return
        self.report(
            statement,
            f"all the rest of `{ast.unparse(front.place)}` is copied in every turn of the loop: "
            "make it a `collections.deque` and take from its left",
            related=[(front.loop, "the loop")],
            optional=not front.is_long,
        )
