"""Defaults that are stored: whether what holds them changes them, or gives them up again at once."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.defaults import Default, Touch
from memlint.facts.escape import Role
from memlint.facts.shapes import place
from memlint.facts.writes import targets_of

if TYPE_CHECKING:
    from memlint.facts import Facts


class StoredDefaults:
    """Follows defaults into the attributes that they are stored in."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def is_safe(self, default: Default, touch: Touch) -> bool:
        """Whether a touch lets nobody change the default: a tuple in which nothing is seen to change what it holds, or
        an attribute that its method goes on to bind anew."""
        if default.kind == "tuple" and touch.inner is None:
            return touch.role is not Role.STORED or self.change_through_self(default, touch) is None
        return touch.role is Role.STORED and touch.inner is None and self.is_replaced(touch)

    def is_replaced(self, touch: Touch) -> bool:
        """Whether the method that stores a value in an attribute certainly stores another one there before it ends."""
        function = self.facts.tree.function(touch.use)
        later = [each for each in getattr(function, "body", ()) if isinstance(each, (ast.Assign, ast.AnnAssign))]
        later = [each for each in later if place(each) > place(touch.use) and each.value is not None]
        stores = [target for each in later for target in targets_of(each) if isinstance(target, ast.Attribute)]
        given = list(self.facts.escape.given_to(touch.use, touch.by))
        return bool(given) and all(
            isinstance(target, ast.Attribute)
            and self.facts.classes.instance(target.value) is not None
            and any(ast.dump(each) == ast.dump(target) for each in stores)
            for target in given
        )

    def change_through_self(self, default: Default, escape: Touch) -> Touch | None:
        """Where the class changes the attribute that a default was stored in, and that nothing else is stored in."""
        handed = self.facts.defaults.handed(default, escape)
        inner = self.facts.defaults.escape(handed[1]) if handed else None
        if handed and inner:
            return self.change_through_self(handed[1], inner)
        for target in self.facts.escape.given_to(escape.use, escape.by):
            model = self.facts.classes.instance(target.value) if isinstance(target, ast.Attribute) else None
            if not isinstance(target, ast.Attribute) or model is None or len(model.stores_of(target.attr)) != 1:
                continue
            for node in walk(model.node):
                if not isinstance(node, ast.Attribute) or node.attr != target.attr or node is target:
                    continue
                if self.facts.classes.instance(node.value) is model:
                    touches = (Touch(role, node, by) for role, by in self.facts.escape.roles(node))
                    changes = [touch for touch in touches if self.facts.defaults.is_change(default, touch)]
                    if changes:
                        return changes[0]
        return None
