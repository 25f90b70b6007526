"""Arrays that are copied although the copy is all that there is, or is only read."""

from __future__ import annotations

import ast
import enum
from typing import TYPE_CHECKING, NamedTuple

from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

LABELLED = frozenset({"at", "iat", "iloc", "ix", "loc"})
"""Attributes of data frames that are indexed in other ways than arrays are."""


class Why(enum.Enum):
    """Why a copy of an array is one too many."""

    NEW = "new"
    SAME = "same"
    READ = "read"


class Redundant(NamedTuple):
    """The array that is copied, why that is needless, and what to write in its place."""

    array: ast.expr
    why: Why
    instead: str


class ArrayCopies:
    """Questions about copies of numpy's arrays."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names

    def redundant(self, call: ast.Call) -> Redundant | None:
        """The copy of an array that a call makes in vain."""
        method = call.func if isinstance(call.func, ast.Attribute) else None
        called = self.names.qualified(call.func)
        if called is not None:
            return self.copied(call) if called in known("copies", "arrays", "copying") else None
        if method is None or method.attr not in ("astype", "copy", "flatten"):
            return None
        if method.attr == "astype":
            given = call.args[0] if len(call.args) == 1 and not call.keywords else None
            is_same = given is not None and self.is_of(method.value, given)
            return Redundant(method.value, Why.SAME, "") if is_same else None
        if call.args or call.keywords:
            return None
        if self.is_new(method.value):
            return Redundant(method.value, Why.NEW, ".ravel()" if method.attr == "flatten" else "")
        if method.attr == "flatten" and self.facts.kind(method.value) == "array" and self.is_read(call):
            return Redundant(method.value, Why.READ, ".ravel()")
        return None

    def copied(self, call: ast.Call) -> Redundant | None:
        """What `numpy.array` or `numpy.copy` copies."""
        if len(call.args) != 1 or call.keywords or isinstance(call.args[0], ast.Starred):
            return None
        if self.is_new(call.args[0]):
            return Redundant(call.args[0], Why.NEW, "")
        if self.facts.kind(call.args[0]) == "array" and self.is_read(call):
            return Redundant(call.args[0], Why.READ, "")
        return None

    def is_new(self, value: ast.expr) -> bool:
        """Whether an expression makes a new array, with memory of its own."""
        if isinstance(value, ast.Call):
            return self.is_made(value)
        if isinstance(value, ast.Subscript):
            return self.is_picked(value)
        if isinstance(value, ast.BinOp):
            return any(self.is_new(side) for side in (value.left, value.right)) and self.facts.kind(value) == "array"
        return False

    def is_made(self, call: ast.Call) -> bool:
        called = self.names.qualified(call.func)
        if called is None:
            method = call.func if isinstance(call.func, ast.Attribute) else None
            if method is None or any(keyword.arg in (None, "copy") for keyword in call.keywords):
                return False
            is_method = method.attr in known("copies", "arrays", "methods")
            return is_method and (self.facts.kind(method.value) == "array" or self.is_new(method.value))
        if any(keyword.arg in (None, "copy", "out", "subok") for keyword in call.keywords):
            return False
        if called == "numpy.where" and len(call.args) != 3:
            return False
        if called in known("copies", "arrays", "elementwise"):
            return any(self.facts.kind(each) == "array" or self.is_new(each) for each in call.args)
        return called in known("copies", "arrays", "new")

    def is_picked(self, subscript: ast.Subscript) -> bool:
        """Whether an index picks elements by an array of places or of truths, which always copies them."""
        if isinstance(subscript.value, ast.Attribute) and subscript.value.attr in LABELLED:
            return False
        if isinstance(subscript.slice, ast.Tuple):
            is_array = self.facts.kind(subscript.value) in ("array", None)
            return is_array and any(self.is_index(each) for each in subscript.slice.elts)
        return self.facts.kind(subscript.value) == "array" and self.is_index(subscript.slice)

    def is_index(self, index: ast.expr) -> bool:
        """Whether one part of an index is an array, in whatever shape."""
        while isinstance(index, ast.Subscript):
            index = index.value
        binding = self.names.binding(index) if isinstance(index, ast.Name) else None
        if binding and binding.sole and isinstance(binding.sole.value, ast.Call):
            index = binding.sole.value
        return self.facts.kind(index) == "array" or (isinstance(index, ast.Call) and self.is_made(index))

    def is_of(self, value: ast.expr, dtype: ast.expr) -> bool:
        """Whether an array was made with this very type a moment ago."""
        if not isinstance(value, ast.Call) or not self.is_made(value):
            return False
        given = [keyword.value for keyword in value.keywords if keyword.arg == "dtype"]
        if isinstance(value.func, ast.Attribute) and value.func.attr == "astype":
            given = value.args[:1]
        return bool(given) and ast.dump(given[0]) == ast.dump(dtype)

    def is_read(self, copy: ast.expr) -> bool:
        """Whether what stands around a copy only reads it."""
        parent = self.facts.tree.parents[copy]
        if isinstance(parent, (ast.For, ast.comprehension)):
            return copy is parent.iter
        if isinstance(parent, ast.Subscript):
            return copy is parent.value and isinstance(parent.slice, ast.Constant) and isinstance(parent.ctx, ast.Load)
        if isinstance(parent, ast.Attribute):
            is_method = self.facts.tree.is_called(parent)
            return is_method and parent.attr in known("copies", "arrays", "read_methods")
        is_given = isinstance(parent, ast.Call) and copy in parent.args
        return is_given and self.names.qualified(parent.func) in known("copies", "arrays", "read_by")  # type: ignore
