"""What a call of this file hands to which parameter: of a function, an own method, or the constructor of a class."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from memlint.facts.class_model import ClassModel, MethodKind
from memlint.facts.keeping import constructor
from memlint.facts.names import DefinitionKind
from memlint.facts.shapes import is_starred

if TYPE_CHECKING:
    from memlint.facts import Facts

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
TYPE_ONLY = frozenset({"builtins.isinstance", "builtins.issubclass", "builtins.super"})

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


class Receiver(NamedTuple):
    """The function that a call runs, how many of its first parameters the call does not write, and the class of which
    the call makes an instance, if it does."""

    function: Definition
    first: int
    made: ClassModel | None = None


class Handing:
    """Follows arguments into the functions of the same file."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def parameter(self, call: ast.Call, value: ast.AST) -> tuple[Receiver, ast.arg] | None:
        """Who gets an argument of a call, and under which name."""
        receiver = self.receiver(call)
        if receiver is None:
            return None
        return next(((receiver, name) for name, given in handed(receiver, call) if given is value), None)

    def receiver(self, call: ast.Call) -> Receiver | None:
        """The undecorated function of this file that a call certainly runs."""
        function = call.func
        found = None
        if isinstance(function, ast.Name):
            found = self._named(function)
        elif isinstance(function, ast.Attribute):
            found = self._own_method(function)
        return found if found and not found.function.decorator_list else None

    def _named(self, name: ast.Name) -> Receiver | None:
        binding = self.facts.names.binding(name)
        node = binding.sole.node if binding and binding.sole else None
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return Receiver(node, 0)
        if not isinstance(node, ast.ClassDef) or node.decorator_list or node.keywords:
            return None
        made = self.facts.classes.of(node)
        found = constructor(made)
        if found is None or found[0].home is not made.home or made.kind("__new__"):
            return None
        return Receiver(found[1], 1, made)

    def _own_method(self, function: ast.Attribute) -> Receiver | None:
        """The method that `self.m` or `super().m` is, where no class of this file puts another in its place."""
        model = self.facts.classes.instance(function.value)
        if model is None and isinstance(function.value, ast.Call):
            is_super = self.facts.names.qualified(function.value.func) == "builtins.super"
            owner = self.facts.tree.enclosing(function, ast.ClassDef) if is_super and not function.value.args else None
            bases = list(self.facts.classes.of(owner).local_lineage())[1:] if owner else []
        elif model is not None and not any(function.attr in each.methods for each in model.home.derived[model]):
            bases = list(model.local_lineage())
        else:
            return None
        found = next((each for each in bases if function.attr in each.methods), None)
        if found is None or found.kinds.get(function.attr) is not MethodKind.INSTANCE:
            return None
        return Receiver(found.methods[function.attr], 1)

    def is_always_given(
        self, function: Definition | ast.Lambda, parameter: ast.arg, *, is_public: bool = False
    ) -> bool:
        """Whether a function or class is private to this file, which calls it, and each call gives one parameter; or,
        of a public one, whether each call that this file shows does."""
        calls = [] if isinstance(function, ast.Lambda) else self._calls(function, is_public)
        if isinstance(function, ast.Lambda) or not calls:
            return False
        outside = [call for call in calls if self.facts.tree.function(call) is not function]
        owner = self._owner(function)
        first = 1 if owner is not None else 0
        receiver = Receiver(function, first)
        return bool(outside) and all(any(name is parameter for name, _ in handed(receiver, call)) for call in calls)

    def is_called_here_alone(self, function: Definition | ast.Lambda) -> bool:
        """Whether a function is private to this file, and nothing is done with it but to call it."""
        return not isinstance(function, ast.Lambda) and bool(self._calls(function))

    def _owner(self, function: Definition) -> ast.ClassDef | None:
        parent = self.facts.tree.parents[function]
        return parent if isinstance(parent, ast.ClassDef) else None

    def is_dropped(self, function: Definition | ast.Lambda) -> bool:
        """Whether the file makes instances by a constructor, and does nothing with any of them."""
        if isinstance(function, ast.Lambda) or function.name != "__init__":
            return False
        calls = self._calls(function, is_public=True)
        return bool(calls) and all(isinstance(self.facts.tree.parents[call], ast.Expr) for call in calls)

    def is_nested(self, defined: ast.AST) -> bool:
        """Whether a function or class stands in a function, so that nothing else knows its name."""
        is_in_class = isinstance(self.facts.tree.parents[defined], ast.ClassDef)
        return not is_in_class and isinstance(self.facts.tree.function(defined), FUNCTIONS)

    def _calls(self, function: Definition, is_public: bool = False) -> list[ast.Call]:
        """All calls of a private function or method, or of a private class by its `__init__`; none where it is used
        otherwise."""
        owner = self._owner(function)
        defined = owner if owner is not None and function.name == "__init__" else function
        if not (is_public or is_private(defined.name) or self.is_nested(defined)):
            return []
        if function.decorator_list or (defined.decorator_list and not is_public):
            return []
        parents = self.facts.tree.parents
        if owner is not None and defined is function:
            uses: list[ast.expr] = list(self.facts.class_containers.uses(function.name))
        else:
            binding = self.facts.names.binding_of(defined)
            if binding is None or binding.sole is None or binding.sole.kind is DefinitionKind.PARAMETER:
                return []
            uses = [use for use in binding.uses if not self._is_type_only(use)]
        calls = [parents[use] for use in uses]
        found = [call for call, use in zip(calls, uses, strict=True) if isinstance(call, ast.Call) and call.func is use]
        return found if len(found) == len(calls) else []

    def _is_type_only(self, use: ast.AST) -> bool:
        """Whether a use asks only for the type of something: in `isinstance`, in `super(Class, self)`."""
        call = self.facts.tree.parents[use]
        return isinstance(call, ast.Call) and self.facts.names.qualified(call.func) in TYPE_ONLY


def handed(receiver: Receiver, call: ast.Call) -> Iterator[tuple[ast.arg, ast.expr]]:
    """The parameters with the arguments that a call gives them; none where one is starred."""
    if any(map(is_starred, call.args)) or any(each.arg is None for each in call.keywords):
        return
    arguments = receiver.function.args
    yield from zip([*arguments.posonlyargs, *arguments.args][receiver.first :], call.args, strict=False)
    named = {each.arg: each for each in (*arguments.args, *arguments.kwonlyargs)}
    yield from ((named[each.arg], each.value) for each in call.keywords if each.arg in named)


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")
