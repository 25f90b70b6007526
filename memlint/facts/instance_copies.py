"""Instances copied attribute by attribute, and the writes into containers that the copy shares with its original."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from memlint.facts.escape import Role
from memlint.facts.kinds import IN_PLACE, MUTABLE

if TYPE_CHECKING:
    from memlint.facts import Facts
    from memlint.facts.classes import ClassModel

OWN_COPY = frozenset({"__copy__", "__getstate__", "__reduce__", "__reduce_ex__", "__setstate__", "__getattr__"})
"""Methods by which a class says itself what a copy of an instance is."""


class InstanceCopies:
    """Follows what `copy.copy` makes of an instance of a class of this file."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def model(self, original: ast.expr) -> ClassModel | None:
        """The class of an instance that `copy.copy` copies attribute by attribute."""
        results = self.facts.kinds.results
        model = results.model(original) if results else None
        if model is None or not (self.facts.classes.instance(original) or is_instance(self.facts.kind(original))):
            return None
        return None if any(OWN_COPY & each.methods.keys() for each in model.local_lineage()) else model

    def writes(self, copy: ast.expr, model: ClassModel) -> list[ast.AST]:
        """The writes into containers that an instance and its copy both hold in an attribute."""
        waiting, seen = [copy], set()
        written: list[tuple[str, ast.AST]] = []
        replaced: list[tuple[str, ast.AST]] = []
        while waiting:
            expression = waiting.pop()
            if expression in seen:
                continue
            seen.add(expression)
            waiting += self.facts.elements.same(expression)
            attribute = self.facts.tree.parents[expression]
            if isinstance(attribute, ast.Call) and expression in attribute.args:
                replaced.append(("*", attribute))
            if not isinstance(attribute, ast.Attribute):
                continue
            change = self.facts.tree.parents[attribute]
            if isinstance(attribute.ctx, ast.Load):
                for role, by in self.facts.escape.roles(attribute):
                    if role in (Role.MUTATED, Role.ELEMENT_MUTATED) and self.holds(model, attribute.attr):
                        written.append((attribute.attr, by))
                if attribute.attr == "__dict__" or (isinstance(change, ast.Call) and attribute is change.func):
                    replaced.append(("*", attribute))
            elif isinstance(change, ast.AugAssign):
                if isinstance(change.op, IN_PLACE.get(self.held(model, attribute.attr), ())):
                    written.append((attribute.attr, change))
            else:
                replaced.append((attribute.attr, attribute))
        return [
            by
            for name, by in written
            if not any(each in (name, "*") and self.facts.elements.comes_before(other, by) for each, other in replaced)
        ]

    def held(self, model: ClassModel, name: str) -> str | None:
        results = self.facts.kinds.results
        is_stored = any(each.stores_of(name) for each in model.local_lineage())
        return results.stored_kind(model, name) if results and is_stored else None

    def holds(self, model: ClassModel, name: str) -> bool:
        return self.held(model, name) in MUTABLE


def is_instance(kind: str | None) -> bool:
    return (kind or "").startswith("instance of ")
