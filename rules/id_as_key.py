from __future__ import annotations

import ast

from memlint.api import (
    PUT_IN,
    Binding,
    Container,
    DefinitionKind,
    Effect,
    Facts,
    Growth,
    GrowthRule,
    Home,
    Role,
    all_of,
    walk,
)

EXITS = frozenset({"__aexit__", "__exit__"})
PLAIN = frozenset({"builtins.bool", "builtins.hash", "builtins.id", "builtins.len", "builtins.repr", "builtins.str"})
"""Calls whose result holds nothing of what they are given."""


class IdAsKey(GrowthRule):
    """The number of an object is kept when the object is gone, and the next one in its place has the same number."""

    code = "ML710"
    name = "id-as-key"
    effect = Effect.SHARED
    gate = all_of(file=(*PUT_IN, rb"\bid\b"))
    homes = (Home.MODULE, Home.CLASS, Home.INSTANCE)

    @classmethod
    def fault(cls, facts: Facts, container: Container, growth: Growth) -> bool:
        named = numbered(facts, growth)
        if container.home is Home.INSTANCE and not facts.growths.is_of_lasting(container):
            return False
        return named is not None and not is_held(facts, growth, named) and not is_kept_beside(facts, growth, named)

    def report_growth(self, container: Container, growth: Growth) -> None:
        named = numbered(self.facts, growth)
        held = container.name if container.home is Home.MODULE else self.told_owner(container)
        self.report(
            growth.by,
            f"`{held}` keeps the number of `{named.id if named else ''}` and not the object: once that is freed, the "
            "next object made in its place has the same number; keep the object beside it, or use "
            "`weakref.WeakKeyDictionary`",
            related=[(container.statement, "it is made here, and nothing is taken out")],
            optional=container.home is Home.INSTANCE and is_of_block(container),
        )


def is_of_block(container: Container) -> bool:
    """Whether the instances of a class are made for a `with` block, and may well end with it."""
    return container.owner is not None and not EXITS.isdisjoint(container.owner.methods)


def numbered(facts: Facts, growth: Growth) -> ast.Name | None:
    """The parameter, or the new object, whose `id` is put in, as a key or in a tuple that is one."""
    key = growth.key if growth.key is not None else growth.value
    for part in key.elts if isinstance(key, ast.Tuple) else [key]:
        if isinstance(part, ast.Call) and len(part.args) == 1 and isinstance(part.args[0], ast.Name):
            binding = facts.names.binding(part.args[0])
            if facts.names.qualified(part.func) == "builtins.id" and binding is not None and is_fleeting(binding):
                return part.args[0] if binding.scope.node is facts.tree.function(part) else None
    return None


def is_fleeting(binding: Binding) -> bool:
    """Whether a variable is given each of its objects by a caller or a call: what it reads from elsewhere is kept
    there."""
    return all(
        each.kind is DefinitionKind.PARAMETER
        or (each.kind is DefinitionKind.ASSIGNMENT and isinstance(each.value, (ast.Await, ast.Call)))
        for each in binding.definitions
    )


def is_held(facts: Facts, growth: Growth, named: ast.Name) -> bool:
    """Whether what is stored under the key may hold the object: it is read there but to be measured."""
    binding = facts.names.binding(named)
    if binding is None:
        return True
    waiting: list[ast.AST] = [value for value in (growth.key, growth.value) if value is not None]
    seen = set()
    for value in waiting:
        for node in walk(value):
            read = facts.names.binding(node) if isinstance(node, ast.Name) else None
            if read is binding:
                call = facts.tree.parents[node]
                if not isinstance(call, ast.Call) or facts.names.qualified(call.func) not in PLAIN:
                    return True
            elif read is not None and read.scope is binding.scope and read not in seen:
                seen.add(read)
                waiting += [each.value or each.node for each in read.definitions]
    return False


def is_kept_beside(facts: Facts, growth: Growth, named: ast.Name) -> bool:
    """Whether the function stores the object too, or asks to be told of its end."""
    binding = facts.names.binding(named)
    fates = list(facts.escape.fates(binding)) if binding is not None else []
    told = (each.by.func for each in fates if each.role is Role.PASSED and isinstance(each.by, ast.Call))
    return any(each.role is Role.STORED for each in fates) or any(
        (facts.names.qualified(function) or "").startswith("weakref.") for function in told
    )
