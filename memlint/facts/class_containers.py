"""Containers that class bodies make, one for all instances, and what methods do to them through `self`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from memlint.facts.branches import walk
from memlint.facts.class_kinds import ClassKind
from memlint.facts.class_model import CLASS_PARAMETERS, ClassModel
from memlint.facts.defaults import Touch
from memlint.facts.escape import Role
from memlint.facts.kinds import IN_PLACE, MUTABLE
from memlint.facts.names import DefinitionKind
from memlint.facts.remembered import remembered
from memlint.facts.writes import targets_of
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

Assignment: TypeAlias = ast.Assign | ast.AnnAssign

MADE_WITH_THE_CLASS = frozenset(
    {ClassKind.PYDANTIC, ClassKind.TYPED_DICT, ClassKind.PROTOCOL, ClassKind.ENUM, ClassKind.MODEL, ClassKind.METACLASS}
)
"""Kinds whose machinery reads what the body says, or copies it for each instance."""
WITH_FIELDS = frozenset({ClassKind.DATACLASS, ClassKind.ATTRS, ClassKind.NAMED_TUPLE})
"""Kinds that make fields of what is annotated."""
OF_THE_CLASS = frozenset({"typing.ClassVar", "typing.Final", "typing_extensions.ClassVar", "typing_extensions.Final"})
AWAY = frozenset({Role.PASSED, Role.RETURNED, Role.STORED, Role.YIELDED})
SAID_SHARED = re.compile(r"(?i)\bshared?\b|\bclass[- ]level\b|\ball instances\b")
DISPLAYS = (ast.Dict, ast.List, ast.Set, ast.Tuple)
TAKING = frozenset({"clear", "discard", "remove"})
SETTING = frozenset({"builtins.setattr", "builtins.vars"})


class Shared(NamedTuple):
    """A container of a class body, and the first place where an instance puts something into it."""

    statement: Assignment
    name: str
    value: ast.expr
    growth: ast.AST
    use: ast.Attribute


class Use(NamedTuple):
    """What the file does at one attribute of some name, whatever class it is of."""

    node: ast.Attribute
    owner: ClassModel | None
    is_of_class: bool
    touches: list[Touch]


class Uses(NamedTuple):
    """All that the file does with the attributes of one name."""

    each: list[Use]
    looked_up: set[str]
    """Keys that are asked for, as text."""
    are_kept: bool
    """Whether what is put in stays, and is no instance that enters itself."""


class ClassContainers:
    """Finds the containers of class bodies that instances fill as if each had its own."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @remembered
    def of(self, model: ClassModel) -> list[Shared]:
        """The containers of one class that its methods grow through the instance, and that no code treats as the
        class's own."""
        return list(self._shared(model))

    def _shared(self, model: ClassModel) -> Iterator[Shared]:
        made = [each for each in self.made(model) if self.uses(each[1])]
        if not made or self.is_one_of_a_kind(model):
            return
        for statement, name, value in made:
            use = self.growth(model, name, value)
            if use is not None:
                yield Shared(statement, name, value, use[1], use[0])

    def lent(self, model: ClassModel) -> Iterator[Shared]:
        """The empty containers of one class that its methods hand on through the instance or `cls`, so that others can
        fill them, where no instance is given one of its own."""
        told = {shared.name for shared in self.of(model)}
        made = [each for each in self.made(model) if each[1] not in told and self.is_made_empty(each[2])]
        if not made or self.has_machinery(model):
            return
        related = set(self.facts.classes.related(model))
        for statement, name, value in made:
            uses = [use for use in self.uses(name) if self.is_of(use.value, related)]
            lent = [(use, by) for use in uses if (by := self.gives_away(use)) is not None]
            leaving = {by for _, by in lent}
            if lent and all(isinstance(use.ctx, ast.Load) or self.facts.tree.parents[use] in leaving for use in uses):
                first = min(lent, key=lambda each: (each[0].lineno, each[0].col_offset))
                yield Shared(statement, name, value, first[1], first[0])

    def is_of(self, owner: ast.expr, related: set[ClassModel]) -> bool:
        """Whether an expression is the instance of one of some classes, or the class itself as a method gets it."""
        if isinstance(owner, ast.Name) and owner.id in CLASS_PARAMETERS:
            around = self.facts.tree.enclosing(owner, ast.ClassDef)
            return isinstance(around, ast.ClassDef) and self.facts.classes.of(around) in related
        return self.facts.classes.instance(owner) in related

    def gives_away(self, use: ast.Attribute) -> ast.AST | None:
        """What hands a container on at one use: an unknown call, a store, a return."""
        if not isinstance(use.ctx, ast.Load):
            return None
        return next((by for role, by in self.facts.escape.roles(use) if role in AWAY), None)

    def made(self, model: ClassModel) -> Iterator[tuple[Assignment, str, ast.expr]]:
        """The names that the class body itself binds to a new container, and that are no constants."""
        for statement in model.node.body:
            if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
                continue
            targets = targets_of(statement)
            if len(targets) != 1 or not isinstance(targets[0], ast.Name) or not self.is_container(statement.value):
                continue
            name = targets[0].id
            if is_of_class_by_name(name) or self.is_said_to_be_shared(statement):
                continue
            if not self.is_declared(model, statement):
                yield statement, name, statement.value

    def is_container(self, value: ast.expr) -> bool:
        made = isinstance(value, (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.Call))
        return made and self.facts.kinds.made(value) in MUTABLE

    def is_said_to_be_shared(self, statement: Assignment) -> bool:
        """Whether a comment on or right above a statement says that all instances share what it makes."""
        lines = self.facts.source.lines[max(statement.lineno - 2, 0) : statement.end_lineno]
        return any(SAID_SHARED.search(line.partition("#")[2]) for line in lines)

    def is_declared(self, model: ClassModel, statement: Assignment) -> bool:
        """Whether an annotation says that the name belongs to the class, or is a field."""
        if not isinstance(statement, ast.AnnAssign):
            return False
        if self.facts.class_kinds.of(model) in WITH_FIELDS:
            return True
        text = ast.unparse(statement.annotation)
        names = {self.facts.names.qualified(node) for node in walk(statement.annotation) if isinstance(node, ast.expr)}
        return bool(names & OF_THE_CLASS) or "ClassVar" in text or "Final" in text

    def is_one_of_a_kind(self, model: ClassModel) -> bool:
        """Whether the class has one instance, or its machinery takes care of what its body says."""
        return self.has_machinery(model) or self.sets_any(model)

    def has_machinery(self, model: ClassModel) -> bool:
        """Whether the class has one instance, or a metaclass, decorator or the like treats what its body says."""
        facts = self.facts
        return (
            facts.class_kinds.of(model) in MADE_WITH_THE_CLASS
            or facts.class_kinds.has_hidden_makers(model)
            or any("__new__" in each.methods or "__init_subclass__" in each.methods for each in model.lineage())
            or facts.classes.is_singleton(model)
            or is_registry(model.node.name)
        )

    def sets_any(self, model: ClassModel) -> bool:
        """Whether a method sets attributes whose names it does not spell out: `setattr(self, key, …)`, `__dict__`."""
        for node in walk(model.node):
            if isinstance(node, ast.Attribute) and node.attr in ("__dict__", "__setattr__"):
                return True
            if isinstance(node, ast.Call) and self.facts.names.qualified(node.func) in SETTING:
                return True
        return False

    def growth(self, model: ClassModel, name: str, value: ast.expr) -> tuple[ast.Attribute, ast.AST] | None:
        """Where an instance first fills a container of its class; None where any code knows that it is the class's."""
        related = set(self.facts.classes.related(model))
        if any(name in each.home.names.inner(each.node).bindings for each in related if each is not model):
            return None
        done = self.done(name)
        if not done.are_kept or any(use.is_of_class for use in done.each):
            return None
        stores = (use.node for use in done.each if not isinstance(use.node.ctx, ast.Load))
        if not all(self.is_augmented(store, value) for store in stores):
            return None
        own = [(use.node, touch) for use in done.each if use.owner in related for touch in use.touches]
        found = [(use, touch) for use, touch in own if self.grows(touch, value)]
        entered = [self.facts.memos.entered(touch) for _, touch in found]
        if not found or all(key is not None and ast.dump(key) in done.looked_up for key in entered):
            return None
        if any(self.is_key_of_instance(touch.by) for _, touch in found):
            return None
        use, touch = min(found, key=lambda each: (each[0].lineno, each[0].col_offset))
        is_read = any(not self.grows(each, value) for use in done.each for each in use.touches)
        return (use, touch.by) if self.is_out_of_reach(model, value, use, is_read) else None

    @remembered
    def done(self, name: str) -> Uses:
        """What the file does with the attributes of a name."""
        instance = self.facts.classes.instance
        each = [
            Use(use, instance(use.value), self.is_class(use.value), list(self.touches(use))) for use in self.uses(name)
        ]
        touched = [(use.node, touch) for use in each for touch in use.touches]
        looked_up = {ast.dump(key) for _, touch in touched for key in self.facts.memos.looked_up(touch)}
        are_kept = not any(
            is_emptied(touch) or self.is_taken_back(use, touch) or self.is_entry_of_instance(touch)
            for use, touch in touched
        )
        return Uses(each, looked_up, are_kept)

    def is_entry_of_instance(self, touch: Touch) -> bool:
        """Whether an instance enters itself, so that the container is a list of all of them."""
        if touch.role is not Role.MUTATED:
            return False
        put_in = touch.by.args if isinstance(touch.by, ast.Call) else [getattr(self.parent(touch.by), "value", None)]
        return any(isinstance(each, ast.Name) and self.facts.classes.instance(each) is not None for each in put_in)

    def is_taken_back(self, use: ast.Attribute, touch: Touch) -> bool:
        """Whether what was put in is taken out again when it is done with: by `x.discard` that is handed on, or by a
        `pop` of a stack that does not first ask whether there is anything."""
        method = self.parent(touch.use)
        if not isinstance(method, ast.Attribute) or method.value is not touch.use:
            return False
        call = self.parent(method)
        if not isinstance(call, ast.Call) or call.func is not method:
            return method.attr in TAKING
        tests = [
            each.test for each in self.facts.tree.ancestors(call) if isinstance(each, (ast.If, ast.IfExp, ast.While))
        ]
        asks = any(isinstance(node, ast.Attribute) and node.attr == use.attr for test in tests for node in walk(test))
        return method.attr == "pop" and not call.args and not call.keywords and not asks

    def parent(self, node: ast.AST) -> ast.AST:
        return self.facts.tree.parents[node]

    def is_made_empty(self, value: ast.expr) -> bool:
        """Whether a container begins with nothing in it."""
        if isinstance(value, ast.Call) and self.facts.kinds.made(value) == "defaultdict":
            return len(value.args) < 2 and not value.keywords
        return self.facts.classes.writes.is_empty(value)

    def is_key_of_instance(self, change: ast.AST) -> bool:
        """Whether an entry goes under a key that tells the instance, or its class, from others."""
        keys = (node.slice for node in (change, *walk(change)) if isinstance(node, ast.Subscript))
        names = (node for key in keys for node in walk(key) if isinstance(node, ast.Name))
        return any(self.facts.classes.instance(name) is not None for name in names)

    def is_out_of_reach(self, model: ClassModel, value: ast.expr, use: ast.Attribute, is_read: bool) -> bool:
        """Whether a base in another file can hardly have given the instance a copy of its own by then.

        A filled container is often what such a base asks for; it is sure only where `__init__` has not yet called it.
        What `__init__` fills behind that call may well be what the base has made for the instance.
        One that this file only fills is read elsewhere, perhaps by the name of the class.
        """
        if not self.facts.class_kinds.has_hidden_bases(model):
            return True
        maker = model.methods.get("__init__")
        is_making = maker is not None and self.facts.tree.function(use) is maker
        nodes = walk(maker) if maker is not None and is_making else ()
        calls = [node.lineno for node in nodes if isinstance(node, ast.Attribute) and node.attr == "__init__"]
        is_before = bool(calls) and use.lineno < min(calls)
        return is_before or (self.is_made_empty(value) and is_read and not calls)

    def touches(self, use: ast.Attribute) -> Iterator[Touch]:
        """What is done to the container at one use, also under a local name that it is given."""
        if not isinstance(use.ctx, ast.Load):
            yield Touch(Role.MUTATED, use, self.facts.tree.parents[use])
            return
        for role, by in self.facts.escape.roles(use):
            yield Touch(role, use, by)
            if role is Role.ALIASED and not self.is_element(use, by):
                for target in self.facts.escape.aliased_names(use, by):
                    binding = self.facts.names.binding(target)
                    for fate in self.facts.escape.fates(binding) if binding and binding.sole else ():
                        yield Touch(fate.role, fate.use, fate.by)

    def is_element(self, use: ast.AST, by: ast.AST) -> bool:
        """Whether a container is put into a new one, whose name means that one alone."""
        inner = use
        for outer in self.facts.tree.ancestors(use):
            if outer is by or isinstance(outer, ast.stmt):
                return False
            if isinstance(outer, DISPLAYS) or (isinstance(outer, ast.Call) and outer.func is not inner):
                return True
            inner = outer
        return False

    def grows(self, touch: Touch, value: ast.expr) -> bool:
        """Whether a touch puts something into the container, or into a container in it that it made itself."""
        kind = self.facts.kinds.made(value)
        if touch.role is Role.ELEMENT_MUTATED:
            return kind == "defaultdict"
        if touch.role is not Role.MUTATED:
            return False
        if isinstance(touch.by, ast.AugAssign):
            return isinstance(touch.by.op, IN_PLACE.get(kind, ()))
        if isinstance(touch.by, ast.Subscript):
            return isinstance(touch.by.ctx, ast.Store)
        called = touch.by.func if isinstance(touch.by, ast.Call) else None
        return isinstance(called, ast.Attribute) and called.attr in known("containers", "methods", "grow")

    def is_augmented(self, use: ast.Attribute, value: ast.expr) -> bool:
        """Whether a store is `self.x += …`, which changes the container in place before it binds the name."""
        parent = self.facts.tree.parents[use]
        kind = self.facts.kinds.made(value)
        return isinstance(parent, ast.AugAssign) and isinstance(parent.op, IN_PLACE.get(kind, ()))

    def is_class(self, owner: ast.expr) -> bool:
        """Whether an expression is a class: `cls`, `Name`, `type(self)`, `self.__class__`."""
        if isinstance(owner, ast.Call):
            return self.facts.names.qualified(owner.func) in ("builtins.type", "builtins.super")
        if isinstance(owner, ast.Attribute):
            return owner.attr == "__class__" or owner.attr[:1].isupper()
        if not isinstance(owner, ast.Name):
            return False
        binding = self.facts.names.binding(owner)
        is_class = bool(binding and any(each.kind is DefinitionKind.CLASS for each in binding.definitions))
        return is_class or owner.id in CLASS_PARAMETERS or owner.id[:1].isupper()

    def uses(self, name: str) -> list[ast.Attribute]:
        """The attributes of that name in the file, of whatever object."""
        return self._uses.get(name, [])

    @cached_property
    def _uses(self) -> dict[str, list[ast.Attribute]]:
        """The attributes of each name in the file."""
        uses: dict[str, list[ast.Attribute]] = {}
        for node in self.facts.tree.nodes(ast.Attribute):
            uses.setdefault(node.attr, []).append(node)
        return uses


def is_registry(name: str) -> bool:
    """Whether the name of a class says that there is one of it."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_")
    return not known("classes", "names", "single").isdisjoint(words)


def is_of_class_by_name(name: str) -> bool:
    """Whether a name says that all instances share it: a constant, a registry, a cache."""
    words = name.lower().strip("_").split("_")
    return name.isupper() or name.startswith("__") or not known("classes", "names", "shared").isdisjoint(words)


def is_emptied(touch: Touch) -> bool:
    """Whether a touch empties the container, which then begins anew, or takes out the very thing that was put in."""
    called = touch.by.func if isinstance(touch.by, ast.Call) else None
    if isinstance(called, ast.Attribute) and called.value is touch.use:
        return called.attr in TAKING
    return isinstance(touch.by, ast.Subscript) and isinstance(touch.by.slice, ast.Slice) and touch.role is Role.MUTATED
