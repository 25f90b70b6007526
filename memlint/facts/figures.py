"""Figures that pyplot keeps: which are made again and again, saved, and never closed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.escape import LEAVES, Role
from memlint.facts.shapes import last_name, place
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Body, Facts

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
FEW = 20
"""Open figures at which pyplot itself begins to warn."""


class OpenFigure(NamedTuple):
    """The call that makes a figure, its name if it has one, and the last call that saves it."""

    call: ast.Call
    name: ast.Name | None
    saved: ast.Call


class Figures:
    """Asks of a call whether pyplot keeps the figure that it makes."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree

    def left_open(self, call: ast.Call) -> OpenFigure | None:
        """The figure that a call makes, if its body runs again and again, saves the figure and leaves it open."""
        statement = self.tree.parents[call]
        if not self.is_new(call) or not isinstance(statement, (ast.Assign, ast.AnnAssign, ast.Expr)):
            return None
        body = self.tree.function(call)
        if isinstance(body, ast.Lambda) or not self.is_repeated(call, body) or self.is_closed(body):
            return None
        name, axes = targets(statement, last_name(call.func))
        if any(self.leaves(each, body, each is not name) for each in (name, *axes) if each):
            return None
        following = [place(each) for each in self.calls(body) if self.makes(each) and place(each) > place(call)]
        ours = (place(call), min(following, default=(10**9, 0)))
        saved = [each for each in self.calls(body) if ours[0] < place(each) < ours[1] and self.is_of(each, name, axes)]
        return OpenFigure(call, name, max(saved, key=place)) if saved else None

    def is_new(self, call: ast.Call) -> bool:
        """Whether a call makes a new figure each time: one with a number is used again."""
        if not self.makes(call):
            return False
        has_number = any(keyword.arg in ("num", None) for keyword in call.keywords)
        return not has_number and not (call.args and last_name(call.func) == "figure")

    def makes(self, call: ast.Call) -> bool:
        return self.facts.names.qualified(call.func) in known("frameworks", "figures", "made_by")

    def is_repeated(self, call: ast.Call, body: Body) -> bool:
        """Whether a loop repeats the call often, or the function around it may run often."""
        loops = self.facts.flow(body).loops(call)
        for loop in loops:
            most = None if isinstance(loop, ast.While) else self.facts.sizes.most(loop.iter)
            if most is None or most > FEW:
                return True
        return not loops and not self.facts.closures.runs_once(body)

    def is_closed(self, body: ast.AST, depth: int = 2) -> bool:
        """Whether a body closes or shows figures, or leaves that to what is wrapped around it, or to its callers."""
        if any(map(self.closes, self.calls(body))):
            return True
        contexts = [item.context_expr for node in walk(body) if isinstance(node, ast.With) for item in node.items]
        contexts += body.decorator_list if isinstance(body, FUNCTIONS) else []
        names = [last_name(each.func if isinstance(each, ast.Call) else each).lower() for each in contexts]
        if any(word in name for name in names for word in known("frameworks", "figures", "closing")):
            return True
        if not isinstance(body, FUNCTIONS) or not depth:
            return False
        callers = [call for call in self.calls(self.tree.module) if last_name(call.func) == body.name]
        return any(self.is_closed(self.tree.function(call), depth - 1) for call in callers)

    def closes(self, call: ast.Call) -> bool:
        """Whether a call closes or shows a figure, by pyplot or by what its name and arguments say."""
        name = last_name(call.func).lower()
        if "close" not in name and name != "show":
            return False
        return name == "show" or bool(call.args) or self.is_pyplot(call.func) or "fig" in ast.unparse(call).lower()

    def is_pyplot(self, function: ast.expr) -> bool:
        module = (self.facts.names.qualified(function) or "").rpartition(".")[0]
        return module in known("frameworks", "figures", "modules")

    def calls(self, body: ast.AST) -> Iterator[ast.Call]:
        return (node for node in walk(body) if isinstance(node, ast.Call))

    def is_of(self, saved: ast.Call, name: ast.Name | None, axes: list[ast.Name]) -> bool:
        """Whether a call saves the current figure of pyplot, or the one by its name or axes."""
        if last_name(saved.func) != "savefig":
            return False
        roots = {node.id for node in walk(saved.func) if isinstance(node, ast.Name)}
        return self.is_pyplot(saved.func) or bool(roots & {each.id for each in (name, *axes) if each})

    def leaves(self, name: ast.Name, body: ast.AST, is_axes: bool) -> bool:
        """Whether something else may close a figure, or means to use it: it is handed on, or axes of it are stored."""
        binding = self.facts.names.binding(name)
        if binding is None or binding.scope.node is not body:
            return True
        if any(self.tree.function(use) is not body for use in binding.uses):
            return True
        roles = {fate.role for fate in self.facts.escape.fates(binding)}
        return bool(roles & LEAVES) or (Role.PASSED in roles and not is_axes)


def targets(statement: ast.stmt, maker: str) -> tuple[ast.Name | None, list[ast.Name]]:
    """The name that a statement gives to the figure, and those of its axes."""
    if isinstance(statement, ast.Expr):
        return None, []
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target  # type: ignore[attr-defined]
    if isinstance(target, ast.Tuple) and maker != "figure" and target.elts:
        names = [node for each in target.elts[1:] for node in walk(each) if isinstance(node, ast.Name)]
        return target.elts[0] if isinstance(target.elts[0], ast.Name) else None, names
    return (target, []) if isinstance(target, ast.Name) else (None, [])
