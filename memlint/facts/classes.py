"""Models of classes: methods with their kind, what is stored in which attribute, and who cuts it again."""

from __future__ import annotations

import ast
import enum
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from memlint.facts.layout import Tree
from memlint.facts.names import Binding, DefinitionKind, Names
from memlint.facts.writes import Write, Writes, targets_of
from memlint.knowledge import names as known

Method: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
MAKING = frozenset({"__init__", "__new__", "__post_init__"})
STATIC = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})
"""Methods whose first parameter is no instance, without a decorator saying so."""
CLASS_PARAMETERS = frozenset({"cls", "klass", "mcs", "mcls", "metacls"})
"""What the first parameter is called where it is a class, whatever the decorators say."""
PLAIN_CALLS = ("attr.", "attrs.", "builtins.", "collections.", "dataclasses.")
"""Whose results, bound in a class body, are no descriptors; `builtins.property` is one."""


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


@dataclass(eq=False)
class ClassModel:
    """One class of this file."""

    node: ast.ClassDef
    bases: list[ClassModel] = field(default_factory=list)
    methods: dict[str, Method] = field(default_factory=dict)
    kinds: dict[str, MethodKind] = field(default_factory=dict)
    assigned: set[str] = field(default_factory=set)
    """Names that the class body binds to what a call returns, which may be a descriptor."""
    stores: list[Store] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    is_metaclass: bool = False

    def lineage(self) -> Iterator[ClassModel]:
        """The class and its bases in this file, nearest first."""
        seen: set[ClassModel] = set()
        waiting = [self]
        while waiting:
            model = waiting.pop(0)
            if model not in seen:
                seen.add(model)
                yield model
                waiting += model.bases

    def kind(self, name: str) -> MethodKind | None:
        """The kind of a method; None where this file does not show one of that name."""
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


