"""What an instance keeps of the arguments that it was made with, followed through constructors, bases and files."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from memlint.facts.branches import walk
from memlint.facts.class_model import ClassModel, Method, MethodKind, Store
from memlint.facts.names import Binding
from memlint.facts.shapes import is_starred
from memlint.knowledge import inverted

if TYPE_CHECKING:
    from memlint.facts import Facts

Wanted: TypeAlias = Callable[[ast.expr], bool]

RECORDS = ("attrs", "dataclass", "pydantic")

FURTHEST = 4
"""Links that are followed from a call on."""


class Link(NamedTuple):
    """An attribute by which the instances of a class keep something, and the statement that stores it there, which may
    be in the file of a base."""

    model: ClassModel
    attribute: str
    facts: Facts
    by: ast.stmt

    def __str__(self) -> str:
        return f"{self.model.node.name}.{self.attribute}"


class Path(NamedTuple):
    """An expression whose value is kept, and the links on the way to it, nearest first."""

    value: ast.expr
    links: tuple[Link, ...]


class Keeping:
    """Follows strong references from the value of an expression through the instances that it makes."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names

    def paths(self, value: ast.expr, wanted: Wanted, depth: int = 0) -> Iterator[Path]:
        """The wanted expressions that a value holds on to: itself, in displays, by calls that are known to keep their
        arguments, and by instances made there. A class is looked up only where its call was given something wanted."""
        for held, _ in self.facts.links.held(value):
            if wanted(held):
                yield Path(held, ())
            if isinstance(held, ast.Call) and depth < FURTHEST:
                yield from self._through(held, wanted, depth + 1)

    def _through(self, call: ast.Call, wanted: Wanted, depth: int) -> Iterator[Path]:
        """The paths that lead through the instance that a call makes."""
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        inner = {argument: list(self.paths(argument, wanted, depth)) for argument in arguments}
        made = self.facts.classes.made_by(call) if any(inner.values()) else None
        if made is None or made.node.keywords:
            return
        for name, argument in given(made, call):
            for path in inner.get(argument, ()):
                for links in kept(made, name, depth):
                    yield Path(path.value, (*links, *path.links))

    def stores(self, model: ClassModel) -> list[Store]:
        """What a class of this file stores in its instances: by statements of its own, and by giving it to other
        methods of the same instance, `self.on("tick", self.advance)`, followed only where it leads back to it."""
        return [*model.stores, *self._handed.get(model, ())]

    @cached_property
    def _handed(self) -> dict[ClassModel, list[Store]]:
        """By class, what its methods give to others of the same instance that store it for good."""
        handed: dict[ClassModel, list[Store]] = {}
        for call in (call for calls in self.facts.tree.calls.values() for call in calls):
            own = call.func
            if not isinstance(own, ast.Attribute) or not isinstance(own.value, ast.Name):
                continue
            arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
            given = [each for each in arguments if self._leads_back(each, own.value.id)]
            model = self.facts.classes.instance(own.value) if given else None
            given = [each for each in given if model and not is_data(model, each)]
            if not given:
                continue
            by, method = self.facts.tree.statement(call), self.facts.tree.function(call)
            if model is not None and by is not None and isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)):
                handed.setdefault(model, []).extend(
                    Store(attribute, argument, by, method)
                    for attribute, argument in self._kept_by_method(model, call, given)
                )
        return handed

    def _leads_back(self, value: ast.expr, instance: str) -> bool:
        """Whether an argument may hold the instance, by its names alone."""
        if isinstance(value, ast.Call):
            parts = (*value.args, *(keyword.value for keyword in value.keywords))
            return any(self._leads_back(each, instance) for each in parts)
        if isinstance(value, ast.Lambda):
            return any(isinstance(node, ast.Name) and node.id == instance for node in walk(value))
        named = value.value if isinstance(value, ast.Attribute) else value
        return isinstance(named, ast.Name) and named.id == instance

    def _kept_by_method(
        self, model: ClassModel, call: ast.Call, given: list[ast.expr]
    ) -> Iterator[tuple[str, ast.expr]]:
        """The arguments of a call of an own method that the instance keeps, each with the attribute that keeps it."""
        target = self._own_method(model, model, call)
        if target is None:
            attribute = self._adopting(model, call)
            yield from ((attribute, each) for each in given if attribute)
            return
        owner, method, first = target
        for parameter, argument in bound(method, call, first):
            binding = owner.home.names.binding_of(parameter)
            if argument in given and binding is not None:
                for links in owner.home.facts.keeping.stored(model, method, binding, 1):
                    yield links[0].attribute, argument

    def stored(self, made: ClassModel, method: Method, parameter: Binding, depth: int) -> Iterator[tuple[Link, ...]]:
        """The links by which an instance of a class keeps what a parameter of a method, in this file, gave."""
        arrives = self.facts.flow(method)
        node = parameter.definitions[0].node

        def is_given(value: ast.expr) -> bool:
            if not isinstance(value, ast.Name) or self.names.binding(value) is not parameter:
                return False
            return parameter.sole is not None or node in arrives.reaching(value)

        owner = next((model for model in made.lineage() if model.methods.get(method.name) is method), None)
        for store in owner.stores if owner else ():
            if store.method is method:
                for path in self.paths(store.value, is_given, depth):
                    if made.home.is_lasting(made, store):
                        yield (Link(made, store.attribute, self.facts, store.by), *path.links)
        for statement in walk(method):
            if isinstance(statement, ast.stmt) and owner and depth < FURTHEST:
                for call in self.facts.tree.calls.get(statement, ()):
                    yield from self._passed_on(made, owner, call, is_given, depth + 1)

    def _passed_on(
        self, made: ClassModel, owner: ClassModel, call: ast.Call, is_given: Wanted, depth: int
    ) -> Iterator[tuple[Link, ...]]:
        """The links that a method makes by handing what it was given to another method of the same instance."""
        arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
        if not any(map(is_given, arguments)):
            return
        target = self._own_method(made, owner, call)
        if target is None:
            attribute, by = self._adopting(owner, call), self.facts.tree.statement(call)
            if attribute and by:
                yield (Link(made, attribute, self.facts, by),)
            return
        model, method, positional = target
        for parameter, argument in bound(method, call, positional):
            binding = model.home.names.binding_of(parameter)
            if binding is not None and is_given(argument):
                yield from model.home.facts.keeping.stored(made, method, binding, depth)

    def _adopting(self, owner: ClassModel, call: ast.Call) -> str:
        """The attribute where a method of a base elsewhere is known to keep what it is given; empty for others."""
        function = call.func
        if not isinstance(function, ast.Attribute):
            return ""
        is_own = self.facts.classes.instance(function.value) is owner and owner.kind(function.attr) is None
        is_base = any(self.facts.classes.instance(each) is owner for each in call.args[:1])
        return inverted("calls", "adopters").get(function.attr, "") if is_own or is_base else ""

    def _own_method(self, made: ClassModel, owner: ClassModel, call: ast.Call) -> tuple[ClassModel, Method, int] | None:
        """The method that `super().m(…)`, `Base.m(self, …)` or `self.m(…)` runs, with the class that defines it and how
        many positional arguments come before those of its second parameter."""
        function = call.func
        if not isinstance(function, ast.Attribute):
            return None
        if isinstance(function.value, ast.Call) and self.names.qualified(function.value.func) == "builtins.super":
            rest = list(made.lineage())
            lineage, first = (rest[rest.index(owner) + 1 :] if owner in rest else []), 0
        elif self.facts.classes.instance(function.value) is owner:
            if made.kind(function.attr) not in (MethodKind.INSTANCE, MethodKind.UNKNOWN):
                return None
            lineage, first = list(made.lineage()), 0
        else:
            is_of_base = call.args and self.facts.classes.instance(call.args[0]) is owner
            base = self.facts.find(function.value) if is_of_base else None
            if base is None or not isinstance(base.node, ast.ClassDef):
                return None
            lineage, first = list(base.facts.classes.of(base.node).lineage()), 1
        found = next((model for model in lineage if function.attr in model.methods), None)
        if found is None or any(map(is_of_property, found.methods[function.attr].decorator_list)):
            return None
        return found, found.methods[function.attr], first


