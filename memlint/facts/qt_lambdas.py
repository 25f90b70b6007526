"""Lambdas that call a method of their instance and are connected to a Qt signal of an object that was there before."""

from __future__ import annotations

import ast
import re
from functools import cached_property
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.class_model import Method, MethodKind
from memlint.facts.scopes import DefinitionKind, ScopeKind
from memlint.facts.shapes import last_name
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

UNDONE = re.compile(r"\.\s*disconnect\b")


class QtLambdas:
    """Asks of a call whether it leaves a lambda with an object that outlives the lambda's instance."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @cached_property
    def is_quiet(self) -> bool:
        """Whether the file uses no Qt, or takes listeners off again."""
        return not self.facts.frameworks.uses("qt") or UNDONE.search(self.facts.source.text) is not None

    def of(self, call: ast.Call) -> ast.Call | None:
        """The call of an own method in the lambda that a call connects; None where the sender may be the instance's."""
        function, method = call.func, self.facts.tree.function(call)
        if not isinstance(function, ast.Attribute) or function.attr != "connect" or len(call.args) != 1:
            return None
        lambda_ = call.args[0]
        if not isinstance(lambda_, ast.Lambda) or not isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None
        owner = self.facts.tree.parents[method]
        if self.is_quiet or not isinstance(owner, ast.ClassDef) or self.is_single(owner):
            return None
        return self.own_call(lambda_) if self.is_from_before(function.value, method) else None

    def own_call(self, lambda_: ast.Lambda) -> ast.Call | None:
        calls = (node for node in walk(lambda_.body) if isinstance(node, ast.Call))
        return next((each for each in calls if self.is_own(each.func)), None)

    def is_own(self, function: ast.AST) -> bool:
        """Whether a function is read from the current instance."""
        return isinstance(function, ast.Attribute) and self.facts.classes.instance(function.value) is not None

    def is_single(self, owner: ast.ClassDef) -> bool:
        """Whether there is one instance, which may live as long as the program."""
        bases = {last_name(base) for base in owner.bases}
        model = self.facts.classes.of(owner)
        return not bases.isdisjoint(known("frameworks", "qt", "single")) or self.facts.classes.is_singleton(model)

    def is_from_before(self, sender: ast.expr, method: Method) -> bool:
        """Whether the object of a signal is the application's or the module's, or is given to the instance."""
        while isinstance(sender, ast.Attribute):
            sender = sender.value
        if isinstance(sender, ast.Call):
            holder = sender.func.value if isinstance(sender.func, ast.Attribute) else sender.func
            is_lasting = last_name(sender.func) in known("frameworks", "qt", "lasting")
            return is_lasting and last_name(holder) in known("frameworks", "qt", "single")
        binding = self.facts.names.binding(sender) if isinstance(sender, ast.Name) else None
        if binding is None or binding.sole is None:
            return False
        if binding.scope.kind is ScopeKind.MODULE:
            return binding.sole.kind in (DefinitionKind.IMPORT, DefinitionKind.ASSIGNMENT)
        is_given = method.name == "__init__" or method.name.startswith(tuple(known("frameworks", "qt", "given")))
        is_parameter = binding.scope.node is method and binding.sole.kind is DefinitionKind.PARAMETER
        if not is_given or not is_parameter or self.facts.classes.instance(sender) is not None:
            return False
        return not any(self.is_handed_on(use) for use in binding.uses)

    def is_handed_on(self, use: ast.Name) -> bool:
        """Whether a parameter goes to a method of the instance or of a base, which may make it a part, or a parent."""
        call = self.facts.tree.parents[use]
        if isinstance(call, ast.keyword):
            call = self.facts.tree.parents[call]
        if not isinstance(call, ast.Call) or call.func is use:
            return False
        receiver = call.func
        while isinstance(receiver, (ast.Attribute, ast.Call)):
            receiver = receiver.value if isinstance(receiver, ast.Attribute) else receiver.func
        is_base = isinstance(receiver, ast.Name) and (receiver.id == "super" or "__init__" in ast.unparse(call.func))
        return is_base or self.facts.classes.instance(receiver) is not None

    def is_same(self, lambda_: ast.Lambda, call: ast.Call) -> bool:
        """Whether a lambda does nothing but call a method of the same class with exactly its own parameters."""
        if lambda_.body is not call or call.keywords or not isinstance(call.func, ast.Attribute):
            return False
        model = self.facts.classes.instance(call.func.value)
        method = model.methods.get(call.func.attr) if model else None
        if model is None or method is None or method.decorator_list or isinstance(method, ast.AsyncFunctionDef):
            return False
        given = [ast.unparse(each) for each in call.args]
        is_alike = (
            is_plain(lambda_.args) and is_plain(method.args) and given == [each.arg for each in lambda_.args.args]
        )
        is_of_instance = model.kinds.get(method.name) is MethodKind.INSTANCE
        return is_alike and is_of_instance and len(method.args.args) == len(given) + 1


def is_plain(parameters: ast.arguments) -> bool:
    """Whether all parameters are positional and have to be given."""
    others = (parameters.vararg, parameters.kwarg, *parameters.kwonlyargs, *parameters.posonlyargs)
    return not any(others) and not parameters.defaults
