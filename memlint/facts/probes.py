"""Lookups that enter what they look for: `d[k]` on a defaultdict whose value is only read."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from memlint.facts.branches import walk
from memlint.facts.class_model import MAKING
from memlint.facts.names import Binding, DefinitionKind
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef"
MAKER = "collections.defaultdict"
ITERATING = (ast.For, ast.AsyncFor, ast.comprehension)
READERS = frozenset({"copy", "count", "get", "index", "items", "keys", "union", "values"})
"""Methods of an empty container that leave it empty."""
ENTRIES = frozenset({"default_factory", "pop", "popitem"})
"""Attributes of a defaultdict by which single entries go again, or none are made."""


class Probe(NamedTuple):
    """A lookup by a key from outside, in a dictionary that lives on."""

    lookup: ast.Subscript
    factory: ast.expr
    creation: ast.stmt


class Probes:
    """Tells lookups that are meant to enter something from those that are not."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names

    def of(self, lookup: ast.Subscript) -> Probe | None:
        """The probe that a subscript is: it enters an empty value for a key that somebody asks for."""
        dictionary, function = lookup.value, self.facts.tree.function(lookup)
        if not isinstance(lookup.ctx, ast.Load) or not isinstance(dictionary, (ast.Attribute, ast.Name)):
            return None
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) or function.name in MAKING:
            return None
        if not self.is_read(lookup):
            return None
        creation = self.creation(dictionary)
        if creation is None or not self.is_from_outside(lookup.slice, function) or not self.is_filled(dictionary):
            return None
        made = getattr(creation, "value", None)
        if not isinstance(made, ast.Call) or isinstance(made.args[0], ast.Lambda) or self.is_known(lookup, function):
            return None
        return Probe(lookup, made.args[0], creation)

    def is_read(self, lookup: ast.Subscript) -> bool:
        """Whether the value is looked at where it stands, and neither changed nor handed on."""
        parent = self.facts.tree.parents[lookup]
        if isinstance(parent, ast.Attribute):
            return parent.attr in READERS and self.facts.tree.is_called(parent)
        if isinstance(parent, ast.Call) and parent.func is not lookup:
            readers = known("tasks", "collected", "counting") | known("tasks", "collected", "copying")
            return self.names.qualified(parent.func) in readers
        if isinstance(parent, ITERATING):
            return lookup is parent.iter
        return isinstance(parent, ast.Compare) or (isinstance(parent, (ast.If, ast.While)) and lookup is parent.test)

    def creation(self, dictionary: ast.Attribute | ast.Name) -> ast.stmt | None:
        """The statement that makes a defaultdict for an attribute or a variable of the module, which nothing prunes."""
        found: ast.stmt | None = None
        for use in self.facts.task_sets.uses(dictionary):
            parent = self.facts.tree.parents[use]
            if isinstance(parent, ast.AnnAssign) and parent.value is None:
                continue
            if isinstance(use.ctx, ast.Store):
                value = getattr(parent, "value", None)
                is_made = isinstance(value, ast.Call) and self.names.qualified(value.func) == MAKER and value.args
                if is_made and isinstance(parent, (ast.Assign, ast.AnnAssign)):
                    found = parent if self.is_first(use) else found
                elif value is None or self.facts.kinds.of(value) is not None:
                    return None
            elif (
                (isinstance(parent, ast.Attribute) and parent.attr in ENTRIES)
                or (isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Del))
                or isinstance(parent, (ast.Return, ast.keyword))
                or (isinstance(parent, ast.Call) and use in parent.args)
            ):
                return None
        return found

    def is_filled(self, dictionary: ast.Attribute | ast.Name) -> bool:
        """Whether entries come in the course of time, and not only while the owner is made, which then knows all."""
        for use in self.facts.task_sets.uses(dictionary):
            entry, function = self.facts.tree.parents[use], self.facts.tree.function(use)
            is_entry = isinstance(entry, ast.Subscript) and entry.value is use
            if is_entry and not (isinstance(entry.ctx, ast.Load) and self.is_read(entry)):  # type: ignore[attr-defined, arg-type]
                is_handed_out = isinstance(self.facts.tree.parents[entry], ast.Return)
                if not is_handed_out and not self.is_making(function, set()):
                    return True
        return False

    def is_making(self, function: ast.AST, followed: set[ast.AST]) -> bool:
        """Whether a function runs while an instance or the module is made: itself, or called by nothing else."""
        if isinstance(function, ast.Module) or getattr(function, "name", "") in MAKING:
            return True
        if function in followed or not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return False
        callers = [
            self.facts.tree.function(each)
            for each in self.facts.tree.parents
            if isinstance(each, ast.Attribute) and each.attr == function.name
        ]
        return bool(callers) and all(self.is_making(each, {*followed, function}) for each in callers)

    def is_first(self, use: ast.expr) -> bool:
        """Whether the dictionary is made with its instance, its class or its module, not for one piece of work."""
        function = self.facts.tree.function(use)
        return isinstance(function, ast.Module) or getattr(function, "name", "") in MAKING

    def is_from_outside(self, key: ast.expr, function: Function) -> bool:
        """Whether a key is made of what a caller gives."""
        called = str(getattr(key, "attr", getattr(key, "id", ""))).removesuffix("_name")
        word = called.rpartition("_")[2]
        given = (name for name in walk(key) if isinstance(name, ast.Name))
        return word not in known("containers", "keys", "few") and any(
            self.is_given(name, function, set()) for name in given
        )

    def is_called_inside(self, function: Function) -> bool:
        """Whether only the function around a nested one calls it, so that its arguments are not from outside."""
        if isinstance(self.facts.tree.parents[function], (ast.ClassDef, ast.Module)):
            return False
        binding = self.names.binding_of(function)
        body = self.facts.tree.function(function)
        is_nested = isinstance(body, (ast.FunctionDef, ast.AsyncFunctionDef))
        return is_nested and binding is not None and all(map(self.facts.tree.is_called, binding.uses))

    def is_given(self, name: ast.Name, function: Function, followed: set[Binding]) -> bool:
        binding = self.names.binding(name)
        if binding is None or binding in followed or self.facts.classes.instance(name):
            return False
        followed.add(binding)
        for made in binding.definitions:
            parameter = made.node if isinstance(made.node, ast.arg) and binding.scope.node is function else None
            if parameter is not None and not self.facts.caching.is_closed(parameter, function):
                return not self.is_called_inside(function)
            source = made.value
            if made.kind is DefinitionKind.LOOP:
                source = getattr(self.facts.tree.enclosing(made.node, *ITERATING), "iter", None)
            inner = walk(source) if source is not None else ()
            if any(self.is_given(each, function, followed) for each in inner if isinstance(each, ast.Name)):
                return True
        return False

    def is_known(self, lookup: ast.Subscript, function: Function) -> bool:
        """Whether the function asks first, or enters something for the key itself; or looks it up elsewhere, which
        fails for one that is not known."""
        dictionary, whole = ast.dump(lookup.value), ast.dump(lookup)
        for node in walk(function):
            if isinstance(node, ast.Compare) and any(ast.dump(each) == dictionary for each in node.comparators):
                return True
            if isinstance(node, ITERATING) and dictionary in ast.dump(node.iter) and whole not in ast.dump(node.iter):
                return True
            if not isinstance(node, ast.Subscript) or node is lookup:
                continue
            is_loaded = isinstance(node.ctx, ast.Load)
            if ast.dump(node.value) == dictionary:
                if not (is_loaded and self.is_read(node)):
                    return True
            elif is_loaded and ast.dump(node.slice) == ast.dump(lookup.slice):
                return True
        return False
