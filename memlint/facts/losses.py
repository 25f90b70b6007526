"""Losses: which of them a loop sums up, or collects, with the graphs that they were computed by."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.gradients import Kept
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts


class KeptLoss(NamedTuple):
    """What keeps a loss, the loss as it is read there, the loop that goes on adding, and whether nothing in the
    function goes back."""

    holder: ast.expr
    loss: ast.Name
    loop: ast.stmt
    is_evaluated: bool


class Losses:
    """Asks of a statement whether it keeps a loss with its graph."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.gradients = facts.gradients

    def kept(self, statement: ast.AST) -> KeptLoss | None:
        """What a statement in a loop adds to, though it is a loss with a graph that nothing will go back through."""
        kept = self.gradients.kept(statement)
        added = list(carried(kept.value)) if kept else []
        if kept is None or not added or self.gradients.are_off(kept.statement, 0):
            return None
        loop = self.gradients.loop(kept)
        loss = next((name for name in added if self.is_loss(name, kept, loop)), None) if loop else None
        if loss is None or loop is None:
            return None
        is_evaluated = not any(self.gradients.backwards(self.facts.tree.function(loss)))
        return KeptLoss(kept.holder, loss, loop, is_evaluated)

    def is_loss(self, name: ast.Name, kept: Kept, loop: ast.stmt) -> bool:
        """Whether the same value is gone back through in the loop, or computed there by a module in evaluation mode."""
        body = self.facts.tree.function(name)
        back = [each for _, names in self.gradients.backwards(body) for each in names]
        if not back:
            is_named = kept.is_sum or "loss" in name.id.lower()
            forwards = self.gradients.forwards(body) if is_named else []
            is_inside = any(call in self.gradients.nodes(loop) for call in forwards)
            return (
                is_inside
                and "loss" in name.id.lower()
                and any(each in forwards for each in self.gradients.sources(name))
            )
        givers = frozenset(self.gradients.givers(name)) & set(self.gradients.nodes(loop))
        if self.is_needed(kept.holder, back):
            return False
        inside = [each for each in back if each in self.gradients.nodes(loop) and each.id == name.id]
        return any(givers & frozenset(self.gradients.givers(each)) for each in inside)

    def is_needed(self, holder: ast.expr, back: list[ast.Name]) -> bool:
        """Whether what is added up is itself gone back through, by its own name or as part of another."""
        root = ast.unparse(holder)
        reads = {ast.unparse(part) for each in back for source in self.gradients.sources(each) for part in walk(source)}
        return root in reads


def carried(value: ast.expr) -> Iterator[ast.Name]:
    """The names whose graph a value certainly carries on: those of a sum, a mean, a tuple or dict of them."""
    if isinstance(value, ast.Name):
        yield value
    elif isinstance(value, ast.BinOp):
        yield from (*carried(value.left), *carried(value.right))
    elif isinstance(value, (ast.Tuple, ast.List)):
        yield from (name for item in value.elts for name in carried(item))
    elif isinstance(value, ast.Dict):
        yield from (name for item in value.values for name in carried(item))
    elif isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        is_kept = value.func.attr in known("frameworks", "gradients", "kept")
        yield from carried(value.func.value) if is_kept else ()
