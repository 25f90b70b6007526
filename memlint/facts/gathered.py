"""Lists that loops fill only for a set to be made of them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.names import Binding
from memlint.facts.writes import targets_of

if TYPE_CHECKING:
    from memlint.facts import Facts

TAKERS = frozenset({"builtins.frozenset", "builtins.set"})
DEEP = 2
"""Loops around a growth from which on elements come up again and again, and the list may be long."""


class Gathered(NamedTuple):
    """A list that grows in loops and is then made into a set, which has each element once."""

    made: ast.List
    name: ast.Name
    taker: ast.Call
    growth: ast.Call


class Gatherings:
    """Finds them."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def of(self, made: ast.List) -> Gathered | None:
        """The set that an empty list, bound to a local name, is filled for, and for nothing else."""
        statement = self.facts.tree.parents[made]
        if made.elts or not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is not made:
            return None
        targets = targets_of(statement)
        name = targets[0] if len(targets) == 1 else None
        binding = self.facts.names.binding(name) if isinstance(name, ast.Name) else None
        body = self.facts.tree.function(made)
        if binding is None or not isinstance(name, ast.Name) or isinstance(body, ast.Module):
            return None
        return self.filled(made, name, binding) if binding.scope.node is body else None

    def filled(self, made: ast.List, name: ast.Name, binding: Binding) -> Gathered | None:
        flow = self.facts.flow(self.facts.tree.function(made))
        takers: list[ast.Call] = []
        growths: list[ast.Call] = []
        for use in binding.uses:
            if self.facts.names.scope_of(use).owner is not binding.scope:
                return None
            if name not in flow.reaching(use):
                continue
            taker, growth = self.taker(use), self.growth(use)
            if taker is None and growth is None:
                return None
            takers += [taker] if taker else []
            growths += [growth] if growth else []
        around = len(flow.loops(made))
        deep = [each for each in growths if len(flow.loops(each)) - around >= DEEP]
        if len(takers) != 1 or not deep or len(flow.loops(takers[0])) != around:
            return None
        return Gathered(made, name, takers[0], deep[0])

    def taker(self, use: ast.AST) -> ast.Call | None:
        """The call that makes a set of the list."""
        call = self.facts.tree.parents[use]
        if not isinstance(call, ast.Call) or call.args != [use] or call.keywords:
            return None
        return call if (self.facts.names.qualified(call.func) or "") in TAKERS else None

    def growth(self, use: ast.AST) -> ast.Call | None:
        """The statement that puts something into the list."""
        method = self.facts.tree.parents[use]
        if not isinstance(method, ast.Attribute) or method.attr not in ("append", "extend"):
            return None
        call = self.facts.tree.parents[method]
        if not isinstance(call, ast.Call):
            return None
        return call if isinstance(self.facts.tree.parents[call], ast.Expr) else None
