"""What loops make anew of itself, turn after turn: `x = x + y`, `x = f(x)`, `x += y`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from memlint.facts.branches import walk
from memlint.facts.names import Definition, DefinitionKind

if TYPE_CHECKING:
    from memlint.facts import Facts

Loop: TypeAlias = ast.For | ast.AsyncFor | ast.While
Place: TypeAlias = ast.Name | ast.Attribute
LOOPS = (ast.For, ast.AsyncFor, ast.While)
ENDS = (ast.Break, ast.Raise, ast.Return)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
SHORT = 100
"""Turns up to which a copy in each of them is a trifle."""


class Rebuilding:
    """Follows variables and attributes of `self` round the loops that carry their value from turn to turn."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree
        self.names = facts.names

    def place(self, node: ast.AST) -> Place | None:
        """A variable, or an attribute of one: what can be followed."""
        if isinstance(node, ast.Name):
            return node
        is_plain = isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
        return node if is_plain and isinstance(node, ast.Attribute) else None

    def is_same(self, node: ast.AST, kept: Place) -> bool:
        """Whether an expression means the same variable or attribute as another."""
        if isinstance(node, ast.Name) and isinstance(kept, ast.Name):
            return node.id == kept.id and self.names.binding(node) is self.names.binding(kept)
        if not isinstance(node, ast.Attribute) or not isinstance(kept, ast.Attribute) or node.attr != kept.attr:
            return False
        return isinstance(node.value, ast.Name) and isinstance(kept.value, ast.Name) and node.value.id == kept.value.id

    def carriers(self, statement: ast.stmt, kept: Place, *, is_growing: bool = False) -> list[Loop]:
        """The loops, innermost first, that bring what a statement binds back to it, and bind it nowhere else, but for
        `x += …` where it may grow."""
        carriers: list[Loop] = []
        for loop in self.loops(statement):
            others = [each for each in self.bound(loop, kept) if each is not statement]
            if others and not (is_growing and all(isinstance(each, ast.AugAssign) for each in others)):
                break
            if self.is_handed_round(loop, kept):
                break
            carriers.append(loop)
        return carriers

    def loops(self, statement: ast.stmt) -> Iterator[Loop]:
        """The loops that repeat a statement, innermost first; a block that ends by leaving repeats nothing."""
        inner: ast.AST = statement
        for outer in self.tree.ancestors(statement):
            blocks = (getattr(outer, field, None) for field in ("body", "orelse", "finalbody"))
            holding = next((block for block in blocks if isinstance(block, list) and inner in block), [inner])
            if isinstance(outer, SCOPES) or isinstance(holding[-1], ENDS):
                return
            if isinstance(outer, LOOPS) and inner in outer.body:
                yield outer
            inner = outer

    def is_long(self, loops: list[Loop]) -> bool:
        """Whether loops may take many turns, one within the other."""
        turns = 1
        for loop in loops:
            most = self.turns(loop)
            if most is None:
                return True
            turns *= most
        return turns > SHORT

    def turns(self, loop: Loop) -> int | None:
        """How often a loop turns at most."""
        if isinstance(loop, ast.AsyncFor):
            return None
        return self.facts.loops.turns(loop)

    def bound(self, loop: ast.AST, kept: Place) -> Iterator[ast.stmt | None]:
        """The statements in a loop that bind a variable or an attribute, or what that is an attribute of."""
        root = kept.value if isinstance(kept, ast.Attribute) else None
        for node in walk(loop):
            if isinstance(node, (ast.Name, ast.Attribute)) and not isinstance(node.ctx, ast.Load):
                is_root = isinstance(root, ast.Name) and isinstance(node, ast.Name) and node.id == root.id
                if is_root or self.is_same(node, kept):
                    yield self.tree.statement(node)

    def is_handed_round(self, loop: ast.AST, kept: Place) -> bool:
        """Whether other code that the loop calls may bind the value: a method of the same object, an inner function."""
        if isinstance(kept, ast.Name):
            binding = self.names.binding(kept)
            owner = self.names.scope_of(kept).owner
            return binding is None or any(
                self.names.scope_of(each.node).owner is not owner for each in binding.definitions
            )
        return any(self.may_bind(node, kept) for node in walk(loop) if isinstance(node, ast.Call))

    def may_bind(self, call: ast.Call, kept: ast.Attribute) -> bool:
        """Whether a call is that of a method that may change the attribute, or is given the object."""
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        root = getattr(kept.value, "id", "")
        if any(isinstance(each, ast.Name) and each.id == root for each in given):
            return True
        function = call.func
        if not isinstance(function, ast.Attribute) or getattr(function.value, "id", "") != root:
            return False
        owner = self.tree.enclosing(call, ast.ClassDef)
        methods = [each for each in owner.body if getattr(each, "name", "") == function.attr] if owner else []
        return not methods or any(getattr(node, "attr", "") == kept.attr for each in methods for node in walk(each))

    def reads(self, loop: ast.AST, kept: Place, statement: ast.stmt) -> Iterator[ast.expr]:
        """Where a loop reads the value besides the statement that makes it anew."""
        own = {id(node) for node in walk(statement)}
        for node in walk(loop):
            is_read = isinstance(getattr(node, "ctx", None), ast.Load) and id(node) not in own
            if is_read and isinstance(node, ast.expr) and self.is_same(node, kept):
                yield node

    def starting_kind(self, kept: Place) -> str | None:
        """The kind of what a variable or attribute is given by all statements that do not make it of itself."""
        if isinstance(kept, ast.Attribute):
            return self.facts.kinds.agreed(self.facts.kinds.of(each) for each in self.given(kept))
        binding = self.names.binding(kept)
        made = [each for each in binding.definitions if not self.is_of_itself(each, kept)] if binding else []
        return self.facts.kinds.of_definitions(made)

    def values(self, kept: Place) -> list[ast.expr]:
        """What a variable or attribute is given, itself apart; empty where some of it is no plain value."""
        if isinstance(kept, ast.Attribute):
            return [*self.given(kept)]
        binding = self.names.binding(kept)
        made = [each for each in binding.definitions if not self.is_of_itself(each, kept)] if binding else []
        found = [each.value for each in made if each.value is not None]
        return found if len(found) == len(made) else []

    def given(self, kept: ast.Attribute) -> Iterator[ast.expr]:
        """The values that the class around a statement gives to an attribute of its instances, itself apart."""
        owner = self.tree.enclosing(kept, ast.ClassDef)
        for node in walk(owner) if owner else ():
            value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            is_kept = any(isinstance(each, ast.Attribute) and self.is_same(each, kept) for each in targets)
            if value is not None and is_kept and not any(self.is_same(part, kept) for part in walk(value)):
                yield value

    def is_of_itself(self, made: Definition, kept: ast.Name) -> bool:
        """Whether a definition makes a value of the one before."""
        if made.kind is DefinitionKind.AUGMENTED:
            return True
        value = made.value or (made.statement.value if isinstance(made.statement, ast.Assign) else None)
        return value is not None and any(self.is_same(each, kept) for each in walk(value))