def is_of_property(decorator: ast.expr) -> bool:
    """Whether a decorator adds a function to a property: `@size.setter`."""
    return isinstance(decorator, ast.Attribute) and decorator.attr in ("deleter", "getter", "setter")


def is_data(model: ClassModel, value: ast.expr) -> bool:
    """Whether a value is `self.x` and the class stores `x`, so that it is no method."""
    if not isinstance(value, ast.Attribute) or not isinstance(value.value, ast.Name) or value.attr in model.kinds:
        return False
    return any(store.attribute == value.attr for store in model.stores)


def kept(made: ClassModel, name: str, depth: int) -> Iterator[tuple[Link, ...]]:
    """The links by which an instance keeps the argument that its constructor takes under a name."""
    found = constructor(made)
    if found is None:
        for model in made.lineage():
            for field in fields(model):
                if isinstance(field.target, ast.Name) and field.target.id == name:
                    yield (Link(made, name, model.home.facts, field),)
        return
    model, method = found
    parameters = [*method.args.posonlyargs, *method.args.args, *method.args.kwonlyargs]
    for parameter in parameters:
        binding = model.home.names.binding_of(parameter)
        if parameter.arg == name and binding is not None:
            yield from model.home.facts.keeping.stored(made, method, binding, depth)


def constructor(made: ClassModel) -> tuple[ClassModel, Method] | None:
    """The `__init__` that making an instance runs, with the class that defines it."""
    for model in made.lineage():
        if "__init__" in model.methods:
            return model, model.methods["__init__"]
        if is_record(model):
            return None
    return None


