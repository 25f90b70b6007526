"""Hooks on modules of a neural network that nothing can take out again."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.models import is_guard
from memlint.facts.names import DefinitionKind
from memlint.facts.origins import words_of
from memlint.facts.shapes import last_name, place
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Body, Facts

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
FURTHEST = 8
"""Names that are followed to what they are part of."""


class Dropped(NamedTuple):
    """A hook whose handle is gone: the module that keeps it, and the loop or function that adds one each time."""

    module: ast.expr
    by: ast.stmt


class Hooks:
    """Asks of a call whether it adds a hook for good, time and again."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree

    def dropped(self, call: ast.Call) -> Dropped | None:
        """What keeps the hook of a call whose handle nothing has."""
        method = call.func
        if not isinstance(method, ast.Attribute) or method.attr not in known("requests", "hooks", "registering"):
            return None
        if not self.is_lost(call):
            return None
        body = self.tree.function(call)
        if isinstance(body, ast.Lambda):
            return None
        loops = self.facts.flow(body).loops(call)
        again = next((loop for loop in loops if self.is_of_outside(method.value, loop)), None)
        if again is not None and not self.is_left(call, again):
            return Dropped(method.value, again)
        if not isinstance(body, FUNCTIONS) or words_of(body.name) & known("requests", "hooks", "once"):
            return None
        roots = self.wholes(method.value, body)
        return Dropped(method.value, body) if roots and self.is_run(roots, call, body) else None

    def is_lost(self, call: ast.Call) -> bool:
        """Whether nothing gets the handle, or only a name that nothing reads."""
        parent = self.tree.parents[call]
        if isinstance(parent, ast.Expr):
            return True
        if (
            not isinstance(parent, ast.Assign)
            or len(parent.targets) != 1
            or not isinstance(parent.targets[0], ast.Name)
        ):
            return False
        binding = self.facts.names.binding(parent.targets[0])
        return binding is not None and not binding.uses and binding.scope.node is self.tree.function(call)

    def is_of_outside(self, module: ast.expr, loop: ast.AST) -> bool:
        """Whether a module is the same at each turn of a loop."""
        return self.facts.invariance.is_same(module, loop)

    def is_left(self, call: ast.Call, loop: ast.AST) -> bool:
        """Whether the loop may end, or look at something, before it comes to the call a second time."""
        for outer in self.tree.ancestors(call):
            blocks = [getattr(outer, name, []) for name in ("body", "orelse", "finalbody")]
            inside = [each for block in blocks if isinstance(block, list) for each in block]
            if any(isinstance(each, (ast.Break, ast.Return)) for each in inside):
                return True
            if outer is loop:
                return False
            if isinstance(outer, ast.If):
                return True
        return False

    def wholes(self, module: ast.expr, body: Body) -> set[str]:
        """The parameters, attributes of `self` and outer names that a module is part of, as text; empty where it may
        be one that the function makes."""
        found: set[str] = set()
        waiting, steps = [module], 0
        while waiting:
            steps += 1
            each = waiting.pop()
            while isinstance(each, (ast.Attribute, ast.Subscript)):
                found.add(ast.unparse(each))
                each = each.value
            if isinstance(each, ast.Call) and self.is_part(each):
                receiver = each.func.value if isinstance(each.func, ast.Attribute) else None
                waiting += [receiver] if receiver is not None else each.args[:1]
                continue
            binding = self.facts.names.binding(each) if isinstance(each, ast.Name) else None
            if binding is None or not isinstance(each, ast.Name) or steps > FURTHEST:
                return set()
            found.add(each.id)
            if binding.scope.node is not body:
                continue
            for definition in binding.definitions:
                if definition.kind is DefinitionKind.PARAMETER:
                    continue
                value = definition.value
                loop = self.tree.enclosing(definition.node, ast.For)
                if definition.kind is DefinitionKind.LOOP and loop is not None:
                    value = loop.iter
                if value is None:
                    return set()
                waiting.append(value)
        return found

    def is_part(self, call: ast.Call) -> bool:
        """Whether a call gives parts of what it is called on, or given."""
        listed = known("requests", "hooks", "parts")
        return (self.facts.names.qualified(call.func) or last_name(call.func)) in listed or (
            isinstance(call.func, ast.Attribute) and call.func.attr in listed
        )

    def is_run(self, roots: set[str], call: ast.Call, body: Body) -> bool:
        """Whether the function also runs the module, which is then done with its hook, and removes nothing."""
        tests = (outer.test for outer in self.tree.ancestors(call) if isinstance(outer, ast.If))
        if any(is_guard(test, []) for test in tests):
            return False
        nodes = [node for node in walk(body) if isinstance(node, ast.Call)]
        if any(last_name(node.func) in ("remove", "clear") for node in nodes):
            return False
        later = [node for node in nodes if place(node) > place(call) and self.tree.function(node) is body]
        return any(runs(node, roots) for node in later)


def runs(call: ast.Call, roots: set[str]) -> bool:
    """Whether a call runs one of some modules."""
    function = call.func
    if isinstance(function, ast.Attribute) and function.attr in known("requests", "hooks", "running"):
        function = function.value
    return isinstance(function, (ast.Name, ast.Attribute)) and ast.unparse(function) in roots
