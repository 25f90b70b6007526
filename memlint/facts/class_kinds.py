"""What sort of class a class is: by its decorators, and by its bases, of this file or of a library."""

from __future__ import annotations

import ast
import builtins
import enum
from functools import cached_property

from memlint.facts.classes import Classes, ClassModel
from memlint.facts.names import DefinitionKind, Names
from memlint.knowledge import names as known
from memlint.knowledge import table


class ClassKind(enum.Enum):
    """Sorts of classes that treat what their body says in ways of their own; the values are keys of classes.toml."""

    PLAIN = "plain"
    DATACLASS = "dataclass"
    ATTRS = "attrs"
    PYDANTIC = "pydantic"
    NAMED_TUPLE = "named_tuple"
    TYPED_DICT = "typed_dict"
    PROTOCOL = "protocol"
    ENUM = "enum"
    EXCEPTION = "exception"
    MODEL = "model"
    TEST = "test"
    METACLASS = "metaclass"


class ClassKinds:
    """Tells the kind of each class of a file."""

    def __init__(self, classes: Classes, names: Names) -> None:
        self.classes = classes
        self.names = names
        self._known: dict[ClassModel, ClassKind] = {}

    def of(self, model: ClassModel) -> ClassKind:
        """The kind of a class: what its own decorators make of it, else its bases, else its tests."""
        if model not in self._known:
            self._known[model] = self._decorated(model) or self._derived(model) or self._own(model)
        return self._known[model]

    def has_hidden_bases(self, model: ClassModel) -> bool:
        """Whether a class inherits from one that this file does not show, builtins and those without state apart."""
        shown = known("classes", "bases", "plain")
        for each in model.local_lineage():
            hidden = 0
            for base in each.node.bases:
                name = self.qualified(base)
                hidden += not (name in shown or name.startswith("builtins.") or self._is_kind_maker(name))
            if hidden > len(each.bases):
                return True
        return False

    def has_hidden_makers(self, model: ClassModel) -> bool:
        """Whether a decorator or metaclass that is not known decides on the class or on its instances."""
        decorators = set().union(*table("classes")["decorators"].values())
        return any(
            any(self.qualified(decorator) not in decorators for decorator in each.node.decorator_list)
            or any(self.qualified(keyword.value) != "abc.ABCMeta" for keyword in each.node.keywords if keyword.arg)
            for each in model.local_lineage()
        )

    def qualified(self, expression: ast.expr) -> str:
        """The name of a base or decorator: of the class that it is made from, where it is called or subscripted."""
        while isinstance(expression, (ast.Subscript, ast.Call)):
            expression = expression.value if isinstance(expression, ast.Subscript) else expression.func
        if isinstance(expression, ast.Name) and (binding := self.names.binding(expression)) is not None:
            sole = binding.sole
            if sole and sole.kind is DefinitionKind.ASSIGNMENT and isinstance(sole.value, ast.Call):
                return self.names.qualified(sole.value.func) or ""
        return self.names.qualified(expression) or ""

    def _decorated(self, model: ClassModel) -> ClassKind | None:
        for decorator in model.node.decorator_list:
            kind = self._decorators.get(self.qualified(decorator))
            if kind is not None and kind is not ClassKind.PLAIN:
                return kind
        return None

    def _derived(self, model: ClassModel) -> ClassKind | None:
        """The kind that the bases say: named ones first, then the classes of this file, then what names end in."""
        for base in model.node.bases:
            name = self.qualified(base)
            kind = ClassKind.EXCEPTION if is_builtin_exception(name) else self._bases.get(name)
            if kind is not None and kind is not ClassKind.PLAIN:
                return kind
        for parent in model.bases:
            if parent not in self._known:
                self._known[parent] = ClassKind.PLAIN
                self._known[parent] = self._decorated(parent) or self._derived(parent) or self._own(parent)
            if self._known[parent] is not ClassKind.PLAIN:
                return self._known[parent]
        shown = {parent.node.name for parent in model.bases}
        endings = (self._ending(last_name(base)) for base in model.node.bases if last_name(base) not in shown)
        return next((kind for kind in endings if kind is not None), None)

    def _own(self, model: ClassModel) -> ClassKind:
        """A class of pytest is called `Test…` and has test methods; all others are plain."""
        tests = model.node.name.startswith("Test") and any(name.startswith("test") for name in model.methods)
        return ClassKind.TEST if tests else ClassKind.PLAIN

    def _ending(self, name: str) -> ClassKind | None:
        for kind, endings in table("classes")["endings"].items():
            if name.endswith(tuple(endings)):
                return ClassKind(kind)
        return None

    def _is_kind_maker(self, name: str) -> bool:
        return name in self._bases

    @cached_property
    def _bases(self) -> dict[str, ClassKind]:
        return by_name("bases")

    @cached_property
    def _decorators(self) -> dict[str, ClassKind]:
        return by_name("decorators")


def by_name(section: str) -> dict[str, ClassKind]:
    """The kind that each name of a section makes a class."""
    return {name: ClassKind(kind) for kind, listed in table("classes")[section].items() for name in listed}


def is_builtin_exception(name: str) -> bool:
    found = getattr(builtins, name.removeprefix("builtins."), None) if name.startswith("builtins.") else None
    return isinstance(found, type) and issubclass(found, BaseException)


def last_name(base: ast.expr) -> str:
    while isinstance(base, (ast.Subscript, ast.Call)):
        base = base.value if isinstance(base, ast.Subscript) else base.func
    return base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
