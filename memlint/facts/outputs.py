"""Outputs of modules in evaluation mode that are computed with gradients on: where they begin, and which are kept."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.gradients import Kept
from memlint.facts.remembered import remembered
from memlint.facts.shapes import last_name
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Body, Facts


class KeptOutput(NamedTuple):
    """What keeps an output, the call that computes it, and the loop that goes on adding."""

    holder: ast.expr
    forward: ast.Call
    loop: ast.stmt


class Outputs:
    """Asks whether a call records a graph in vain, and whether a statement keeps one."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.gradients = facts.gradients

    @remembered
    def forwards(self, body: Body) -> list[ast.Call]:
        """The calls of modules in evaluation mode with gradients on; asked once a body."""
        return self.gradients.forwards(body)

    def kept(self, statement: ast.AST) -> KeptOutput | None:
        """What a statement in a loop adds an output with its graph to: a list, or a tensor that grows."""
        kept = self.grown(statement) or self.gradients.kept(statement)
        if kept is None or kept.is_sum:
            return None
        forwards = self.forwards(self.facts.tree.function(kept.statement))
        origins = self.origins(kept.value, set()) if forwards else ()
        forward = next((each for each in origins if each in forwards), None)
        loop = self.gradients.loop(kept) if forward else None
        return KeptOutput(kept.holder, forward, loop) if forward and loop else None

    def grown(self, statement: ast.AST) -> Kept | None:
        """What `x = torch.cat([x, y])` adds."""
        value = getattr(statement, "value", None)
        if not isinstance(statement, ast.Assign) or not isinstance(value, ast.Call) or len(statement.targets) != 1:
            return None
        parts = value.args[0].elts if value.args and isinstance(value.args[0], (ast.List, ast.Tuple)) else []
        target = ast.unparse(statement.targets[0])
        if last_name(value.func) not in ("cat", "concat") or len(parts) != 2 or ast.unparse(parts[0]) != target:
            return None
        return Kept(statement, statement.targets[0], parts[1], False)

    def origins(self, value: ast.expr, seen: set[ast.AST]) -> Iterator[ast.Call]:
        """The calls whose result a value certainly is, or is a part of, with the graph."""
        if isinstance(value, ast.Subscript) or (
            isinstance(value, ast.Attribute) and value.attr not in known("frameworks", "gradients", "plain")
        ):
            yield from self.origins(value.value, seen)
        elif isinstance(value, (ast.Tuple, ast.List)):
            for item in value.elts:
                yield from self.origins(item, seen)
        elif isinstance(value, ast.Name):
            for giver in self.gradients.givers(value):
                statement = (
                    self.facts.tree.statement(giver) if giver not in seen and isinstance(giver, ast.Name) else None
                )
                seen.add(giver)
                if isinstance(statement, ast.Assign):
                    yield from self.origins(statement.value, seen)
        elif isinstance(value, ast.Call):
            yield value
            name = last_name(value.func)
            if name in known("frameworks", "gradients", "through") and value.args:
                yield from self.origins(value.args[0], seen)
            elif name in known("frameworks", "gradients", "kept") and isinstance(value.func, ast.Attribute):
                yield from self.origins(value.func.value, seen)

    def wasted(self, body: Body) -> ast.Call | None:
        """The first call whose graph nothing needs: no output leaves the function with it, or is kept in it."""
        forwards = self.forwards(body)
        used = [each for each in forwards if not isinstance(self.facts.tree.parents[each], ast.Expr)]
        if not used:
            return None
        for node in self.gradients.nodes(body):
            if isinstance(node, ast.stmt) and (self.kept(node) or self.facts.losses.kept(node)):
                return None
            value = left(node)
            if value is not None and any(each in forwards for each in self.gradients.sources(value)):
                return None
        return used[0]


def left(node: ast.AST) -> ast.expr | None:
    """What a statement or expression returns, yields or stores elsewhere than in a local name."""
    if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)):
        return node.value
    if isinstance(node, ast.Assign):
        return None if all(is_local(target) for target in node.targets) else node.value
    if isinstance(node, ast.Call) and last_name(node.func) in ("append", "extend", "update", "put", "send", "add"):
        return node.args[0] if node.args else None
    return None


def is_local(target: ast.expr) -> bool:
    parts = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
    return all(isinstance(part, (ast.Name, ast.Starred, ast.Tuple)) for part in parts)
