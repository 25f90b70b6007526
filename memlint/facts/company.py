"""Whether an object is free once one cycle of its own is cut, as far as the code shows, or is in others as well."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.class_model import MAKING, ClassModel, MethodKind, Store
from memlint.facts.names import Binding
from memlint.facts.remembered import remembered
from memlint.facts.shapes import last_name

if TYPE_CHECKING:
    from memlint.facts import Facts

LOOKING = ("builtins.", "weakref.", "copy.", "logging.", "warnings.")
"""Whose calls keep nothing of what they are given, or keep it weakly."""


class Company:
    """Asks where the instances of a class go beside the cycle that was found."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def is_in_others(self, model: ClassModel, store: Store) -> bool:
        """Whether an instance may well be in another cycle, as the file of the class shows, so that to cut this one
        frees nothing: what it is given to may hold it and be held by it; or the attribute gets another value after
        all."""
        return self._is_set_anew(model, store) or self._is_given(model, store)

    def _is_set_anew(self, model: ClassModel, store: Store) -> bool:
        """Whether another method gives the attribute a value which does not name the instance."""
        return any(
            other.method.name not in MAKING
            and other.method is not store.method
            and not any(isinstance(node, ast.Name) and node.id == other.instance for node in walk(other.value))
            for each in self.facts.classes.related(model)
            for other in each.stores_of(store.attribute)
        )

    def is_child(self, model: ClassModel) -> bool:
        """Whether an instance has a parent of its own, which may keep it: it is made with one, or another object stores
        itself in an attribute of it."""
        maker = model.methods.get("__init__")
        if maker is not None and any(each.arg == "parent" for each in (*maker.args.args, *maker.args.kwonlyargs)):
            return True
        nodes = (node for node in walk(model.node) if isinstance(node, ast.Attribute))
        attributes = {node.attr for node in nodes if isinstance(node.ctx, ast.Store)}
        return any(
            write.attribute.attr in attributes
            and write.value is not None
            and self.facts.classes.instance(write.attribute.value) is None
            and self.facts.classes.instance(write.value) not in (None, model)
            for _, write in self.facts.classes.stored
        )

    def _is_given(self, model: ClassModel, store: Store) -> bool:
        """Whether a method gives its instance, or a method of it, to a call that may keep it, or stores it away."""
        given = self._given(model)
        own = set(walk(store.by)) if given else ()
        return any(use not in own for use in given)

    @remembered
    def _given(self, model: ClassModel) -> list[ast.Name]:
        """Where methods of a class give their instance to what may keep it."""
        return [use for use in self._uses(model) if any(map(self._may_keep, self._forms(model, use)))]

    def _forms(self, model: ClassModel, use: ast.Name) -> Iterator[ast.expr]:
        """What holds the instance where its name is read: the instance itself, or a bound method of it."""
        yield use
        method = self.facts.tree.parents[use]
        if isinstance(method, ast.Attribute) and model.kind(method.attr) is MethodKind.INSTANCE:
            yield method

    def _uses(self, model: ClassModel) -> Iterator[ast.Name]:
        for method in model.methods.values():
            parameters = [*method.args.posonlyargs, *method.args.args]
            binding = self.facts.names.binding_of(parameters[0]) if parameters else None
            yield from (use for use in self._read(binding) if self.facts.classes.instance(use) is model)

    def _read(self, binding: Binding | None) -> Iterator[ast.Name]:
        return (use for use in (binding.uses if binding else ()) if isinstance(use, ast.Name))

    def _may_keep(self, use: ast.expr) -> bool:
        parents = self.facts.tree.parents
        parent: ast.AST = parents[use]
        if isinstance(parent, (ast.Assign, ast.AnnAssign)):
            targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
            return parent.value is use and any(map(self._is_of_another, targets))
        call = parents[parent] if isinstance(parent, (ast.keyword, ast.Starred)) else parent
        if not isinstance(call, ast.Call) or call.func is use or self._is_of_base(call, use):
            return False
        return not (self.facts.names.qualified(call.func) or "").startswith(LOOKING)

    def _is_of_another(self, target: ast.expr) -> bool:
        """Whether a target is a part of another object; what the instance keeps of itself is a finding of its own."""
        while isinstance(target, ast.Subscript):
            target = target.value
        return isinstance(target, ast.Attribute) and self.facts.classes.instance(target.value) is None

    def _is_of_base(self, call: ast.Call, use: ast.expr) -> bool:
        """Whether a call runs the method of a class on the instance: `Base.__init__(self)`."""
        if not isinstance(call.func, ast.Attribute) or call.args[:1] != [use]:
            return False
        return last_name(call.func.value)[:1].isupper()

    def is_made_by_parent(self, model: ClassModel) -> bool:
        """Whether code of the package makes such instances with an instance of its own class among the arguments."""
        return any(
            facts.classes.instance(each) is not None
            for facts, call in self.facts.population.places(self.facts, model.node)
            for each in (*call.args, *(keyword.value for keyword in call.keywords))
        )
