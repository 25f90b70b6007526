"""Slots: whether the instances of a class that has some are without a dictionary."""

from __future__ import annotations

import ast
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.class_kinds import is_builtin_exception
from memlint.facts.class_model import ClassModel, class_body
from memlint.facts.classes import generic
from memlint.facts.shapes import last_name
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

OWN = frozenset({"__dict__", "__weakref__"})
METACLASSES = frozenset({"abc.ABCMeta"})


class Useless(NamedTuple):
    """The statement that gives slots, and the bases by which every instance has a dictionary all the same."""

    statement: ast.stmt
    bases: tuple[ClassModel, ...]


class Slots:
    """Asks of classes what their slots are good for."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def useless(self, model: ClassModel) -> Useless | None:
        """The slots of a class one of whose bases has none."""
        statement = slots_of(model)
        names = names_of(statement) if statement is not None else set()
        if statement is None or all(map(is_special, names)) or names & OWN or model.node.decorator_list:
            return None
        if any(keyword.arg == "metaclass" and not is_known(model, keyword) for keyword in model.node.keywords):
            return None
        if any(map(reads_slots, model.lineage())):
            return None
        if any(map(is_exception, model.lineage())) or self.is_compiled or self.is_for_open_ones(model):
            return None
        if any(names.isdisjoint((each.attribute, mangled(model, each.attribute))) for each in model.stores):
            return None
        bases = tuple(each for each in model.lineage() if each is not model and self.has_dictionary(each))
        return Useless(statement, bases) if bases and not any(map(is_overridden, bases)) else None

    def is_for_open_ones(self, model: ClassModel) -> bool:
        """Whether a class is there to be derived from, and the classes of the file that are have no slots."""
        derived = self.facts.classes.derived[model]
        if not derived:
            decorators = (each for method in model.methods.values() for each in method.decorator_list)
            return any(last_name(each) == "abstractmethod" for each in decorators)
        return not any("__slots__" in each.home.names.inner(each.node).bindings for each in derived)

    @cached_property
    def without_weak(self) -> set[str]:
        """The names of the classes of the file to whose instances no weak reference can be made."""
        models = self.facts.classes.models.values()
        return {model.node.name for model in models if all(map(is_without_weak, model.lineage()))}

    @cached_property
    def is_compiled(self) -> bool:
        """Whether declarations of Cython lie beside the file, which make its classes ones without a dictionary."""
        return Path(self.facts.source.path).with_suffix(".pxd").is_file()

    def has_dictionary(self, model: ClassModel) -> bool:
        """Whether a class certainly gives its instances a dictionary: it has no slots, and nothing else makes it."""
        scope = model.home.names.inner(model.node)
        if "__slots__" in scope.bindings or model.node.decorator_list or is_rewritten(model):
            return False
        return all(is_open(each) for each in model.lineage())


def is_without_weak(model: ClassModel) -> bool:
    """Whether a class has slots, written out, and none of them is for weak references; and no base but of this sort."""
    statement = slots_of(model)
    is_bare = len(model.home.bases_of(model)) == len(model.node.bases) and not model.node.decorator_list
    return statement is not None and is_bare and not names_of(statement) & OWN


def is_overridden(model: ClassModel) -> bool:
    """Whether methods of a class store what its body gives a default: a slot of that name would not go beside it."""
    bindings = model.home.names.inner(model.node).bindings
    return any(store.attribute in bindings for store in model.stores)


def is_exception(model: ClassModel) -> bool:
    """Whether a class is an exception, whose dictionary is made only when something is put there: its slots help."""
    return any(is_builtin_exception(model.home.names.qualified(generic(base)) or "") for base in model.node.bases)


def is_open(model: ClassModel) -> bool:
    """Whether all bases of a class are known, and no metaclass makes it but that of abstract classes."""
    if any(not is_known(model, keyword) for keyword in model.node.keywords):
        return False
    found = len(model.home.bases_of(model))
    names = [model.home.names.qualified(generic(base)) or "" for base in model.node.bases]
    stateless = known("classes", "bases", "plain") | known("classes", "bases", "protocol")
    builtin = sum(name in stateless or is_builtin_exception(name) for name in names)
    return not model.is_metaclass and found + builtin == len(model.node.bases)


def is_known(model: ClassModel, keyword: ast.keyword) -> bool:
    return keyword.arg == "metaclass" and model.home.names.qualified(keyword.value) in METACLASSES


def is_rewritten(model: ClassModel) -> bool:
    """Whether a class is one of several that its name may mean."""
    binding = model.home.names.binding_of(model.node)
    outer = model.home.tree.parents[model.node]
    is_choice = isinstance(outer, (ast.Try, ast.ExceptHandler)) or not is_constant(outer)
    return binding is None or binding.sole is None or is_choice


def is_constant(statement: ast.AST) -> bool:
    """Whether a statement is no choice that depends on anything."""
    return not isinstance(statement, ast.If) or isinstance(statement.test, ast.Constant)


def reads_slots(model: ClassModel) -> bool:
    """Whether the methods of a class go by the names of the slots, as a list of its fields."""
    reads = (node for node in walk(model.node) if isinstance(node, (ast.Attribute, ast.Constant)))
    return any("__slots__" in (getattr(each, "attr", ""), getattr(each, "value", "")) for each in reads)


def mangled(model: ClassModel, attribute: str) -> str:
    """What a private attribute is called outside its class."""
    return f"_{model.node.name.lstrip('_')}{attribute}" if attribute.startswith("__") else attribute


def is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def slots_of(model: ClassModel) -> ast.stmt | None:
    """The one statement of a class body that gives slots."""
    found = [each for each in class_body(model.node.body) if gives_slots(each)]
    return found[0] if len(found) == 1 and found[0] in model.node.body else None


def gives_slots(statement: ast.stmt) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return any(isinstance(target, ast.Name) and target.id == "__slots__" for target in targets)


def names_of(statement: ast.stmt) -> set[str]:
    """The names of slots that are written out."""
    value = getattr(statement, "value", None)
    if isinstance(value, (ast.Tuple, ast.List, ast.Set)):
        return {str(each.value) for each in value.elts if isinstance(each, ast.Constant)}
    if isinstance(value, ast.Dict):
        return {str(each.value) for each in value.keys if isinstance(each, ast.Constant)}
    return {str(value.value)} if isinstance(value, ast.Constant) else set()
