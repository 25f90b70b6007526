"""Defaults of parameters that are instances: each is made once, with its function, as a container there is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.children import CLASS_NAME
from memlint.facts.class_model import MAKING
from memlint.facts.defaults import Function, with_defaults
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

BUFFERS = frozenset({"array", "frame", "tensor"})
"""Kinds of values whose elements can be changed in place."""


class MadeDefault(NamedTuple):
    """A parameter, and the call that makes its default."""

    parameter: ast.arg
    call: ast.Call


class MadeDefaults:
    """Finds the defaults that are calls of classes, or of what makes arrays."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def of(self, function: Function) -> Iterator[MadeDefault]:
        """Those of a function that uses them and whose signature no framework reads."""
        decorators = [] if isinstance(function, ast.Lambda) else function.decorator_list
        if any(isinstance(each, ast.Call) for each in decorators) or self.facts.defaults.is_overload(function):
            return
        for parameter, value in with_defaults(function.args):
            binding = self.facts.names.binding_of(parameter)
            is_used = binding is not None and bool(binding.uses) and not parameter.arg.startswith("_")
            if is_used and isinstance(value, ast.Call) and self.is_changeable(value):
                yield MadeDefault(parameter, value)

    def is_changeable(self, call: ast.Call) -> bool:
        """Whether a call makes an array, or an instance of a class that may be changed as far as is known."""
        if self.facts.kinds.made(call) in BUFFERS:
            return True
        name = self.facts.names.qualified(call.func) or ast.unparse(call.func)
        last, package = name.rpartition(".")[2], name.partition(".")[0]
        if not CLASS_NAME.fullmatch(last) or package in known("classes", "fields", "fixed") | known(
            "classes", "fields", "telling"
        ):
            return False
        if self.facts.kinds.made(call) is not None:
            return False
        made = self.facts.classes.made_by(call)
        if made is None:
            return self.facts.find(call.func) is None
        is_plain = not made.node.decorator_list and not made.node.bases
        return is_plain and any(store.method.name not in MAKING for store in made.stores)
