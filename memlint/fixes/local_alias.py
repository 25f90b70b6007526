"""Binds what a loop looks up on every turn to a local name in front of it."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Iterator
from typing import TypeAlias

from memlint.facts import Facts
from memlint.facts.branches import walk
from memlint.facts.layout import Slice
from memlint.facts.names import Binding
from memlint.model import Edit, Fix, Safety

Loop: TypeAlias = ast.For | ast.While

REFLECTION = frozenset({"dir", "eval", "exec", "globals", "locals", "vars"})
SUSPENDING = (ast.Await, ast.Yield, ast.YieldFrom, ast.AsyncFor, ast.AsyncWith)


class LocalAlias:
    """The rewrite for what a loop of a function reads."""

    def __init__(self, facts: Facts, part: Slice, loop: Loop) -> None:
        self.facts = facts
        self.slice = part
        self.loop = loop

    def objection(self) -> str:
        """Why nothing may be bound in front of the loop; empty where it may."""
        if any(isinstance(node, SUSPENDING) for node in walk(self.loop)):
            return "the loop suspends its function, and others may rebind the name meanwhile"
        readers = REFLECTION & identifiers(self.facts.tree.function(self.loop))
        return f"`{min(readers)}` would see the new local name" if readers else ""

    def fix(self, read: ast.expr) -> Fix:
        """Bind the value of a read to a local name in front of the loop, and read that inside."""
        function, name = self.facts.tree.function(read), ast.unparse(read)
        start = self.slice.span(self.loop)[0]
        alias = fresh(name, identifiers(function))
        reads = [Edit(*self.slice.span(node), alias) for node in self.same(read)]
        line = self.facts.source.lines[start.line - 1]
        binding = Edit(start, start, f"{alias} = {name}\n{line[: len(line) - len(line.lstrip())]}")
        return Fix(f"bind `{name}` to the local name `{alias}` before the loop", Safety.UNSAFE, (binding, *reads))

    def same(self, read: ast.expr) -> Iterator[ast.expr]:
        """The expressions of the loop that read the same, in its own function."""
        function, name = self.facts.tree.function(read), ast.unparse(read)
        for node in walk(self.loop):
            is_same = isinstance(node, type(read)) and ast.unparse(node) == name
            is_same = is_same and self.origin(node) is self.origin(read)  # type: ignore[arg-type]
            if is_same and self.facts.tree.function(node) is function:
                yield node  # type: ignore[misc]

    def origin(self, read: ast.expr) -> Binding | None:
        """The variable that a name, or the first one of a chain of attributes, comes from; None for a builtin."""
        while isinstance(read, ast.Attribute):
            read = read.value
        return self.facts.names.binding(read) if isinstance(read, ast.Name) else None


def identifiers(function: ast.AST) -> set[str]:
    """Every name that occurs in a function."""
    fields = ("arg", "asname", "id", "name")
    found = {getattr(node, field, None) for node in walk(function) for field in fields}
    declared = (node.names for node in walk(function) if isinstance(node, (ast.Global, ast.Nonlocal)))
    return {name for name in found if isinstance(name, str)}.union(*declared)


def fresh(name: str, taken: set[str]) -> str:
    """A local name for a global, a builtin or a module's attribute that a function does not use yet."""
    alias = name.rpartition(".")[2].lower()
    while alias in taken or alias == name or keyword.iskeyword(alias) or hasattr(builtins, alias):
        alias += "_"
    return alias
