"""Module-level containers that are constants, and the places that change one under another name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.elements import Touch
from memlint.facts.escape import Role
from memlint.facts.kinds import IN_PLACE
from memlint.facts.layout import Slice
from memlint.facts.names import Binding, DefinitionKind
from memlint.facts.shapes import place

if TYPE_CHECKING:
    from memlint.facts import Facts

CONSTANT = re.compile(r"_*[A-Z][A-Z0-9_]*|\w*default(?:s|_\w+)?", re.ASCII)
"""Names of constants: in capitals, or of defaults."""
ASSIGNMENTS = (ast.Assign, ast.AnnAssign)
CHANGED = frozenset({Role.MUTATED, Role.ELEMENT_MUTATED})


class AliasWrite(NamedTuple):
    """A constant that a function gives another name, and the first change that is made under that name."""

    constant: ast.Name
    alias: ast.stmt
    change: ast.AST
    is_nested: bool
    """Whether the change is made to a part of the constant."""


class Constants:
    """Follows the constants of a module into its functions."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @cached_property
    def alias_writes(self) -> list[AliasWrite]:
        """The changes to constants under other names, in the order of the aliases."""
        bindings = self.facts.names.module.bindings.values()
        found = (write for binding in bindings if self.is_constant(binding) for write in self._writes(binding))
        return sorted(found, key=lambda write: (write.alias.lineno, write.constant.col_offset))

    def within(self, part: Slice) -> list[AliasWrite]:
        """Those whose alias stands in a slice."""
        if not any(may_alias(assignment.value) for assignment in part.nodes(*ASSIGNMENTS)):
            return []
        return [write for write in self.alias_writes if part.first <= write.alias.lineno <= part.last]

    def is_constant(self, binding: Binding) -> bool:
        """Whether a name in capitals is bound once, to a container with something in it, and changed under it by
        nobody."""
        sole = binding.sole
        if sole is None or sole.kind is not DefinitionKind.ASSIGNMENT or not CONSTANT.fullmatch(binding.name):
            return False
        if not is_filled(sole.value) or isinstance(self.facts.tree.parents[sole.statement], (ast.For, ast.While)):
            return False
        roles = (role for use in binding.uses if isinstance(use, ast.Name) for role, _ in self.facts.escape.roles(use))
        return CHANGED.isdisjoint(roles)

    def _writes(self, binding: Binding) -> Iterator[AliasWrite]:
        for use in binding.uses:
            alias = self.facts.tree.statement(use)
            if not isinstance(use, ast.Name) or isinstance(self.facts.tree.function(use), ast.Module):
                continue
            if isinstance(alias, (ast.Assign, ast.AnnAssign)) and self.is_value(use, alias):
                is_mapping = isinstance(binding.sole and binding.sole.value, (ast.Dict, ast.Call))
                touches = self.facts.elements.touches(use, is_mapping=is_mapping)
                kind = self.facts.kinds.made(binding.sole.value) if binding.sole else None
                changes = [touch for touch in touches if self.is_change(touch, kind)]
                changes = [
                    touch for touch in changes if not is_vain(touch.by, binding.sole.value if binding.sole else None)
                ]
                if changes:
                    first = min(changes, key=lambda touch: place(touch.by))
                    nested = first.is_element or first.role is Role.ELEMENT_MUTATED
                    yield AliasWrite(use, alias, first.by, nested)

    def is_value(self, use: ast.Name, alias: ast.Assign | ast.AnnAssign) -> bool:
        """Whether an assignment gives its target the constant itself, on some branch."""
        node: ast.AST = use
        for outer in self.facts.tree.ancestors(use):
            if outer is alias:
                return node is alias.value
            is_branch = isinstance(outer, ast.BoolOp) or (isinstance(outer, ast.IfExp) and node is not outer.test)
            if not is_branch:
                return False
            node = outer
        return False

    def is_change(self, touch: Touch, kind: str | None) -> bool:
        """Whether a touch certainly changes the constant, or an object that it holds."""
        if touch.role not in CHANGED:
            return False
        if isinstance(touch.by, ast.AugAssign):
            return not touch.is_element and isinstance(touch.by.op, IN_PLACE.get(kind, ()))
        return not touch.is_element or isinstance(getattr(touch.by, "ctx", None), (ast.Store, ast.Del))

    def depends_on_content(self, write: AliasWrite) -> bool:
        """Whether the change is made only where what a loop over the alias finds in it passes a test, or a test finds
        nothing under the key that is written."""
        if isinstance(write.change, ast.Subscript):
            key = ast.dump(write.change.slice)
            tests = (each.test for each in self.facts.tree.ancestors(write.change) if isinstance(each, ast.If))
            if any(ast.dump(node) == key for test in tests for node in walk(test)):
                return True
        targets = write.alias.targets if isinstance(write.alias, ast.Assign) else [getattr(write.alias, "target", None)]
        names = {each.id for each in targets if isinstance(each, ast.Name)}
        outer = list(self.facts.tree.ancestors(write.change))
        loops = [each for each in outer if isinstance(each, ast.For) and names & names_in(each.iter)]
        found = {name for loop in loops for name in names_in(loop.target)}
        return any(isinstance(each, ast.If) and found & names_in(each.test) for each in outer)


def is_vain(change: ast.AST, constant: ast.expr | None) -> bool:
    """Whether a change is an order put into a list of one item."""
    method = change.func if isinstance(change, ast.Call) else change
    is_order = isinstance(method, ast.Attribute) and method.attr in ("reverse", "sort")
    return is_order and isinstance(constant, ast.List) and len(constant.elts) < 2


def names_in(node: ast.AST) -> set[str]:
    return {each.id for each in walk(node) if isinstance(each, ast.Name)}


def may_alias(value: ast.expr | None) -> bool:
    """Whether a value may be a constant itself, by its shape and by the name."""
    if isinstance(value, ast.BoolOp):
        return any(map(may_alias, value.values))
    if isinstance(value, ast.IfExp):
        return may_alias(value.body) or may_alias(value.orelse)
    return isinstance(value, ast.Name) and CONSTANT.fullmatch(value.id) is not None


def is_filled(value: ast.expr | None) -> bool:
    """Whether an expression is a container with something in it."""
    if isinstance(value, ast.Dict):
        return bool(value.keys)
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id == "dict" and bool(value.keywords)
    return isinstance(value, (ast.List, ast.Set)) and bool(value.elts)
