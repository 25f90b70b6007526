"""Where a function passes on an exception that it keeps in a local: who else has it holds it, whatever becomes of the
local."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.names import Binding
from memlint.facts.shapes import last_name
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

DISPLAYS = (ast.Tuple, ast.List, ast.Dict, ast.Set)
WORDS = frozenset({"bool", "format", "isinstance", "repr", "str", "type"})
"""Functions that return nothing of the exception which they are given."""


class ExceptionFates:
    """Follows the locals of a file that hold an exception, or its traceback, to whom they are given."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def is_returned(self, binding: Binding) -> bool:
        """Whether the function returns the value itself: alone, in a tuple, or in what a call makes of it."""
        parts = [node.value for node in walk(binding.scope.node) if isinstance(node, ast.Return)]
        for part in parts:
            if isinstance(part, ast.Tuple):
                parts += part.elts
            elif isinstance(part, ast.Call) and last_name(part.func) not in WORDS:
                parts += [*part.args, *(keyword.value for keyword in part.keywords)]
        return any(part in binding.uses for part in parts)

    def is_given_away(self, binding: Binding) -> bool:
        """Whether the function gives the value to an attribute, an item, a container, or a call that may keep it."""
        return any(map(self._is_given, binding.uses))

    def is_given_away_by(self, handler: ast.ExceptHandler) -> bool:
        """Whether a handler does so, by the name that it has for the exception."""
        caught = self.facts.names.binding_of(handler)
        inside = set(walk(handler))
        return any(self._is_given(use) for use in (caught.uses if caught else ()) if use in inside)

    def _is_given(self, use: ast.expr) -> bool:
        parents = self.facts.tree.parents
        value: ast.AST = use
        while isinstance(parents[value], (*DISPLAYS, ast.keyword)):
            value = parents[value]
        user = parents[value]
        if isinstance(user, ast.Call) and user.func is not value:
            return not isinstance(parents[user], ast.Raise) and not self._is_telling(user.func)
        targets = user.targets if isinstance(user, ast.Assign) and user.value is value else []
        return any(isinstance(each, (ast.Attribute, ast.Subscript)) for each in targets)

    def _is_telling(self, function: ast.expr) -> bool:
        """Whether a function keeps nothing of the exception that it is given: it makes text of it, or logs it."""
        module = (self.facts.names.qualified(function) or "").partition(".")[0]
        in_modules = module in known("exceptions", "telling", "modules")
        return in_modules or last_name(function) in known("exceptions", "telling", "methods")

    def is_of_keeping_library(self, handler: ast.ExceptHandler) -> bool:
        """Whether the exception is one of a library whose own frames keep it in a local."""
        classes = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        named = (self.facts.names.qualified(each) or "" for each in classes if each)
        return any(each.partition(".")[0] in known("exceptions", "libraries", "keeping") for each in named)
