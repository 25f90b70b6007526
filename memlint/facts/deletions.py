"""Deletions of names that are meant to free an object, and what holds that object all the same."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.class_model import MethodKind
from memlint.facts.escape import Role
from memlint.facts.names import Binding, Definition, DefinitionKind
from memlint.facts.shapes import place
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

BUILTIN = frozenset({"defaultdict", "deque", "dict", "list", "set", "tuple"})
"""Kinds of containers that hold what is put into them, and no copy of it."""


CALLER = "the caller"
"""What holds an argument."""


class Holder(NamedTuple):
    """What still holds an object when a name of it is deleted, and where it got it."""

    text: str
    by: ast.AST
    is_sure: bool = True
    """Whether it surely holds the object, and the deletion was meant to free that."""


class Deletions:
    """Asks of a deleted name whether its object goes on living by another way."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def holder(self, name: ast.Name, statement: ast.Delete) -> Holder | None:
        """What holds the object of a deleted name; the caller counts only where the deletion was meant to free it."""
        binding = self.facts.names.binding(name)
        function = self.facts.tree.function(statement)
        if binding is None or binding.scope.node is not function or isinstance(function, ast.Module):
            return None
        givers = [each for each in binding.definitions if each.kind is not DefinitionKind.DELETE]
        if len(givers) != 1 or name.id in self.facts.flow(function).captured:
            return None
        found = self.stored(binding, statement) or self.origin(givers[0], statement)
        if found is None or self.is_to_free(statement):
            return found
        return None if found.text == CALLER else found._replace(is_sure=False)

    def is_to_free(self, statement: ast.Delete) -> bool:
        """Whether the statements right behind a deletion call the collector or empty a cache of memory."""
        for _, block in ast.iter_fields(self.facts.tree.parents[statement]):
            if isinstance(block, list) and statement in block:
                place = block.index(statement)
                behind = [each for each in block[place + 1 :] if not isinstance(each, ast.Delete)][:2]
                calls = (
                    each.value for each in behind if isinstance(each, ast.Expr) and isinstance(each.value, ast.Call)
                )
                return any(
                    self.facts.names.qualified(call.func) in known("deletions", "freeing", "calls") for call in calls
                )
        return False

    def stored(self, binding: Binding, statement: ast.Delete) -> Holder | None:
        """The attribute or container that got the object before, on every way to the deletion."""
        for fate in self.facts.escape.own_fates(binding):
            by = self.facts.tree.statement(fate.by)
            if fate.role not in (Role.STORED, Role.ALIASED) or by is None or place(by) > place(statement):
                continue
            if self.facts.tree.parents[by] not in self.facts.tree.ancestors(statement):
                continue
            target = self.place_of(fate.by, fate.use)
            if target is not None and self.keeps(target, statement, by):
                return Holder(ast.unparse(target), fate.by, is_sure=fate.role is Role.STORED)
        return None

    def place_of(self, by: ast.AST, use: ast.Name) -> ast.expr | None:
        """The attribute or container that a statement puts a name's object into, as it is."""
        if isinstance(by, ast.Call) and isinstance(by.func, ast.Attribute) and use in by.args:
            return by.func.value if self.facts.kind(by.func.value) in BUILTIN or by.func.attr == "append" else None
        target = by.targets[0] if isinstance(by, ast.Assign) and by.value is use and len(by.targets) == 1 else None
        if isinstance(target, ast.Subscript):
            return target.value if self.facts.kind(target.value) in BUILTIN else None
        if isinstance(target, ast.Name):
            return target
        return target if isinstance(target, ast.Attribute) and self.is_plain(target) else None

    def origin(self, giver: Definition, statement: ast.Delete) -> Holder | None:
        """What the name got its object from and that still has it."""
        value = giver.value
        if giver.kind is DefinitionKind.PARAMETER:
            return Holder(CALLER, giver.node, is_sure=False)
        if giver.kind is DefinitionKind.ASSIGNMENT and isinstance(value, (ast.Attribute, ast.Name)):
            is_plain = self.is_plain(value) if isinstance(value, ast.Attribute) else value.id not in deleted(statement)
            return (
                Holder(ast.unparse(value), giver.statement)
                if is_plain and self.keeps(value, statement, giver.statement)
                else None
            )
        if giver.kind is DefinitionKind.ASSIGNMENT and isinstance(value, ast.Subscript):
            is_element = self.facts.kind(value.value) in BUILTIN and not isinstance(value.slice, ast.Slice)
            return (
                Holder(ast.unparse(value.value), giver.statement)
                if is_element and self.keeps(value.value, statement, giver.statement)
                else None
            )
        return None

    def is_plain(self, attribute: ast.Attribute) -> bool:
        """Whether an attribute of the instance is stored as it is: no property makes it."""
        model = self.facts.classes.instance(attribute.value)
        return (
            model is not None
            and not model.intercepts(attribute.attr)
            and model.kind(attribute.attr) is not MethodKind.PROPERTY
        )

    def keeps(self, holder: ast.expr, statement: ast.Delete, by: ast.stmt) -> bool:
        """Whether a name is read later on, or an attribute of the instance is not cut in this function."""
        function = self.facts.tree.function(statement)
        text = ast.unparse(holder)
        if isinstance(holder, ast.Name):
            binding = self.facts.names.binding(holder)
            if binding is None or len(binding.definitions) != 1:
                return False
            is_own = binding.scope.node is function
            return not is_own or (
                text not in deleted(statement) and self.facts.flow(function).is_live_after(statement, text)
            )
        if not isinstance(holder, ast.Attribute) or self.facts.classes.instance(holder.value) is None:
            return False
        written = [node for node in walk(function) if isinstance(node, (ast.Attribute, ast.Subscript))]
        inside = set(walk(by))
        cut = [node for node in written if not isinstance(node.ctx, ast.Load) and node not in inside]
        emptied = (node.func for node in walk(function) if isinstance(node, ast.Call))
        taken = (
            each.value
            for each in emptied
            if isinstance(each, ast.Attribute) and each.attr in ("clear", "pop", "popleft", "remove")
        )
        return not any(ast.unparse(each).startswith(text) for each in (*cut, *taken))


def deleted(statement: ast.Delete) -> set[str]:
    """The names that one statement deletes."""
    return {each.id for each in statement.targets if isinstance(each, ast.Name)}