def given(made: ClassModel, call: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """What the constructor of a class is given, by the names of its parameters or, of a record, its fields."""
    found = constructor(made)
    if found is not None:
        if not found[1].decorator_list:
            yield from ((parameter.arg, argument) for parameter, argument in bound(found[1], call, 0))
        return
    if not any(is_record(model) for model in made.lineage()):
        return
    names = [
        field.target.id
        for model in reversed(list(made.lineage()))
        for field in fields(model)
        if isinstance(field.target, ast.Name)
    ]
    positional = zip(names, call.args, strict=False) if not any(map(is_starred, call.args)) else ()
    yield from positional
    yield from ((keyword.arg, keyword.value) for keyword in call.keywords if keyword.arg in names)


def is_record(model: ClassModel) -> bool:
    """Whether a decorator writes the constructor of a class from its annotated fields."""
    names = model.home.names
    decorators = [each.func if isinstance(each, ast.Call) else each for each in model.node.decorator_list]
    return any(inverted("classes", "decorators").get(names.qualified(each) or "") in RECORDS for each in decorators)


def fields(model: ClassModel) -> list[ast.AnnAssign]:
    """The annotated fields of a class that its constructor takes, in order."""
    if not is_record(model):
        return []
    found = [each for each in model.node.body if isinstance(each, ast.AnnAssign)]
    return [each for each in found if not is_of_class(model, each) and not is_left_out(each)]


def is_of_class(model: ClassModel, field: ast.AnnAssign) -> bool:
    """Whether an annotation says that a name belongs to the class, or to its constructor alone."""
    outer = field.annotation.value if isinstance(field.annotation, ast.Subscript) else field.annotation
    return model.home.names.qualified(outer) in ("typing.ClassVar", "dataclasses.InitVar")


def is_left_out(field: ast.AnnAssign) -> bool:
    """Whether `field(init=False)` keeps a field out of the constructor."""
    keywords = field.value.keywords if isinstance(field.value, ast.Call) else []
    return any(
        each.arg == "init" and isinstance(each.value, ast.Constant) and not each.value.value for each in keywords
    )


def bound(method: Method, call: ast.Call, first: int) -> Iterator[tuple[ast.arg, ast.expr]]:
    """The parameters of a method with the arguments that a call gives them, of which the first ones are for `self`;
    none after `*`."""
    parameters = [*method.args.posonlyargs, *method.args.args][1:]
    for parameter, argument in zip(parameters, call.args[first:], strict=False):
        if isinstance(argument, ast.Starred):
            break
        yield parameter, argument
    named = {parameter.arg: parameter for parameter in (*parameters, *method.args.kwonlyargs)}
    for keyword in call.keywords:
        if keyword.arg in named:
            yield named[keyword.arg], keyword.value
