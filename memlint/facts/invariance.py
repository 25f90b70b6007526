"""Whether code gives the same at each turn of a loop."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.remembered import remembered
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

PLACES = (ast.Name, ast.Attribute, ast.Subscript)


class Invariance:
    """Compares what an expression reads with what a loop binds."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @remembered
    def bound(self, body: ast.AST) -> frozenset[str]:
        """The places that code binds or writes, as text: `x`, `self.x`."""
        places = (node for node in walk(body) if isinstance(node, PLACES))
        return frozenset(ast.unparse(node) for node in places if not isinstance(node.ctx, ast.Load))

    def is_same(self, expression: ast.AST, loop: ast.AST, made: Iterable[str] = ()) -> bool:
        """Whether an expression reads nothing that a loop binds, and calls nothing that may give something else.

        Names of `made` count as bound by the loop.
        """
        bound = {*self.bound(loop), *made}
        for node in walk(expression):
            if isinstance(node, PLACES) and isinstance(node.ctx, ast.Load) and ast.unparse(node) in bound:
                return False
            if isinstance(node, ast.Call) and self.facts.names.qualified(node.func) not in known(
                "requests", "models", "same"
            ):
                return False
            if isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)):
                return False
        return True

    def inputs(self, call: ast.Call) -> list[ast.expr]:
        """What a call is given."""
        return [*call.args, *(keyword.value for keyword in call.keywords)]
