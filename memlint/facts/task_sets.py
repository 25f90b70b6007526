"""Collections of tasks, threads and futures that only ever grow."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.class_model import MAKING
from memlint.facts.names import DefinitionKind
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

COLLECTIONS = frozenset({"deque", "list", "set"})


class Grown(NamedTuple):
    """A collection that gets one more object with each event, and gives none back."""

    collection: ast.Attribute | ast.Name
    growth: ast.Call
    what: str
    """The kind of the objects: `task`, `thread`, `future`, `process`."""
    function: ast.FunctionDef | ast.AsyncFunctionDef
    """Where they are made."""
    creation: ast.Attribute | ast.Name
    """Where the collection is made."""


class TaskSets:
    """Follows a collection through all uses of its name in the file."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names

    def grown(self, call: ast.Call) -> Grown | None:
        """The collection that a call puts a task into for good."""
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in known("tasks", "collected", "growing"):
            return None
        collection, function = call.func.value, self.facts.tree.function(call)
        if len(call.args) != 1 or not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None
        if not isinstance(collection, (ast.Attribute, ast.Name)):
            return None
        made = self.made(call.args[0])
        what = self.kind(made) if made else None
        if made is None or what is None or not self.is_made_by_events(made, call, function):
            return None
        uses = list(self.uses(collection))
        creation = next(filter(self.is_creation, uses), None)
        if creation is None or not all(map(self.is_harmless, uses)):
            return None
        return Grown(collection, call, what, function, creation)

    def made(self, value: ast.expr) -> ast.Call | None:
        """The call that makes an object: where it is put in, or above, under a name."""
        if isinstance(value, ast.Name) and (binding := self.names.binding(value)) and binding.sole:
            value = binding.sole.value or value
        return value if isinstance(value, ast.Call) else None

    def kind(self, made: ast.Call) -> str | None:
        if self.facts.tasks.makes(made):
            return "task"
        kind = self.facts.kinds.of(made)
        return kind if kind in known("tasks", "collected", "kinds") else None

    def is_made_by_events(
        self, made: ast.Call, call: ast.Call, function: ast.FunctionDef | ast.AsyncFunctionDef
    ) -> bool:
        """Whether objects are made again and again: of what callers give, or in an endless loop."""
        making = known("tasks", "collected", "making")
        if function.name in MAKING or making.intersection(function.name.strip("_").split("_")):
            return False
        for outer in self.facts.tree.ancestors(call):
            if outer is function:
                break
            if isinstance(outer, ast.AsyncFor) or (isinstance(outer, ast.While) and is_true(outer.test)):
                return True
        parts: list[ast.AST] = [*made.args, *(keyword.value for keyword in made.keywords)]
        given = (node for part in parts for node in walk(part) if isinstance(node, ast.Name))
        return any(self.is_given(name, function) for name in given)

    def is_given(self, name: ast.Name, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Whether a name is a parameter of the function, its instance apart."""
        binding = self.names.binding(name)
        if binding is None or binding.scope.node is not function or self.facts.classes.instance(name):
            return False
        return name.id != "cls" and any(each.kind is DefinitionKind.PARAMETER for each in binding.definitions)

    def uses(self, collection: ast.Attribute | ast.Name) -> Iterator[ast.Attribute | ast.Name]:
        """All that may mean the collection: attributes of its name; a variable of the module by its uses."""
        if isinstance(collection, ast.Attribute):
            for node in self.facts.tree.parents:
                if (isinstance(node, ast.Attribute) and node.attr == collection.attr) or (
                    isinstance(node, ast.Name) and node.id == collection.attr and self.is_in_class(node)
                ):
                    yield node
            return
        binding = self.names.binding(collection)
        if binding is None or binding.scope is not self.names.module:
            return
        yield from binding.uses
        yield from (each.node for each in binding.definitions if isinstance(each.node, ast.Name))

    def is_in_class(self, name: ast.Name) -> bool:
        """Whether a name is bound by a class body."""
        binding = self.names.binding(name)
        return binding is not None and isinstance(binding.scope.node, ast.ClassDef)

    def is_creation(self, use: ast.Attribute | ast.Name) -> bool:
        """Whether a collection is made here, once: in the making of the instance, the class or the module."""
        statement = self.facts.tree.parents[use]
        if not isinstance(use.ctx, ast.Store) or not isinstance(statement, (ast.Assign, ast.AnnAssign)):
            return False
        function = self.facts.tree.function(use)
        is_first = isinstance(function, ast.Module) or getattr(function, "name", "") in MAKING
        if not is_first or statement.value is None or self.facts.kinds.made(statement.value) not in COLLECTIONS:
            return False
        return not any(keyword.arg == "maxlen" for keyword in getattr(statement.value, "keywords", ()))

    def is_harmless(self, use: ast.Attribute | ast.Name) -> bool:
        """Whether a use takes nothing out, and gives the collection to nobody who might."""
        if not isinstance(use.ctx, ast.Load):
            statement = self.facts.tree.parents[use]
            is_bare = isinstance(statement, ast.AnnAssign) and statement.value is None
            return is_bare or self.is_creation(use)
        parent = self.facts.tree.parents[use]
        if isinstance(parent, ast.Attribute):
            kept = known("tasks", "collected", "growing") | known("tasks", "collected", "reading")
            return parent.attr in kept and self.facts.tree.is_called(parent)
        if isinstance(parent, ast.Call) and parent.func is not use:
            reader = self.names.qualified(parent.func)
            if reader in known("tasks", "collected", "counting"):
                return True
            outer = self.facts.tree.parents[parent]
            return reader in known("tasks", "collected", "copying") and self.is_harmless_loop(outer)
        if isinstance(parent, (ast.For, ast.AsyncFor, ast.comprehension)) and use is parent.iter:
            return self.is_harmless_loop(parent)
        return isinstance(parent, (ast.Compare, ast.If, ast.While)) or is_negation(parent)

    def is_harmless_loop(self, loop: ast.AST) -> bool:
        """Whether a loop over the collection only cancels or asks what is in it."""
        target = loop.target if isinstance(loop, (ast.For, ast.AsyncFor, ast.comprehension)) else None
        binding = self.names.binding(target) if isinstance(target, ast.Name) else None
        return binding is not None and all(
            isinstance(parent := self.facts.tree.parents[use], ast.Attribute)
            and parent.attr in known("tasks", "collected", "harmless")
            for use in binding.uses
        )


def is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def is_negation(node: ast.AST) -> bool:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
