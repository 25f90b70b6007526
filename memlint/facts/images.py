"""Images of tkinter: which are given to a widget, and kept alive by nothing."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.shapes import last_name
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts
    from memlint.facts.names import Binding


class LostImage(NamedTuple):
    """The name of an image, if it has one, the use that shows it, and the widget's local name, if known."""

    name: ast.Name | None
    used: ast.AST
    widget: str


class Images:
    """Asks of a call whether it makes an image that goes with the function."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree

    def lost(self, call: ast.Call) -> LostImage | None:
        """The image that a call makes, if all that is done with it is to show it in a widget that outlives it."""
        if self.facts.names.qualified(call.func) not in known("frameworks", "images", "made_by"):
            return None
        body = self.tree.function(call)
        if isinstance(body, (ast.Module, ast.Lambda)) or self.waits(body):
            return None
        if self.shows(call):
            return LostImage(None, self.tree.parents[call], self.widget(call))
        statement = self.tree.parents[call]
        target = statement.targets[0] if isinstance(statement, ast.Assign) and len(statement.targets) == 1 else None
        binding = self.facts.names.binding(target) if isinstance(target, ast.Name) else None
        if not isinstance(target, ast.Name) or binding is None or binding.scope.node is not body:
            return None
        shown = self.shown(binding)
        return LostImage(target, shown[0], self.widget(shown[0])) if shown else None

    def waits(self, body: ast.AST) -> bool:
        """Whether a function runs the main loop, or waits for a window, while its names are alive."""
        waiting = known("frameworks", "images", "waiting")
        return any(isinstance(node, ast.Call) and last_name(node.func) in waiting for node in walk(body))

    def shown(self, binding: Binding) -> list[ast.Name]:
        """The uses of an image that show it; none if another one may keep it."""
        shown: list[ast.Name] = []
        for use in binding.uses:
            if self.tree.function(use) is not binding.scope.node:
                return []
            if self.shows(use):
                shown.append(use)
            elif not isinstance(self.tree.parents[use], (ast.Attribute, ast.Compare, ast.If)):
                return []
        return shown

    def shows(self, image: ast.expr) -> bool:
        """Whether an expression is the `image=` of a call of tkinter's, or is stored as `widget["image"]`."""
        parent = self.tree.parents[image]
        if isinstance(parent, ast.keyword) and parent.arg == "image":
            call = self.tree.parents[parent]
            if not isinstance(call, ast.Call):
                return False
            is_method = last_name(call.func) in known("frameworks", "images", "methods")
            return is_method or self.facts.names.qualified(call.func) in known("frameworks", "images", "widgets")
        if isinstance(parent, ast.Assign) and isinstance(parent.targets[0], ast.Subscript):
            key = parent.targets[0].slice
            return isinstance(key, ast.Constant) and key.value == "image"
        return False

    def widget(self, image: ast.expr) -> str:
        """The local name of a widget of tkinter's own that shows an image; empty if it has none."""
        parent = self.tree.parents[image]
        call = self.tree.parents[parent]
        if not isinstance(call, ast.Call):
            return ""
        if self.facts.names.qualified(call.func) in known("frameworks", "images", "widgets"):
            statement = self.tree.parents[call]
            target = statement.targets[0] if isinstance(statement, ast.Assign) else None
            return target.id if isinstance(target, ast.Name) else ""
        receiver = getattr(call.func, "value", None)
        binding = self.facts.names.binding(receiver) if isinstance(receiver, ast.Name) else None
        made = binding.sole.value if binding and binding.sole else None
        is_known = isinstance(made, ast.Call) and self.facts.names.qualified(made.func) in known(
            "frameworks", "images", "widgets"
        )
        return receiver.id if is_known and isinstance(receiver, ast.Name) else ""
