"""Objects that are given the very instance that keeps them, of classes whose source is not at hand."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.class_model import ClassModel, Store
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

CLASS_NAME = re.compile(r"_*[A-Z]\w*[a-z]\w*")
"""How the name of a class looks by all custom."""


class Child(NamedTuple):
    """A stored object that was made with the instance among its arguments."""

    store: Store
    call: ast.Call


class Children:
    """Finds objects that most likely lead back to the instance which made them for itself."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def of(self, model: ClassModel) -> Iterator[Child]:
        """`self.reader = Reader(self)`, where nothing shows what `Reader` does with it; one a statement."""
        if self.facts.cycles.is_substitute(model.node):
            return
        told: set[ast.stmt] = set()
        memoized = list(self.facts.cycles.memoized(model))
        for store in (*model.stores, *memoized):
            call = self._made(model, store) if store.by not in told else None
            if call is None or self.facts.classes.is_cut(model, store):
                continue
            if store in memoized or self.facts.classes.is_lasting(model, store):
                told.add(store.by)
                yield Child(store, call)

    def _made(self, model: ClassModel, store: Store) -> ast.Call | None:
        """The call that makes the stored object of a class that no file at hand defines, and gives it the instance."""
        for held, _ in self.facts.links.held(store.value):
            if not isinstance(held, ast.Call) or not self._is_given(model, held) or not self._is_hidden(held.func):
                continue
            if self.facts.find(held.func) is None:
                return held
        return None

    def _is_given(self, model: ClassModel, call: ast.Call) -> bool:
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        return any(self.facts.classes.instance(each) is model for each in given)

    def _is_hidden(self, function: ast.expr) -> bool:
        """Whether a call makes an instance by its name, of no class that is known to hold weakly, or whose parent ends
        the children."""
        last = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        package = (self.facts.names.qualified(function) or "").partition(".")[0]
        return bool(CLASS_NAME.fullmatch(last)) and package not in known("calls", "keep", "not_parents")
