"""What one class is: its methods with their kind, what is stored in which attribute, and what is cut again."""

from __future__ import annotations

import ast
import enum
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from memlint.facts.names import Names
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts.classes import Classes

Method: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
MAKING = frozenset({"__init__", "__new__", "__post_init__"})
"""Methods whose work is part of making the instance."""
STATIC = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
"""Methods whose first parameter is no instance, without a decorator saying so."""
CLASS_PARAMETERS = frozenset({"cls", "klass", "mcs", "mcls", "metacls"})
"""What the first parameter is called where it is a class, whatever the decorators say."""


class MethodKind(enum.Enum):
    INSTANCE = "instance"
    STATIC = "static"
    CLASS = "class"
    PROPERTY = "property"
    UNKNOWN = "unknown"


@dataclass(eq=False)
class Store:
    """A value put into an attribute of an instance, or into a container that the attribute holds."""

    attribute: str
    value: ast.expr
    by: ast.stmt
    method: Method
    inside: bool = False
    """Whether the value goes into a container in the attribute."""

    @property
    def instance(self) -> str:
        """What the storing method calls its instance."""
        return first_parameter(self.method) or ""


@dataclass(eq=False)
class Cut:
    """A place where a method makes an attribute of its own instance let go of what it holds."""

    attribute: str
    by: ast.stmt
    method: Method
    is_emptying: bool = False
    """Whether it takes out what a container holds, as `.clear()` does, and leaves the container."""


@dataclass(eq=False)
class ClassModel:
    """One class, and the classes of the file that defines it."""

    node: ast.ClassDef
    home: Classes = field(repr=False)
    bases: list[ClassModel] = field(default_factory=list)
    """Those of the same file."""
    methods: dict[str, Method] = field(default_factory=dict)
    kinds: dict[str, MethodKind] = field(default_factory=dict)
    assigned: set[str] = field(default_factory=set)
    """Names that the class body binds to what a call returns, which may be a descriptor."""
    stores: list[Store] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    is_metaclass: bool = False

    def local_lineage(self) -> Iterator[ClassModel]:
        """The class and its bases in the same file, nearest first."""
        return lineage(self, lambda model: model.bases)

    def lineage(self) -> Iterator[ClassModel]:
        """The class and its bases in all files, nearest first; bases elsewhere are looked up on the way."""
        return lineage(self, lambda model: model.home.bases_of(model))

    def kind(self, name: str) -> MethodKind | None:
        """The kind of a method, also of a base in another file; None where none of that name is found."""
        return next((model.kinds[name] for model in self.lineage() if name in model.kinds), None)

    def intercepts(self, attribute: str) -> bool:
        """Whether storing the attribute may run code: a property or another descriptor, `__setattr__`."""
        return any(
            attribute in model.assigned
            or model.kinds.get(attribute) in (MethodKind.PROPERTY, MethodKind.UNKNOWN)
            or "__setattr__" in model.methods
            for model in self.lineage()
        )

    def stores_of(self, attribute: str) -> list[Store]:
        return [store for store in self.stores if store.attribute == attribute and not store.inside]


def lineage(model: ClassModel, bases: Callable[[ClassModel], list[ClassModel]]) -> Iterator[ClassModel]:
    seen: set[ClassModel] = set()
    waiting = deque([model])
    while waiting:
        current = waiting.popleft()
        if current not in seen:
            seen.add(current)
            yield current
            waiting += bases(current)


def class_body(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that a class body runs, into `if`, `try` and `with`."""
    for statement in statements:
        yield statement
        if isinstance(statement, (ast.If, ast.Try, ast.With)):
            for field_name in ("body", "orelse", "finalbody"):
                yield from class_body(getattr(statement, field_name, ()))
            for handler in getattr(statement, "handlers", ()):
                yield from class_body(handler.body)


def method_kind(method: Method, names: Names) -> MethodKind:
    """The kind of a function in a class body, by its name and decorators."""
    if method.name in STATIC:
        return MethodKind.CLASS
    kind = MethodKind.INSTANCE
    for decorator in method.decorator_list:
        qualified = names.qualified(decorator.func if isinstance(decorator, ast.Call) else decorator)
        if qualified == "builtins.staticmethod":
            return MethodKind.STATIC
        if qualified == "builtins.classmethod":
            return MethodKind.CLASS
        if qualified in ("builtins.property", "functools.cached_property"):
            return MethodKind.PROPERTY
        if qualified not in known("calls", "transparent", "method"):
            kind = MethodKind.UNKNOWN
    return kind


def first_parameter(method: Method) -> str | None:
    parameters = [*method.args.posonlyargs, *method.args.args]
    return parameters[0].arg if parameters else None
