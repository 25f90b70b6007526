"""Signals that hold their receivers weakly, and receivers that nothing else holds."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.class_model import MethodKind
from memlint.facts.names import Binding, ScopeKind
from memlint.facts.shapes import place
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

ACTIVE = (ast.Call, ast.Await, ast.Yield, ast.YieldFrom)


class Lost(NamedTuple):
    """A receiver that is gone as soon as it is connected, what it is, and the call that connects it, if one does."""

    receiver: ast.expr
    what: str
    call: ast.Call | None


class Signals:
    """Asks of calls and of nested functions whether they connect a receiver that nobody holds."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def lost(self, node: ast.AST) -> Lost | None:
        """The receiver that a call, or a decorator of a nested function, connects for nothing."""
        if isinstance(node, ast.Call):
            receiver = self.connected(node)
            what = self.short_lived(receiver, node) if receiver is not None else ""
            return Lost(receiver, what, node) if receiver is not None and what else None
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or len(node.decorator_list) != 1:
            return None
        decorator = node.decorator_list[0]
        binding = self.facts.names.binding_of(node)
        if binding is None or binding.uses or not self.is_local(binding) or not self.connects_function(decorator):
            return None
        is_last = not self.goes_on(node)
        what = f"the local function `{node.name}`"
        return Lost(decorator, what, decorator if isinstance(decorator, ast.Call) else None) if is_last else None

    def connected(self, call: ast.Call) -> ast.expr | None:
        """The receiver that a call connects weakly."""
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        if "weak" in named or None in named or any(isinstance(each, ast.Starred) for each in call.args):
            return None
        receiver = call.args[0] if call.args else named.get("receiver")
        is_connection = isinstance(call.func, ast.Attribute) and call.func.attr == "connect"
        if receiver is None or not is_connection or not isinstance(call.func, ast.Attribute):
            return None
        is_function = self.facts.names.qualified(call.func) in known("weak", "signals", "functions")
        return receiver if is_function or self.is_signal(call.func.value) or self.is_manager(call.func.value) else None

    def connects_function(self, decorator: ast.expr) -> bool:
        """Whether a decorator connects its function weakly: `@saved.connect`, `@receiver(saved)`."""
        if isinstance(decorator, ast.Call):
            is_receiver = self.facts.names.qualified(decorator.func) in known("weak", "signals", "decorators")
            return is_receiver and all(keyword.arg not in (None, "weak") for keyword in decorator.keywords)
        return isinstance(decorator, ast.Attribute) and decorator.attr == "connect" and self.is_signal(decorator.value)

    def is_signal(self, expression: ast.expr) -> bool:
        """Whether an expression is a signal of a library that is known, or one that such a library made here."""
        qualified = self.facts.names.qualified(expression) or ""
        if qualified in known("weak", "signals", "names") or qualified.rpartition(".")[0] in known(
            "weak", "signals", "modules"
        ):
            return True
        if isinstance(expression, ast.Call):
            return self.makes_signal(expression)
        values = list(self.facts.weak.values(expression))
        return bool(values) and all(map(self.makes_signal, values))

    def makes_signal(self, value: ast.expr) -> bool:
        """Whether a call makes a signal: of a class, or of a namespace of signals."""
        if self.facts.weak.maker(value) in known("weak", "signals", "made_by"):
            return True
        if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute) or value.func.attr != "signal":
            return False
        owner = value.func.value
        spaces = [owner] if isinstance(owner, ast.Call) else list(self.facts.weak.values(owner))
        return bool(spaces) and all(
            self.facts.weak.maker(each) in known("weak", "signals", "spaces") for each in spaces
        )

    def is_manager(self, expression: ast.expr) -> bool:
        """Whether an expression is an object that connects receivers to the signals that it is given."""
        values = list(self.facts.weak.values(expression))
        makers = known("weak", "signals", "managers")
        return bool(values) and all(self.facts.weak.maker(value) in makers for value in values)

    def short_lived(self, receiver: ast.expr, call: ast.Call) -> str:
        """What a receiver is, where nothing but the call or the function around it holds it; else empty."""
        if isinstance(receiver, (ast.Lambda, ast.Call)):
            what = self.facts.weak.temporary(receiver)
            return what if isinstance(receiver, ast.Lambda) or "partial" in what else ""
        if isinstance(receiver, ast.Attribute) and isinstance(receiver.value, ast.Call):
            made = self.facts.classes.made_by(receiver.value)
            is_method = made is not None and made.kind(receiver.attr) is MethodKind.INSTANCE
            is_method = is_method and bool(self.facts.weak.temporary(receiver.value))
            return f"a method of {self.facts.weak.temporary(receiver.value)}" if is_method else ""
        binding = self.facts.names.binding(receiver) if isinstance(receiver, ast.Name) else None
        if binding is None or not self.is_local(binding) or self.facts.links.function(receiver) is None:
            return ""
        is_only_connected = all(self.is_connected(use) for use in binding.uses)
        statement = self.facts.tree.statement(call)
        is_last = statement is not None and not self.goes_on(statement)
        return f"the local function `{binding.name}`" if is_only_connected and is_last else ""

    def is_local(self, binding: Binding) -> bool:
        """Whether a variable is that of a function, which forgets it when it is done."""
        return binding.scope.kind is ScopeKind.FUNCTION and binding.sole is not None

    def is_connected(self, use: ast.Name) -> bool:
        parent = self.facts.tree.parents[use]
        parent = self.facts.tree.parents[parent] if isinstance(parent, ast.keyword) else parent
        return isinstance(parent, ast.Call) and parent.func is not use and self.connected(parent) is use

    def goes_on(self, statement: ast.stmt) -> bool:
        """Whether the function around a statement does anything behind it that may send a signal, or waits."""
        function = self.facts.tree.function(statement)
        around = self.facts.tree.enclosing(statement, ast.With, ast.AsyncWith, ast.FunctionDef, ast.AsyncFunctionDef)
        if isinstance(around, (ast.With, ast.AsyncWith)):
            return True
        for node in walk(function):
            if not isinstance(node, ACTIVE) or self.facts.tree.function(node) is not function:
                continue
            if isinstance(node, ast.Call) and (self.connected(node) is not None or self.is_decorator(node)):
                continue
            if place(node) > place(statement) and statement not in self.facts.tree.ancestors(node):
                return True
        return False

    def is_decorator(self, call: ast.Call) -> bool:
        return call in getattr(self.facts.tree.parents[call], "decorator_list", ())
