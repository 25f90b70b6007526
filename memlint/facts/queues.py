"""Queues without a bound that outlive a call, and who fills and who drains them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.class_model import MAKING
from memlint.facts.shapes import place, rank
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts


class Queue(NamedTuple):
    """A queue as the file writes it, the call that made it, and the first places that fill and drain it."""

    name: str
    made: ast.Call
    put: ast.Call
    get: ast.Call


class Queues:
    """Finds the queues of modules and instances that one function fills and another drains, at whatever pace."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @cached_property
    def unbounded(self) -> list[Queue]:
        return list(self._found())

    def _found(self) -> Iterator[Queue]:
        for name, binding in self.facts.names.module.bindings.items():
            made = self.facts.growths.sole_value(binding)
            if made is not None and isinstance(made.value, ast.Call) and self.is_unbounded(made.value):
                yield from self._used(name, made.value, list(binding.uses))
        for model in self.facts.classes.models.values():
            for store in model.stores:
                is_made = (
                    not store.inside and store.method.name in MAKING and len(model.stores_of(store.attribute)) == 1
                )
                if is_made and isinstance(store.value, ast.Call) and self.is_unbounded(store.value):
                    uses = self.facts.class_containers.uses(store.attribute)
                    own = [use for use in uses if isinstance(use.ctx, ast.Load)]
                    yield from self._used(f"{store.instance}.{store.attribute}", store.value, own)

    def is_unbounded(self, call: ast.Call) -> bool:
        """Whether a call makes a queue without a bound."""
        if self.facts.names.qualified(call.func) not in known("growth", "queues", "classes"):
            return False
        bounds = [*call.args[:1], *(each.value for each in call.keywords if each.arg in ("maxsize", None))]
        return all(isinstance(each, ast.Constant) and not each.value for each in bounds)

    def _used(self, name: str, made: ast.Call, uses: list[ast.Name] | list[ast.Attribute]) -> Iterator[Queue]:
        """The queue where different functions fill and drain it, and no code looks how long it is."""
        puts: list[ast.Call] = []
        gets: list[ast.Call] = []
        for use in uses:
            method = self.facts.tree.parents[use]
            call = self.facts.tree.parents[method]
            if isinstance(method, ast.Call) and self.facts.names.qualified(method.func) == "builtins.len":
                return
            if not isinstance(method, ast.Attribute) or not isinstance(call, ast.Call):
                continue
            if method.attr in known("growth", "queues", "bounded"):
                return
            if method.attr in known("growth", "queues", "put") and self.is_something(call):
                puts.append(call)
            elif method.attr in known("growth", "queues", "get"):
                gets.append(call)
        drains = {self.facts.tree.function(each) for each in gets}
        function = self.facts.tree.function
        filled = [each for each in puts if function(each) not in drains and not isinstance(function(each), ast.Module)]
        if filled and gets:
            first = min(filled, key=lambda call: (rank(function(call)), place(call)))
            yield Queue(name, made, first, min(gets, key=place))

    def is_something(self, call: ast.Call) -> bool:
        """Whether what is put in is no mere sign to stop."""
        return bool(call.args) and not isinstance(call.args[0], ast.Constant)
