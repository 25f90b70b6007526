"""Defaults of fields and context variables: one object for all who leave the value out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.class_kinds import ClassKind
from memlint.facts.classes import MAKING, ClassModel
from memlint.facts.escape import Role
from memlint.facts.keeping import is_of_class
from memlint.facts.kinds import MUTABLE
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

CHANGED = frozenset({Role.MUTATED, Role.ELEMENT_MUTATED})
DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.Call)

WITHOUT_HASH = frozenset({"kw_only", "match_args", "order", "repr", "slots"})
"""Options of `dataclass` that leave an instance without a hash, as it is without any."""


class SharedDefault(NamedTuple):
    """A container that is the default of a field or context variable, and where this file changes one, if it does."""

    value: ast.expr
    name: str
    owner: ClassKind | None
    """The kind of the class whose field it is; None for a context variable."""
    change: ast.AST | None
    keyword: ast.keyword | None = None
    is_refused: bool = False
    """Whether Python refuses it from 3.11 on: an instance that can be changed and that has no hash."""
    is_supposed: bool = False
    """Whether it is an instance of a class that may be one of those which nobody can change."""


class Fields:
    """Finds such defaults, where nothing makes a new object for each."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @cached_property
    def shared(self) -> list[SharedDefault]:
        """All of the file, in the order of the source."""
        found = [*self._variables(), *self._of_classes(), *self._of_factories()]
        return sorted(found, key=lambda each: (each.value.lineno, each.value.col_offset))

    def within(self, first: int, last: int) -> list[SharedDefault]:
        return [each for each in self.shared if first <= each.value.lineno <= last]

    def _variables(self) -> Iterator[SharedDefault]:
        """Context variables whose default is changed where it is read."""
        for call in self._calls("context"):
            keyword = default_of(call)
            if keyword is None or not self.is_container(keyword.value):
                continue
            changes = (touch for read in self._reads(call) for touch in self.facts.elements.touches(read))
            change = next((each.by for each in changes if each.role in CHANGED and not each.is_element), None)
            if change is not None:
                yield SharedDefault(keyword.value, self._bound_name(call), None, change, keyword)

    def _reads(self, call: ast.Call) -> Iterator[ast.Call]:
        """The calls of `get` on a context variable that a name of the module holds."""
        for same in self.facts.elements.same(call):
            method = self.facts.tree.parents[same]
            got = self.facts.tree.parents[method]
            if (
                isinstance(method, ast.Attribute)
                and method.attr == "get"
                and isinstance(got, ast.Call)
                and not got.args
            ):
                yield got

    def _of_classes(self) -> Iterator[SharedDefault]:
        """Annotated fields of classes whose machinery takes a container as it is, and fields made by attrs."""
        for model in self.facts.classes.models.values():
            kind = self.facts.class_kinds.of(model)
            if kind not in (ClassKind.ATTRS, ClassKind.NAMED_TUPLE, ClassKind.DATACLASS):
                continue
            if kind is ClassKind.ATTRS and "__init__" in model.methods:
                continue
            for statement in model.node.body:
                if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
                    continue
                target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
                if isinstance(target, ast.Name) and not self.is_read_only(statement):
                    yield from self._of_field(model, target.id, statement)

    def _of_field(self, model: ClassModel, name: str, statement: ast.Assign | ast.AnnAssign) -> Iterator[SharedDefault]:
        kind, value, keyword = self.facts.class_kinds.of(model), statement.value, None
        if kind is ClassKind.ATTRS and isinstance(value, ast.Call) and self._is(value, "attrs"):
            keyword = default_of(value)
            value = keyword.value if keyword and not any(each.arg == "converter" for each in value.keywords) else None
        elif not isinstance(statement, ast.AnnAssign):
            return
        if kind is ClassKind.DATACLASS and value is not None and isinstance(statement, ast.AnnAssign):
            made = None if is_of_class(model, statement) else self.refused(value)
            if made is not None:
                yield SharedDefault(made, name, kind, None, is_refused=True)
                return
        if kind is not ClassKind.NAMED_TUPLE and isinstance(statement, ast.AnnAssign) and self.is_instance(statement):
            yield SharedDefault(statement.value or statement, name, kind, None, is_supposed=True)  # type: ignore[arg-type]
            return
        if value is None or not (
            self.holds_container(value) if kind is ClassKind.DATACLASS else self.is_container(value)
        ):
            return
        if self.is_always_given(model, name):
            return
        change = self._change(name, model)
        if change is not None or kind is ClassKind.ATTRS:
            yield SharedDefault(value, name, kind, change, keyword)

    def is_instance(self, statement: ast.AnnAssign) -> bool:
        """Whether a default is an instance of the very class that its annotation names, one that can be changed as far
        as is known."""
        value = statement.value
        if not isinstance(value, ast.Call) or self.is_container(value):
            return False
        if ast.unparse(value.func) != ast.unparse(statement.annotation).strip("'\""):
            return False
        name = self.facts.names.qualified(value.func) or ""
        last, package = name.rpartition(".")[2] or ast.unparse(value.func), name.partition(".")[0]
        if not last[:1].isupper() or last.isupper() or package in known("classes", "fields", "fixed"):
            return False
        made = self._made(value)
        return made is None or (
            not made.node.decorator_list
            and not made.node.bases
            and any(store.method.name not in MAKING for store in made.stores)
        )

    def refused(self, value: ast.expr) -> ast.Call | None:
        """The call, as a default or by `field(default=…)`, that makes an instance of a dataclass which has no hash."""
        if isinstance(value, ast.Call) and self.facts.names.qualified(value.func) == "dataclasses.field":
            keyword = default_of(value)
            value = keyword.value if keyword else value
        made = self._made(value) if isinstance(value, ast.Call) else None
        if made is None or not isinstance(value, ast.Call) or "__hash__" in made.methods:
            return None
        decorators = made.node.decorator_list
        if len(decorators) != 1 or made.home.facts.names.qualified(bare(decorators[0])) != "dataclasses.dataclass":
            return None
        options = decorators[0].keywords if isinstance(decorators[0], ast.Call) else []
        return None if any(each.arg not in WITHOUT_HASH for each in options) else value

    def _made(self, call: ast.Call) -> ClassModel | None:
        """The class that a call makes an instance of, also one inside another class of this file: `Owner.Part()`."""
        function = call.func
        owner = function.value if isinstance(function, ast.Attribute) else None
        binding = self.facts.names.binding(owner) if isinstance(owner, ast.Name) else None
        outer = binding.sole.node if binding and binding.sole else None
        if isinstance(function, ast.Attribute) and isinstance(outer, ast.ClassDef):
            inner = self.facts.names.inner(outer).bindings.get(function.attr)
            node = inner.sole.node if inner and inner.sole else None
            return self.facts.classes.of(node) if isinstance(node, ast.ClassDef) else None
        return self.facts.classes.made_by(call)

    def is_always_given(self, model: ClassModel, name: str) -> bool:
        """Whether this file makes instances of a class, and gives each of them a value of its own for a field."""
        fields = [getattr(each.target, "id", "") for each in model.node.body if isinstance(each, ast.AnnAssign)]
        place = fields.index(name) if name in fields else len(fields)
        made = [node for node in self.facts.tree.nodes(ast.Call) if self._makes(node, model)]
        return bool(made) and all(gives(call, name, place) for call in made)

    def _makes(self, call: ast.Call, model: ClassModel) -> bool:
        """Whether a call makes an instance of a class: by its name, or by `cls` inside it."""
        if not isinstance(call.func, ast.Name):
            return False
        binding = self.facts.names.binding(call.func)
        if binding is not None and binding is self.facts.names.binding_of(model.node):
            return True
        return call.func.id == "cls" and self.facts.tree.enclosing(call, ast.ClassDef) is model.node

    def _of_factories(self) -> Iterator[SharedDefault]:
        """Containers in the `defaults` of `namedtuple`."""
        for call in self._calls("named_tuple"):
            names = field_names(call)
            defaults = next((each.value for each in call.keywords if each.arg == "defaults"), None)
            if not isinstance(defaults, (ast.List, ast.Tuple)) or len(defaults.elts) > len(names):
                continue
            for name, value in zip(names[len(names) - len(defaults.elts) :], defaults.elts, strict=True):
                change = self._change(name, None) if self.is_container(value) else None
                if change is not None:
                    yield SharedDefault(value, name, ClassKind.NAMED_TUPLE, change)

    def is_container(self, value: ast.expr) -> bool:
        """Whether an expression makes a container that can be changed."""
        return isinstance(value, DISPLAYS) and self.facts.kinds.of(value) in MUTABLE

    def holds_container(self, value: ast.expr) -> bool:
        """Whether it makes a tuple with such a container in it, which a dataclass does not refuse."""
        return isinstance(value, ast.Tuple) and any(map(self.is_container, value.elts))

    def is_read_only(self, statement: ast.Assign | ast.AnnAssign) -> bool:
        """Whether an annotation promises that nobody changes the value, or that it is no field."""
        if not isinstance(statement, ast.AnnAssign):
            return False
        words = {
            node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
            for node in walk(statement.annotation)
        }
        return not known("classes", "annotations", "read_only").isdisjoint(words)

    def _change(self, name: str, owner: ClassModel | None) -> ast.AST | None:
        """The first place of this file that changes what an attribute of this name holds, of an object that may be one
        of the class: not the instance of another class, nor where another class has an attribute of that name, too."""
        others = [model for model in self.facts.classes.models.values() if model is not owner]
        if any(model.stores_of(name) or name in self.facts.names.inner(model.node).bindings for model in others):
            others = list(self.facts.classes.models.values())
        for use in self.facts.class_containers.uses(name):
            instance = self.facts.classes.instance(use.value)
            if isinstance(use.ctx, ast.Load) and (instance is owner if instance or owner in others else True):
                change = next((by for role, by in self.facts.escape.roles(use) if role in CHANGED), None)
                if change is not None:
                    return change
        return None

    def _calls(self, maker: str) -> Iterator[ast.Call]:
        return (node for node in self.facts.tree.nodes(ast.Call) if self._is(node, maker))

    def _is(self, call: ast.Call, maker: str) -> bool:
        return self.facts.names.qualified(call.func) in known("classes", "fields", maker)

    def _bound_name(self, call: ast.Call) -> str:
        """The name of the variable that holds the result of a call."""
        for node in walk(self.facts.tree.statement(call) or call):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                return node.id
        return "it"


def bare(decorator: ast.expr) -> ast.expr:
    return decorator.func if isinstance(decorator, ast.Call) else decorator


def gives(call: ast.Call, name: str, place: int) -> bool:
    """Whether a call gives a value for the parameter of a name, the one at a place."""
    is_open = any(isinstance(each, ast.Starred) for each in call.args) or any(
        each.arg is None for each in call.keywords
    )
    return is_open or len(call.args) > place or any(each.arg == name for each in call.keywords)


def default_of(call: ast.Call) -> ast.keyword | None:
    return next((each for each in call.keywords if each.arg == "default"), None)


def field_names(call: ast.Call) -> list[str]:
    """The names of fields in `namedtuple("P", "x y")` or `namedtuple("P", ["x", "y"])`."""
    given = call.args[1] if len(call.args) > 1 else None
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        return given.value.replace(",", " ").split()
    if isinstance(given, (ast.List, ast.Tuple)):
        return [str(each.value) for each in given.elts if isinstance(each, ast.Constant)]
    return []
