"""Loggers, which the logging module keeps by name until the process ends, and the handlers that they are given."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.layout import FUNCTIONS
from memlint.facts.registrations import words
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

GETTER = "logging.getLogger"
MAKING = "__init__"
DEEPEST = 3
"""Locals through which a name is followed."""
OWN_NAMES = frozenset({"__name__", "__package__", "self.__class__.__name__", "type(self).__name__"})
"""What a module or a class calls itself, the same in each run."""


class Loggers:
    """Asks of a call whether it adds a handler, or makes a logger, each time that it runs."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def repeated(self, call: ast.Call) -> bool:
        """Whether a function that runs time and again adds a handler of its own making to a logger that all share, in a
        file that neither asks loggers for their handlers nor takes any off."""
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "addHandler" or len(call.args) != 1:
            return False
        if not self.runs_again(call) or not self.is_new(call.args[0], call):
            return False
        return self.is_shared(call.func.value) and not self.is_careful

    def endless(self, call: ast.Call) -> ast.expr | None:
        """The part of a logger's name that is another one for each object or each call."""
        if self.facts.names.qualified(call.func) != GETTER or not call.args:
            return None
        function = self.facts.tree.function(call)
        if isinstance(function, ast.Module) or self.facts.closures.runs_once(function):
            return None
        return self.fresh(call.args[0])

    def runs_again(self, call: ast.Call) -> bool:
        """Whether a call stands in a function that runs more than once: the constructor of a class that has more than
        one instance, or a function that is not there to set logging up, on no condition that may hold once."""
        function = self.facts.tree.function(call)
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) or self.facts.closures.is_cached(function):
            return False
        for outer in self.facts.tree.ancestors(call):
            if outer is function:
                break
            if isinstance(outer, (ast.If, ast.IfExp, ast.For, ast.While)):
                return False
        if any(isinstance(node, (ast.Global, ast.Nonlocal)) for node in walk(function)):
            return False
        owner = self.facts.tree.parents[function]
        if isinstance(owner, ast.ClassDef):
            model = self.facts.classes.of(owner)
            is_setup = not SETUP.isdisjoint((*words(owner.name), *words(function.name))) and function.name != MAKING
            return not is_setup and not self.facts.registrations.is_single(model)
        return SETUP.isdisjoint(words(function.name)) and not self.is_set_up(function)

    def is_set_up(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Whether code of this file calls a function once, or the module itself does."""
        binding = self.facts.names.binding_of(function)
        uses = binding.uses if binding else []
        return self.facts.closures.runs_once(function) or any(
            isinstance(self.facts.tree.function(use), ast.Module) for use in uses
        )

    def is_new(self, handler: ast.expr, call: ast.Call) -> bool:
        """Whether a handler is made in the function that adds it."""
        if isinstance(handler, ast.Attribute):
            model = self.facts.classes.instance(handler.value)
            stores = model.stores_of(handler.attr) if model else []
            function = self.facts.tree.function(call)
            return any(store.method is function and self.is_made(store.value) for store in stores)
        binding = self.facts.names.binding(handler) if isinstance(handler, ast.Name) else None
        if binding is None:
            return self.is_made(handler)
        is_own = binding.scope.owner.node is self.facts.tree.function(call)
        return is_own and bool(binding.sole and binding.sole.value and self.is_made(binding.sole.value))

    def is_made(self, value: ast.expr) -> bool:
        """Whether a value is a handler that a call of its class makes."""
        made = getattr(value.func, "attr", getattr(value.func, "id", "")) if isinstance(value, ast.Call) else ""
        return made.endswith("Handler") and made[:1].isupper() and made != "NullHandler"

    def is_shared(self, logger: ast.expr) -> bool:
        """Whether all runs of a function get one logger: its name is a constant, or that of the module or class."""
        if self.facts.names.qualified(logger) == "logging.root":
            return True
        if isinstance(logger, ast.Attribute):
            model = self.facts.classes.instance(logger.value)
            values = [store.value for store in model.stores_of(logger.attr)] if model else []
        else:
            binding = self.facts.names.binding(logger) if isinstance(logger, ast.Name) else None
            values = [each.value for each in binding.definitions if each.value] if binding else [logger]
        return bool(values) and all(self.is_constant(value) for value in values)

    def is_constant(self, value: ast.expr) -> bool:
        """Whether a value is the logger of a name that is the same each time."""
        if not isinstance(value, ast.Call) or self.facts.names.qualified(value.func) != GETTER:
            return False
        return all(ast.unparse(argument) in OWN_NAMES or self.is_settled(argument) for argument in value.args)

    def is_settled(self, name: ast.expr) -> bool:
        """Whether a name is put together from constants and variables that the module binds once."""
        if not isinstance(name, (ast.Constant, ast.JoinedStr, ast.BinOp, ast.Name)):
            return False
        read = (node for node in walk(name) if isinstance(node, ast.Name))
        return all(node.id in OWN_NAMES or self.is_of_module(node) for node in read)

    def is_of_module(self, name: ast.Name) -> bool:
        """Whether a name is a variable that the module binds once."""
        binding = self.facts.names.binding(name)
        return bool(binding and binding.scope is self.facts.names.module and binding.sole)

    @cached_property
    def is_careful(self) -> bool:
        """Whether code of this file asks any logger for its handlers, or takes one off."""
        attributes = (
            node for node in self.facts.tree.parents if isinstance(node, ast.Attribute) and node.attr in ASKING
        )
        return any(self.facts.names.qualified(node) != "logging.handlers" for node in attributes)

    def fresh(self, name: ast.expr, depth: int = 0) -> ast.expr | None:
        """The part of a name that is made anew each time, through the locals that it is put together from."""
        for node in walk(name):
            if isinstance(node, ast.Call) and self.facts.names.qualified(node.func) in FRESH:
                return node
            if (
                isinstance(node, (ast.Attribute, ast.Name))
                and isinstance(node.ctx, ast.Load)
                and self.is_identity(node)
            ):
                return node
            binding = self.facts.names.binding(node) if isinstance(node, ast.Name) else None
            sole = binding.sole if binding and isinstance(binding.scope.node, FUNCTIONS) else None
            value = sole.value if sole and depth < DEEPEST else None
            if value is not None and (part := self.fresh(value, depth + 1)):
                return part
        return None

    def is_identity(self, node: ast.Attribute | ast.Name) -> bool:
        """Whether a value is called the number of an object of which there is no end: `job_id`, `self.uuid`."""
        called = node.attr if isinstance(node, ast.Attribute) else node.id
        return called.lower().strip("_") in ENDLESS


ASKING = known("hooks", "handlers", "asking")
SETUP = known("hooks", "handlers", "setup")
FRESH = known("hooks", "names", "fresh")
ENDLESS = known("hooks", "names", "endless")
