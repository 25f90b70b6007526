"""Listeners: the methods of its own that a class adds to other objects, and those that it removes again."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.class_model import ClassModel
from memlint.facts.registrations import is_ending, words
from memlint.facts.scopes import DefinitionKind, ScopeKind
from memlint.knowledge import names as known
from memlint.knowledge import table

if TYPE_CHECKING:
    from memlint.facts import Facts


@dataclass(frozen=True)
class Listener:
    """A call that adds or removes a listener, taken apart."""

    call: ast.Call
    verb: str
    owner: str
    """The object that is listened to, as written: of `self.layer.name.connect(…)` it is `self.layer`."""
    events: frozenset[str]
    """What else is given, as written, or the signal: `name`."""
    callbacks: tuple[str, ...]
    """The methods of the instance that are given, by name."""
    is_plain: bool
    """Whether everything that is given is a method of the instance or a constant."""

    def takes_out(self, added: Listener) -> bool:
        """Whether this removal is one of what was added, or may be."""
        if self.owner != added.owner:
            return bool(set(self.callbacks) & set(added.callbacks))
        if self.callbacks and not set(self.callbacks) & set(added.callbacks):
            return False
        if not self.events or not (self.is_plain and added.is_plain):
            return True
        return self.events <= added.events


class Listeners:
    """Asks of a class what it adds and what it removes."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def half_removed(self, model: ClassModel) -> Iterator[tuple[Listener, Listener]]:
        """The listeners that stay when a class takes itself off an object, each with one that it removes from there."""
        added = self.added(model)
        removed = self.removed(model) if len(added) > 1 else []
        for each in added:
            family = [one for one in removed if one.verb in OPPOSITES[each.verb]]
            if any(one.takes_out(each) or not (one.is_plain or one.callbacks) for one in family):
                continue
            others = [
                one
                for one in family
                if one.owner == each.owner
                and self.is_undoing(one)
                and any(other.verb == each.verb and one.takes_out(other) for other in added)
            ]
            if others and not self.is_owned(model, each):
                yield each, others[0]

    def added(self, model: ClassModel) -> list[Listener]:
        """The listeners that a class adds, where it keeps no handle by which others may remove them."""
        calls = [call for call in self.calls(model, *OPPOSITES) if self.is_dropped(call)]
        return [each for each in map(self.listener, calls) if each.callbacks and is_strong(each.call, each.verb)]

    def removed(self, model: ClassModel) -> list[Listener]:
        """What a class removes, its bases and subclasses in this file included."""
        family = [*model.local_lineage(), *self.facts.classes.derived[model]]
        return [self.listener(call) for each in family for call in self.calls(each, *REMOVING)]

    def is_dropped(self, call: ast.Call) -> bool:
        """Whether nothing takes the result of a call, awaited or not."""
        parent = self.facts.tree.parents[call]
        return isinstance(self.facts.tree.parents[parent] if isinstance(parent, ast.Await) else parent, ast.Expr)

    def calls(self, model: ClassModel, *verbs: str) -> list[ast.Call]:
        """The calls of methods of other objects in a class; with verbs, those only."""
        return [
            node
            for node in walk(model.node)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and (not verbs or node.func.attr in verbs)
            and not isinstance(node.func.value, ast.Call)
        ]

    def listener(self, call: ast.Call) -> Listener:
        """A call that adds or removes, taken apart."""
        assert isinstance(call.func, ast.Attribute)
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        callbacks = [each for each in given if isinstance(each, ast.Attribute) and self.facts.registrations.held(each)]
        events = [each for each in call.args if each not in callbacks]
        receiver, verb = call.func.value, call.func.attr
        named = {ast.unparse(each) for each in events}
        if isinstance(receiver, ast.Attribute) and not events and self.facts.classes.instance(receiver.value) is None:
            named = {receiver.attr}
            receiver = receiver.value
        is_plain = all(isinstance(each, (ast.Constant, ast.Attribute)) for each in given)
        methods = tuple(each.attr for each in callbacks)
        return Listener(call, verb, ast.unparse(receiver), frozenset(named), methods, is_plain)

    def method(self, call: ast.Call) -> str:
        """The name of the function that a call is in."""
        return getattr(self.facts.tree.function(call), "name", "")

    def is_undoing(self, removal: Listener) -> bool:
        """Whether a removal belongs to the end of the instance, by the method that it is in; one that a method undoes
        itself is for the time of a change."""
        name = self.method(removal.call)
        return not removal.callbacks or (is_ending(name) or not UNDOING.isdisjoint(words(name)))

    def is_owned(self, model: ClassModel, listener: Listener) -> bool:
        """Whether the object is part of the instance: made by the class and kept in an attribute, or the instance."""
        root = rooted(listener.call)
        if self.facts.classes.instance(root) is not None:
            return True
        if not isinstance(root, ast.Attribute):
            return False
        values = [store.value for each in model.local_lineage() for store in each.stores_of(root.attr)]
        return any(isinstance(value, ast.Call) and made_by(value)[:1].isupper() for value in values)

    def is_given(self, model: ClassModel, listener: Listener) -> bool:
        """Whether the object comes from outside: a parameter, an attribute that only parameters are stored in, or a
        variable of the module."""
        root = rooted(listener.call)
        if isinstance(root, ast.Attribute):
            values = [store.value for store in model.stores_of(root.attr)]
            return bool(values) and all(isinstance(value, ast.Name) and self.is_parameter(value) for value in values)
        if self.facts.classes.instance(root) is not None or not isinstance(root, ast.Name):
            return False
        binding = self.facts.names.binding(root)
        return self.is_parameter(root) or (binding is not None and binding.scope.kind is ScopeKind.MODULE)

    def is_parameter(self, name: ast.Name) -> bool:
        binding = self.facts.names.binding(name)
        return bool(binding and binding.sole and binding.sole.kind is DefinitionKind.PARAMETER)


def rooted(call: ast.Call) -> ast.expr:
    """What a call's receiver is reached from: a name, or an attribute of the instance: `self.layer` of
    `self.layer.events.name.connect(…)`."""
    assert isinstance(call.func, ast.Attribute)
    receiver = call.func.value
    while isinstance(receiver, ast.Attribute) and isinstance(receiver.value, ast.Attribute):
        receiver = receiver.value
    if isinstance(receiver, ast.Attribute) and isinstance(receiver.value, ast.Name) and receiver.value.id != "self":
        return receiver.value
    return receiver


def made_by(call: ast.Call) -> str:
    """The last name of what a call calls."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def is_strong(call: ast.Call, verb: str) -> bool:
    """Whether a listener is held strongly: signals hold theirs weakly, unless they are told not to."""
    told = [keyword.value for keyword in call.keywords if keyword.arg == "weak"]
    return all(isinstance(each, ast.Constant) and not each.value for each in told) and (bool(told) or verb not in WEAK)


OPPOSITES = {verb: frozenset(undoing) for verb, undoing in table("hooks")["opposites"].items()}
REMOVING = frozenset().union(*OPPOSITES.values())
UNDOING = known("hooks", "ending", "undoing")
WEAK = known("hooks", "signals", "weak")
