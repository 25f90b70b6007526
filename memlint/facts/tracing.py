"""Functions that a framework traces and compiles once a wrapper, and wrappers that are made time and again."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

FEW = 3
"""Turns of a loop for which it does not matter."""


class Retraced(NamedTuple):
    """A wrapper that is made again: what wraps, what is wrapped, and the loop that does so."""

    wrapper: ast.expr
    wrapped: ast.AST
    loop: ast.stmt


class Tracing:
    """Asks of calls and decorators whether they make a function be traced again and again."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree

    def sort(self, wrapper: ast.expr) -> str:
        """With what a framework keeps its traces: `wrapper`, `function`; empty of anything else."""
        qualified = self.facts.names.qualified(wrapper)
        return next((sort for sort in ("wrapper", "function") if qualified in known("requests", "compiled", sort)), "")

    def retraced(self, node: ast.Call | ast.FunctionDef) -> Retraced | None:
        """The loop that wraps the same code at each turn."""
        body = self.tree.function(node)
        loop = next(iter(self.facts.flow(body).loops(node)[-1:]), None) if not isinstance(body, ast.Lambda) else None
        if loop is None or self.is_short(loop):
            return None
        if isinstance(node, ast.FunctionDef):
            wrapper = next((each for each in map(bare, node.decorator_list) if self.sort(each)), None)
            return Retraced(wrapper, node, loop) if wrapper and not self.varies(node, loop) else None
        sort = self.sort(node.func)
        if not sort or not node.args:
            return None
        wrapped = node.args[0]
        is_new = self.is_made(wrapped, loop)
        is_same = self.facts.invariance.is_same(wrapped, loop)
        return Retraced(node.func, wrapped, loop) if is_new or (is_same and sort == "wrapper") else None

    def is_made(self, wrapped: ast.expr, loop: ast.stmt) -> bool:
        """Whether a turn makes the function that is wrapped anew, out of nothing that the turn brings."""
        if isinstance(wrapped, ast.Lambda):
            return not self.varies(wrapped, loop)
        if isinstance(wrapped, ast.Call) and self.facts.names.qualified(wrapped.func) == "functools.partial":
            return all(self.facts.invariance.is_same(each, loop) for each in self.facts.invariance.inputs(wrapped))
        binding = self.facts.names.binding(wrapped) if isinstance(wrapped, ast.Name) else None
        made = binding.sole.node if binding and binding.sole else None
        return isinstance(made, ast.FunctionDef) and loop in self.tree.ancestors(made) and not self.varies(made, loop)

    def varies(self, function: ast.AST, loop: ast.stmt) -> bool:
        """Whether a function reads what the loop binds outside of it."""
        inside = set(walk(function))
        for node in inside:
            binding = self.facts.names.binding(node) if isinstance(node, ast.Name) else None
            if binding and any(
                each.node not in inside and loop in self.tree.ancestors(each.node) for each in binding.definitions
            ):
                return True
        return False

    def is_short(self, loop: ast.stmt) -> bool:
        """Whether a loop turns a few times, or leaves behind the wrapping."""
        most = self.facts.sizes.most(loop.iter) if isinstance(loop, (ast.For, ast.AsyncFor)) else None
        is_left = any(
            isinstance(each, (ast.Break, ast.Return)) and self.tree.function(each) is self.tree.function(loop)
            for each in walk(loop)
        )
        return is_left or (most is not None and most <= FEW)


def bare(decorator: ast.expr) -> ast.expr:
    """What a decorator calls: of `@partial(jax.jit, …)` what it is partial of."""
    if isinstance(decorator, ast.Call):
        first = decorator.args[:1]
        return (
            first[0]
            if first and getattr(decorator.func, "attr", getattr(decorator.func, "id", "")) == "partial"
            else decorator.func
        )
    return decorator
