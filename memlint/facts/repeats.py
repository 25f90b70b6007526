"""What a loop works out anew in each turn, of something that was there before the loop."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from memlint.facts.branches import walk

if TYPE_CHECKING:
    from memlint.facts import Facts

COPIES = frozenset({"builtins.frozenset", "builtins.list", "builtins.set", "builtins.sorted", "builtins.tuple"})
HASHING = frozenset({"builtins.frozenset", "builtins.range", "builtins.set"})
HASHED = frozenset({"defaultdict", "dict", "frozenset", "set", "str"})


class Repeats:
    """Questions about what is done again and again."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names

    def is_again(self, work: ast.Call) -> bool:
        """Whether a loop works with the same thing in each turn: nothing in it binds a name that the work reads."""
        loop = self.loop(work)
        if loop is None:
            return False
        inside = set(walk(loop))
        read = [node for argument in work.args for node in walk(argument) if isinstance(node, ast.Name)]
        bindings = [binding for each in read if (binding := self.names.binding(each))]
        is_call = any(isinstance(node, (ast.Call, ast.Await)) for argument in work.args for node in walk(argument))
        return (
            bool(bindings)
            and not is_call
            and not any(made.node in inside for binding in bindings for made in binding.definitions)
        )

    def loop(self, node: ast.AST) -> ast.AST | None:
        """The `for` or `while` around a node, in whose body it stands, within its function."""
        inner = node
        for outer in self.facts.tree.ancestors(node):
            if isinstance(outer, (ast.AsyncFunctionDef, ast.FunctionDef, ast.Lambda, ast.ClassDef)):
                return None
            if isinstance(outer, (ast.AsyncFor, ast.For, ast.While)) and inner in outer.body:
                return outer
            inner = outer
        return None

    def is_looked_up_by_turn(self, key: ast.expr, table: ast.expr) -> bool:
        """Whether each turn of a loop looks its own element up in a table that is no constant of the module."""
        iterated = self.iterated(key)
        while isinstance(table, (ast.Attribute, ast.Call)):
            table = table.func if isinstance(table, ast.Call) else table.value
        is_constant = isinstance(table, ast.Name) and table.id.isupper()
        return iterated is not None and not is_constant and self.facts.sizes.most(iterated) is None

    def iterated(self, key: ast.expr) -> ast.expr | None:
        """What a loop runs over whose variable a key is."""
        binding = self.names.binding(key) if isinstance(key, ast.Name) else None
        for outer in self.facts.tree.ancestors(key) if binding else ():
            loops = getattr(outer, "generators", [outer] if isinstance(outer, (ast.AsyncFor, ast.For)) else [])
            loop = next((each for each in loops if getattr(each.target, "id", "") == getattr(key, "id", None)), None)
            if loop is not None:
                inside = set(walk(outer))
                given = [made for made in binding.definitions if made.node in inside]  # type: ignore[union-attr]
                return loop.iter if len(given) == 1 and isinstance(loop.iter, ast.expr) else None
        return None

    def is_hashable(self, key: ast.expr) -> bool:
        """Whether a key surely has a hash: a constant, a text that is put together, an element of a dictionary or
        set."""
        if isinstance(key, (ast.Constant, ast.JoinedStr)):
            return True
        given = self.iterated(key)
        while isinstance(given, ast.Call) and self.names.qualified(given.func) in COPIES and len(given.args) == 1:
            if self.names.qualified(given.func) in HASHING:
                return True
            given = given.args[0]
        if isinstance(given, ast.Call) and isinstance(given.func, ast.Attribute) and given.func.attr == "keys":
            given = given.func.value
        if isinstance(given, ast.Call) and self.names.qualified(given.func) in HASHING:
            return True
        return given is not None and self.facts.kind(given) in HASHED
