"""Whether what stores an exception is there to hand it over: to who waits for a result, joins a thread, or calls
`run`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.caught import Function, Place
from memlint.facts.class_model import MAKING
from memlint.facts.clearing import TRY
from memlint.facts.shapes import last_name
from memlint.facts.writes import is_attribute
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts
    from memlint.facts.classes import ClassModel


class Handover:
    """Looks in a class at what becomes of the exceptions that it stores."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def is_handed_over(self, place: Place, function: Function) -> bool:
        """Whether the class hands the exception over: as it does a result, by the end of its thread, or to who asks."""
        target = place.target
        model = self.facts.classes.instance(target.value) if isinstance(target, ast.Attribute) else None
        if model is None or not isinstance(target, ast.Attribute):
            return False
        return (
            self._is_outcome(model, target.attr)
            or self._is_last_of_thread(model, place, function)
            or self._is_given_on(target.attr)
        )

    def keeps_traceback(self, model: ClassModel, attribute: str) -> bool:
        """Whether the class stores the traceback too, and puts it back where it raises the exception."""
        return any(
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "with_traceback"
            and is_attribute(node.func.value, attribute)
            and any(isinstance(each, ast.Attribute) for each in node.args)
            for each in model.local_lineage()
            for node in walk(each.node)
        )

    def _is_outcome(self, model: ClassModel, attribute: str) -> bool:
        """Whether an attribute holds the exception beside one that holds the result."""
        if attribute.lstrip("_") not in known("exceptions", "outcomes", "exceptions"):
            return False
        return any(
            store.attribute.lstrip("_") in known("exceptions", "outcomes", "results")
            for each in model.local_lineage()
            for store in each.stores
            if store.method.name not in MAKING and not store.inside
        )

    def _is_last_of_thread(self, model: ClassModel, place: Place, function: Function) -> bool:
        """Whether the handler is the last act of a thread, and raises nothing."""
        guarded = self.facts.tree.parents[place.handler]
        if function.name != "run" or not isinstance(guarded, TRY) or guarded is not function.body[-1]:
            return False
        is_thread = any(
            last_name(base).endswith("Thread") for each in model.local_lineage() for base in each.node.bases
        )
        return is_thread and not raises(place.handler)

    def _is_given_on(self, attribute: str) -> bool:
        """Whether any code of the file raises or returns what an attribute of that name holds, or a part of it: its
        traceback is wanted."""
        return any(
            any(is_attribute(part, attribute) for part in walk(given))
            for node in self.facts.tree.nodes(ast.Raise, ast.Return)
            for given in self._given(node)
        )

    def _given(self, node: ast.AST) -> Iterator[ast.expr]:
        """What a statement raises or returns: the expression, or the values of a variable that it names."""
        given = node.exc if isinstance(node, ast.Raise) else node.value if isinstance(node, ast.Return) else None
        if given is None:
            return
        yield given
        binding = self.facts.names.binding(given) if isinstance(given, ast.Name) else None
        yield from (made.value for made in (binding.definitions if binding else ()) if made.value is not None)


def raises(handler: ast.ExceptHandler) -> bool:
    """Whether a handler raises on what it caught, or another exception."""
    return any(isinstance(node, ast.Raise) for statement in handler.body for node in walk(statement))


LOADING = re.compile(r"dll|dlopen|load_?library", re.IGNORECASE)
"""What is in the names of functions that load shared libraries."""


def is_of_loading(guarded: ast.AST) -> bool:
    """Whether a `try` loads a shared library, which a process does once."""
    calls = (node for part in getattr(guarded, "body", ()) for node in walk(part) if isinstance(node, ast.Call))
    return any(LOADING.search(last_name(each.func)) for each in calls)


def is_of_import(handler: ast.ExceptHandler) -> bool:
    """Whether a handler takes nothing but an import that failed, which comes at the start and once a module."""
    classes = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return all(last_name(each) in ("ImportError", "ModuleNotFoundError") for each in classes if each) and any(classes)
