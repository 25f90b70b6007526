"""Callables that a class gives to objects which keep them: with each instance, with each call, or in spite of a
finalizer."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.class_model import MAKING, ClassModel
from memlint.facts.listeners import OPPOSITES, Listener, is_strong, rooted
from memlint.facts.registrations import words
from memlint.facts.scopes import ScopeKind
from memlint.knowledge import names as known
from memlint.knowledge import table

if TYPE_CHECKING:
    from memlint.facts import Facts

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Kept(NamedTuple):
    """A callable that another object keeps."""

    call: ast.Call
    owner: str
    """What keeps it, as written."""
    told: str
    """The callable, as a message tells of it."""


class Callbacks:
    """Asks of a class which of its callables stay with others."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.listeners = facts.listeners

    def of_instances(self, model: ClassModel) -> Iterator[Kept]:
        """The callables that hold the instance, and that each new instance gives to an object which was there before,
        in a class that says nothing of removing any."""
        for call in self.given(model):
            listener = self.listeners.listener(call)
            is_making = self.listeners.method(call) in MAKING
            if not is_making or not self.is_from_before(model, listener):
                continue
            told = next((each for value in arguments(call) if (each := self.told_holder(value))), None)
            if told is None or self.is_undone(model, call) or self.facts.registrations.is_single(model):
                continue
            yield Kept(call, listener.owner, told)

    def of_calls(self, model: ClassModel) -> Iterator[Kept]:
        """The functions that a method makes anew with each call, and leaves with an object that outlives the call."""
        for call in self.given(model):
            made = [each for each in arguments(call) if self.is_made_here(each, call)]
            if len(made) != 1 or not self.is_repeated(model, call) or self.is_undone(model, call):
                continue
            told = "a lambda" if isinstance(made[0], ast.Lambda) else f"`{ast.unparse(made[0])}`"
            yield Kept(call, self.listeners.listener(call).owner, told)

    def against_finalizers(self, model: ClassModel) -> Iterator[Kept]:
        """The methods that each new instance gives to an event loop which was there before, where the class has a
        `__del__`: it cannot run as long as they are there."""
        if "__del__" not in model.methods:
            return
        for each in self.listeners.added(model):
            is_making = self.listeners.method(each.call) in MAKING and each.verb in OF_LOOPS
            if is_making and self.is_from_before(model, each):
                yield Kept(each.call, each.owner, f"`self.{each.callbacks[0]}`")

    def given(self, model: ClassModel) -> Iterator[ast.Call]:
        """The calls of a class that give a listener to another object, and keep no handle of it."""
        for call in self.listeners.calls(model):
            assert isinstance(call.func, ast.Attribute)
            verb = call.func.attr
            if words(self.listeners.listener(call).owner)[-1] == "loop" and verb not in OF_LOOPS:
                continue
            is_adding = verb in OPPOSITES or GENERIC.fullmatch(verb)
            if is_adding and self.listeners.is_dropped(call) and is_strong(call, verb):
                yield call

    def told_holder(self, value: ast.expr) -> str | None:
        """A callable that holds the instance, in words."""
        if self.facts.registrations.held(value) is None or (isinstance(value, ast.Name) and self.is_instance(value)):
            return None
        if isinstance(value, ast.Lambda):
            return "a lambda that holds `self`"
        return "a partial that holds `self`" if isinstance(value, ast.Call) else f"`{ast.unparse(value)}`"

    def is_instance(self, value: ast.expr) -> bool:
        return self.facts.classes.instance(value) is not None

    def is_from_before(self, model: ClassModel, listener: Listener) -> bool:
        """Whether an object comes from outside: one that the instance was given, that the module has, that a base class
        keeps in an attribute, or that a function answers to be the current one."""
        if self.listeners.is_given(model, listener):
            return True
        root = rooted(listener.call)
        if not isinstance(root, ast.Attribute) or not self.is_instance(root.value):
            return False
        values = [store.value for each in model.local_lineage() for store in each.stores_of(root.attr)]
        if not values and self.facts.class_kinds.has_hidden_bases(model):
            return not any(root.attr in self.facts.names.inner(each.node).bindings for each in model.local_lineage())
        return bool(values) and all(self.is_current(each) for each in values)

    def is_current(self, value: ast.AST) -> bool:
        """Whether a value is what all are given: the result of `get_event_loop()`, `Hub.instance()`."""
        if isinstance(value, ast.BoolOp):
            return all(self.is_current(each) for each in value.values)
        if isinstance(value, ast.Name):
            return self.listeners.is_parameter(value)
        name = getattr(value.func, "attr", getattr(value.func, "id", "")) if isinstance(value, ast.Call) else ""
        return words(name)[0] in known("hooks", "callbacks", "current")

    def is_undone(self, model: ClassModel, call: ast.Call) -> bool:
        """Whether the class speaks of what takes a listener out again."""
        assert isinstance(call.func, ast.Attribute)
        verb = call.func.attr
        spoken = {
            node.attr for each in model.local_lineage() for node in walk(each.node) if isinstance(node, ast.Attribute)
        }
        if verb in OPPOSITES:
            return not spoken.isdisjoint(OPPOSITES[verb])
        subject = set(words(verb)[1:])
        removing = known("hooks", "callbacks", "removing")
        return any(
            words(each)[0] in removing and (not subject or subject & set(words(each)[1:]) or each in removing)
            for each in spoken
        )

    def is_made_here(self, value: ast.expr, call: ast.Call) -> bool:
        """Whether a value is a function that the calling function makes itself."""
        if isinstance(value, ast.Lambda):
            return True
        binding = self.facts.names.binding(value) if isinstance(value, ast.Name) else None
        if binding is None or binding.sole is None or binding.scope.kind is not ScopeKind.FUNCTION:
            return False
        return isinstance(binding.sole.node, FUNCTIONS) and binding.scope.node is self.facts.tree.function(call)

    def is_repeated(self, model: ClassModel, call: ast.Call) -> bool:
        """Whether a call runs again and again for the same object: in a method that by its name does not set anything
        up, on an attribute of the instance that this method leaves alone."""
        around = [outer for outer in self.facts.tree.ancestors(call) if outer in model.node.body]
        method, root = around[0] if around else None, rooted(call)
        if not isinstance(method, FUNCTIONS) or not isinstance(root, ast.Attribute):
            return False
        if not self.is_instance(root.value) or method.name in MAKING or self.facts.closures.runs_once(method):
            return False
        if set(words(method.name)) & known("hooks", "callbacks", "once") or method.decorator_list:
            return False
        if any(store.attribute == root.attr and store.method is method for store in model.stores):
            return False
        tests = [each.test for each in self.facts.tree.ancestors(call) if isinstance(each, (ast.If, ast.IfExp))]
        return not any(
            isinstance(node, ast.Attribute) and self.is_instance(node.value) for each in tests for node in walk(each)
        )


def arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)]


GENERIC = re.compile("|".join(table("hooks")["callbacks"]["verbs"]))
"""Names of methods that take a listener, beside those whose opposite is known."""
OF_LOOPS = known("hooks", "callbacks", "loops")