class Classes:
    """The classes of a file."""

    def __init__(self, tree: Tree, names: Names) -> None:
        self.tree = tree
        self.names = names
        self.writes = Writes(tree, names)
        nodes = [node for node in tree.parents if isinstance(node, ast.ClassDef)]
        self.models = {node: self._methods(ClassModel(node)) for node in nodes}
        self.cut_from_outside: set[str] = set()
        """Attributes that some code here cuts on another object than its own instance."""
        for model in self.models.values():
            self._bases(model)
        for node in tree.parents:
            if isinstance(node, ast.stmt):
                for write in self.writes.of(node):
                    self._enter(node, write)

    def of(self, node: ast.ClassDef) -> ClassModel:
        return self.models[node]

    def within(self, first: int, last: int) -> list[ClassModel]:
        """The classes whose statement begins on one of these lines."""
        lines, models = self._by_line
        return models[bisect_left(lines, first) : bisect_right(lines, last)]

    @cached_property
    def _by_line(self) -> tuple[list[int], list[ClassModel]]:
        models = sorted(self.models.values(), key=lambda model: model.node.lineno)
        return [model.node.lineno for model in models], models

    def instance(self, expression: ast.AST) -> ClassModel | None:
        """The class that an expression is the current instance of: the first parameter of a method, also where a
        nested function reads it."""
        if not isinstance(expression, ast.Name):
            return None
        binding = self.names.binding(expression)
        if binding is None or binding.sole is None or binding.sole.kind is not DefinitionKind.PARAMETER:
            return None
        method = binding.scope.node
        if not isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)) or first_parameter(method) != expression.id:
            return None
        model = self._class_of(method)
        if model is None or expression.id in CLASS_PARAMETERS or model.kinds.get(method.name) is None:
            return None
        if method_kind(method, self.names) in (MethodKind.STATIC, MethodKind.CLASS):
            return None
        return None if any(each.is_metaclass for each in model.lineage()) else model

    def instance_binding(self, store: Store) -> Binding | None:
        """The variable that the storing method calls its instance."""
        parameters = [*store.method.args.posonlyargs, *store.method.args.args]
        return self.names.binding_of(parameters[0]) if parameters else None

    def _class_of(self, method: ast.AST) -> ClassModel | None:
        """The class whose body defines a function, also under `if` or `try`."""
        for outer in self.tree.ancestors(method):
            if isinstance(outer, ast.ClassDef):
                return self.models[outer]
            if not isinstance(outer, (ast.If, ast.Try, ast.With)):
                return None
        return None

    def is_lasting(self, model: ClassModel, store: Store) -> bool:
        """Whether a stored value stays: it goes into a plain attribute, or a container there, which nothing cuts."""
        if model.intercepts(store.attribute) or self.is_cut(model, store):
            return False
        return not store.inside or self.holds_container(model, store.attribute)

    def holds_container(self, model: ClassModel, attribute: str) -> bool:
        """Whether an attribute of the instance holds a builtin container: some store says so, or no code of this file
        says what it holds. What the class body binds is shared by all instances, and belongs to none."""
        lineage = list(model.lineage())
        stores = [store for each in lineage for store in each.stores_of(attribute)]
        if stores:
            return any(self.writes.makes_container(store.value) for store in stores)
        return not any(attribute in self.names.inner(each.node).bindings for each in lineage)

    def kept_arguments(self, call: ast.Call) -> Iterator[ast.expr]:
        """The arguments that an instance of a class of this file, made by the call, keeps in attributes of its own."""
        binding = self.names.binding(call.func) if isinstance(call.func, ast.Name) else None
        made = self._class_bound(binding)
        maker = next((each for each in made.lineage() if "__init__" in each.methods), None) if made else None
        if made is None or maker is None or maker.methods["__init__"].decorator_list or made.node.keywords:
            return
        for parameter, argument in bound(maker.methods["__init__"], call):
            given = self.names.binding_of(parameter)
            if given and given.sole and any(self._keeps(made, store, given) for store in maker.stores):
                yield argument

    def _makes_object(self, call: ast.Call) -> bool:
        """Whether a call makes an instance of a class of this file which is no container by its bases."""
        binding = self.names.binding(call.func) if isinstance(call.func, ast.Name) else None
        made = self._class_bound(binding)
        return made is not None and all(self._is_known(each) and not each.node.bases for each in made.lineage())

    def _class_bound(self, binding: Binding | None) -> ClassModel | None:
        """The class that a name stands for all through its scope."""
        node = binding.sole.node if binding and binding.sole else None
        return self.models.get(node) if isinstance(node, ast.ClassDef) else None

    def _keeps(self, made: ClassModel, store: Store, given: Binding) -> bool:
        """Whether a store puts what a parameter gave, on some branch, into an attribute for good."""
        values = store.value.values if isinstance(store.value, ast.BoolOp) else [store.value]
        is_given = any(isinstance(each, ast.Name) and self.names.binding(each) is given for each in values)
        return is_given and self.is_lasting(made, store)

    def is_cut(self, model: ClassModel, store: Store) -> bool:
        """Whether the link that a store makes is cut: in another method of the class, its bases or subclasses here,
        later in the same method, or by code that reaches into the instance. `__init__` cuts nothing: there
        `self.x = None` declares."""
        is_object = not store.inside and isinstance(store.value, ast.Call) and self._makes_object(store.value)
        return store.attribute in self.cut_from_outside or any(
            cut.attribute in (store.attribute, "*") and not (cut.is_emptying and is_object) and self._undoes(cut, store)
            for other in self._related(model)
            for cut in other.cuts
        )

    def is_closed(self, model: ClassModel, attribute: str) -> bool:
        """Whether a method of the class, its bases or subclasses here closes what an attribute holds."""
        calls = (node.func for node in self.tree.parents if isinstance(node, ast.Call))
        closed = (each.value for each in calls if isinstance(each, ast.Attribute) and each.attr in ("aclose", "close"))
        owners = (each.value for each in closed if isinstance(each, ast.Attribute) and each.attr == attribute)
        related = self._related(model)
        return any(owner in related for each in owners if (owner := self.instance(each)))

    def _related(self, model: ClassModel) -> list[ClassModel]:
        """The class with its bases and subclasses in this file."""
        return [*model.lineage(), *self._derived[model]]

    @cached_property
    def _derived(self) -> dict[ClassModel, list[ClassModel]]:
        """The subclasses of each class."""
        derived: dict[ClassModel, list[ClassModel]] = {model: [] for model in self.models.values()}
        for model in self.models.values():
            for base in model.lineage():
                if base is not model:
                    derived[base].append(model)
        return derived

    def is_ever_cut(self, attribute: str) -> bool:
        """Whether any code of this file, in whatever class, cuts an attribute of that name."""
        cuts = (cut for model in self.models.values() for cut in model.cuts)
        return attribute in self.cut_from_outside or any(
            cut.attribute == attribute and cut.method.name not in MAKING for cut in cuts
        )

    def _undoes(self, cut: Cut, store: Store) -> bool:
        """Whether a cut may run after a store, and not as part of making the instance: later in the same run of a
        method, in the next one, or in another method."""
        is_making = store.method.name in MAKING
        if cut.method is not store.method:
            return cut.method.name not in MAKING or self.tree.function(cut.by) is not cut.method
        if self.tree.function(cut.by) is not self.tree.function(store.by):
            return True
        if cut.by.lineno > store.by.lineno:
            return not (is_making and self._excludes(cut.by, store.by))
        return not is_making and self.tree.parents[cut.by] not in self.tree.ancestors(store.by)

    def _excludes(self, one: ast.stmt, other: ast.stmt) -> bool:
        """Whether two statements stand in different branches of one `if`, with no loop around it."""
        inner: ast.AST = one
        around_other = [other, *self.tree.ancestors(other)]
        for outer in self.tree.ancestors(one):
            if outer in around_other:
                branch = around_other[around_other.index(outer) - 1]
                is_split = isinstance(outer, ast.If) and (inner in outer.body) != (branch in outer.body)
                is_split = is_split or (isinstance(outer, ast.Match) and inner is not branch)
                return is_split and self.tree.enclosing(outer, ast.For, ast.AsyncFor, ast.While) is None
            inner = outer
        return False

    def is_plain(self, model: ClassModel, store: Store) -> bool:
        """Whether a store is a statement of its own in `__init__`, without a condition, all bases are known, and
        nothing else in this file writes or names the attribute: the class can define it instead, and hides nothing."""
        name = store.attribute
        return (
            store.method.name == "__init__"
            and store.by in store.method.body
            and not store.inside
            and not model.node.decorator_list
            and all(self._is_known(each) for each in model.lineage())
            and isinstance(store.by, (ast.Assign, ast.AnnAssign))
            and [type(target) for target in targets_of(store.by)] == [ast.Attribute]
            and self._writes[name] == 1
            and not (name.startswith("__") and name.endswith("__"))
            and all(name not in self.names.inner(each.node).bindings for each in self._related(model))
            and not self._is_read_in_body(model.node, name)
        )

    def _is_known(self, model: ClassModel) -> bool:
        """Whether this file shows all that a class inherits, builtin classes apart."""
        builtin = 0
        for base in model.node.bases:
            name = self.names.qualified(base.value if isinstance(base, ast.Subscript) else base) or ""
            builtin += name.startswith("builtins.") or name in ("abc.ABC", "typing.Generic", "typing.Protocol")
        return len(model.bases) + builtin == len(model.node.bases) and not model.node.keywords

    @cached_property
    def _writes(self) -> Counter[str]:
        """How often attributes of each name are bound or deleted, or a string names them."""
        return Counter(
            node.attr if isinstance(node, ast.Attribute) else str(node.value)
            for node in self.tree.parents
            if (isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load))
            or (isinstance(node, ast.Constant) and isinstance(node.value, str))
        )

    def _is_read_in_body(self, node: ast.ClassDef, name: str) -> bool:
        """Whether the body of a class reads a name, which a new definition in it would hide."""
        scope = self.names.inner(node)
        return any(
            isinstance(use, ast.Name) and use.id == name and self.names.scope_of(use) is scope for use in ast.walk(node)
        )

    def is_singleton(self, model: ClassModel) -> bool:
        """Whether the class is instantiated at module level, outside loops, and nowhere else in this file."""
        binding = self.names.binding_of(model.node)
        if binding is None or binding.scope is not self.names.module:
            return False
        calls = [use for use in binding.uses if self._is_called(use)]
        return len(calls) == 1 and all(
            isinstance(outer, (ast.expr, ast.Assign, ast.AnnAssign, ast.Expr, ast.Module, ast.keyword))
            for outer in self.tree.ancestors(calls[0])
        )

    def _is_called(self, use: ast.Name) -> bool:
        parent = self.tree.parents[use]
        return isinstance(parent, ast.Call) and parent.func is use

    def _methods(self, model: ClassModel) -> ClassModel:
        for statement in class_body(model.node.body):
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                model.methods[statement.name] = statement
                kind = method_kind(statement, self.names)
                if model.kinds.setdefault(statement.name, kind) is not kind:
                    model.kinds[statement.name] = MethodKind.UNKNOWN
            elif isinstance(statement, (ast.Assign, ast.AnnAssign)) and self._may_describe(statement.value):
                model.assigned.update(each.id for each in targets_of(statement) if isinstance(each, ast.Name))
        return model

    def _may_describe(self, value: ast.expr | None) -> bool:
        """Whether a value in a class body may be a descriptor, so that the attribute is not what was stored in it."""
        if not isinstance(value, ast.Call):
            return False
        maker = self.names.qualified(value.func) or ""
        return maker == "builtins.property" or not maker.startswith(PLAIN_CALLS)

    def _bases(self, model: ClassModel) -> None:
        for base in model.node.bases:
            binding = self.names.binding(base) if isinstance(base, ast.Name) else None
            sole = binding.sole if binding else None
            if sole and isinstance(sole.node, ast.ClassDef):
                model.bases.append(self.models[sole.node])
            if self.names.qualified(base) in ("builtins.type", "abc.ABCMeta", "enum.EnumMeta", "enum.EnumType"):
                model.is_metaclass = True

    def _enter(self, statement: ast.stmt, write: Write) -> None:
        """Enter a write with the class of the instance whose attribute it is about."""
        attribute = write.attribute.attr
        model, method = self.instance(write.attribute.value), self._own_method(write.attribute.value)
        if write.value is not None:
            if model and method:
                model.stores.append(Store(attribute, write.value, statement, method, write.inside))
            return
        attribute = "*" if attribute == "__dict__" else attribute
        if model and method:
            model.cuts.append(Cut(attribute, statement, method, write.is_emptying))
        elif not write.is_swap:
            self.cut_from_outside.add(attribute)

    def _own_method(self, instance: ast.expr) -> Method | None:
        """The method whose first parameter an expression reads."""
        binding = self.names.binding(instance) if isinstance(instance, ast.Name) else None
        node = binding.scope.node if binding else None
        return node if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else None


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


def bound(method: Method, call: ast.Call) -> Iterator[tuple[ast.arg, ast.expr]]:
    """The parameters of a method with the arguments that a call on its instance or class gives them; none after `*`."""
    parameters = [*method.args.posonlyargs, *method.args.args][1:]
    for parameter, argument in zip(parameters, call.args, strict=False):
        if isinstance(argument, ast.Starred):
            break
        yield parameter, argument
    named = {parameter.arg: parameter for parameter in (*parameters, *method.args.kwonlyargs)}
    for keyword in call.keywords:
        if keyword.arg in named:
            yield named[keyword.arg], keyword.value
