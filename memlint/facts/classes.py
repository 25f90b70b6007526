"""Models of classes: methods with their kind, what is stored in which attribute, and who cuts it again."""

from __future__ import annotations

import ast
from bisect import bisect_left, bisect_right
from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.class_model import (
    CLASS_PARAMETERS,
    MAKING,
    ClassModel,
    Cut,
    Method,
    MethodKind,
    Store,
    class_body,
    first_parameter,
    method_kind,
)
from memlint.facts.keeping import bound
from memlint.facts.links import AFTER
from memlint.facts.names import Binding, DefinitionKind, Scope
from memlint.facts.remembered import remembered
from memlint.facts.shapes import is_none
from memlint.facts.writes import Write, Writes, is_attribute, targets_of
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

__all__ = ["MAKING", "ClassModel", "Classes", "Cut", "Method", "MethodKind", "Store"]

ENDING = frozenset({"aclose", "athrow", "close", "throw"})
"""Methods of a generator that end it, or that tell it to end."""

PLAIN_CALLS = ("attr.", "attrs.", "builtins.", "collections.", "dataclasses.")
"""Whose results, bound in a class body, are no descriptors; `builtins.property` is one."""


class Classes:
    """The classes of a file."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = tree = facts.tree
        self.names = facts.names
        self.writes = Writes(tree, facts.names)
        self.models = {node: self._methods(ClassModel(node, self)) for node in tree.nodes(ast.ClassDef)}
        self.stored: list[tuple[ast.stmt, Write]] = []
        """Every write of this file that puts a value into an attribute, in no order."""
        self.cut_from_outside: set[str] = set()
        """Attributes that some code here cuts on another object than its own instance."""
        self.replaced: set[str] = set()
        """Attributes that some code here sets, on another object than its own instance, to what an attribute held."""
        for model in self.models.values():
            self._bases(model)
        for node in tree.parents:
            if isinstance(node, ast.stmt):
                for write in self.writes.of(node):
                    self._enter(node, write)

    def close(self) -> None:
        """Cut the links to the models, which know where they come from."""
        self.__dict__.clear()

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
        binding = self.names.binding(expression) if isinstance(expression, ast.Name) else None
        return None if binding is None else self._owner(binding)

    @remembered
    def _owner(self, binding: Binding) -> ClassModel | None:
        """The class whose current instance a variable is."""
        if binding.sole is None or binding.sole.kind is not DefinitionKind.PARAMETER:
            return None
        method, parameter = binding.scope.node, binding.sole.node
        if not isinstance(method, (ast.FunctionDef, ast.AsyncFunctionDef)) or not isinstance(parameter, ast.arg):
            return None
        model = self._class_of(method) if first_parameter(method) == parameter.arg else None
        if model is None or parameter.arg in CLASS_PARAMETERS or model.kinds.get(method.name) is None:
            return None
        if method_kind(method, self.names) in (MethodKind.STATIC, MethodKind.CLASS):
            return None
        return None if any(each.is_metaclass for each in model.local_lineage()) else model

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
        stores = [(each.home, store.value) for each in lineage for store in each.stores_of(attribute)]
        if stores:
            return any(home.writes.makes_container(value) for home, value in stores)
        return not any(attribute in each.home.names.inner(each.node).bindings for each in lineage)

    def made_by(self, call: ast.Call) -> ClassModel | None:
        """The class that a call makes an instance of, in whatever file."""
        found = self.facts.find(call.func)
        if found is None or not isinstance(found.node, ast.ClassDef):
            return None
        return found.facts.classes.of(found.node)

    def is_replaced(self, model: ClassModel, store: Store) -> bool:
        """Whether a store puts a parameter in the place of a fallback, `root or self`, and every call of this file that
        makes an instance gives that parameter."""
        is_choice = isinstance(store.value, (ast.BoolOp, ast.IfExp)) and store.method.name == "__init__"
        if not is_choice or self.derived[model]:
            return False
        read = {node.id for node in walk(store.value) if isinstance(node, ast.Name)} - {store.instance}
        makers = self.tree.nodes(ast.Call)
        calls = [
            call for call in makers if model.node.name in (getattr(call.func, "id", getattr(call.func, "attr", "")),)
        ]
        given = [
            {parameter.arg for parameter, argument in bound(store.method, call, 0) if not is_none(argument)}
            for call in calls
        ]
        return bool(given) and not read.isdisjoint(given[0].intersection(*given[1:]))

    @remembered
    def bases_of(self, model: ClassModel) -> list[ClassModel]:
        """The bases of a class of this file, in order, those that can be found."""
        found = [self.facts.find(generic(base)) for base in model.node.bases]
        nodes = [each for each in found if each and isinstance(each.node, ast.ClassDef)]
        return [each.facts.classes.of(each.node) for each in nodes]  # type: ignore[arg-type]

    def _makes_object(self, store: Store) -> bool:
        """Whether what is stored is made there, of a class of this file which is no container by its bases."""
        made = self.made_by(store.value) if isinstance(store.value, ast.Call) and not store.inside else None
        return made is not None and made.home is self and not made.node.bases and self.is_known(made)

    def is_cut(self, model: ClassModel, store: Store) -> bool:
        """Whether the link that a store makes is cut: in another method of the class, its bases or subclasses here,
        later in the same method, or by code that reaches into the instance. `__init__` cuts nothing: there
        `self.x = None` declares."""
        related = self.related(model)
        return any(store.attribute in other.home.cut_from_outside for other in related) or any(
            cut.attribute in (store.attribute, "*") and other.home.undoes(cut, store)
            for other in related
            for cut in other.cuts
            if not (cut.is_emptying and self._makes_object(store))
            if cut.method.name not in self._when_referent_dies(store)
        )

    def _when_referent_dies(self, store: Store) -> set[str]:
        """The methods that a stored weak reference calls once its referent is gone: what they take out is that
        reference, and while the referent lives they cut nothing."""
        calls = (node for node in walk(store.value) if isinstance(node, ast.Call) and len(node.args) == 2)
        callbacks = (each.args[1] for each in calls if self.names.qualified(each.func) in known("calls", "keep", AFTER))
        return {each.attr for each in callbacks if isinstance(each, ast.Attribute)}

    def is_closed(self, model: ClassModel, attribute: str) -> bool:
        """Whether a method of the class, its bases or subclasses here closes what an attribute holds, throws
        into it, or sends to it until it has ended."""
        calls = [node.func for node in self.tree.nodes(ast.Call)]
        closed = (
            each.value
            for each in calls
            if isinstance(each, ast.Attribute) and (each.attr in ENDING or self.is_sent(each))
        )
        given = (each for call in self.tree.nodes(ast.Call) if is_closing(call) for each in call.args)
        owners = (
            each.value for each in (*closed, *given) if isinstance(each, ast.Attribute) and each.attr == attribute
        )
        related = self.related(model)
        return any(owner in related for each in owners if (owner := self.instance(each)))

    def is_sent(self, method: ast.Attribute) -> bool:
        """Whether it is the `send` of a generator whose end the code waits for: `except StopIteration`."""
        outer = (
            (each for each in self.tree.ancestors(method) if isinstance(each, ast.Try)) if method.attr == "send" else ()
        )
        caught = (handler.type for each in outer for handler in each.handlers if handler.type)
        return any(self.names.qualified(each) == "builtins.StopIteration" for each in caught)

    def related(self, model: ClassModel) -> list[ClassModel]:
        """The class with its bases, and its subclasses in this file."""
        return [*model.lineage(), *model.home.derived[model]]

    @cached_property
    def derived(self) -> dict[ClassModel, list[ClassModel]]:
        """The subclasses of each class."""
        derived: dict[ClassModel, list[ClassModel]] = {model: [] for model in self.models.values()}
        for model in self.models.values():
            for base in model.local_lineage():
                if base is not model:
                    derived[base].append(model)
        return derived

    def is_ever_cut(self, attribute: str) -> bool:
        """Whether any code of this file, in whatever class, cuts an attribute of that name."""
        cuts = (cut for model in self.models.values() for cut in model.cuts)
        return attribute in self.cut_from_outside or any(
            cut.attribute == attribute and cut.method.name not in MAKING for cut in cuts
        )

    def is_overwritten(self, attribute: str) -> bool:
        """Whether some code of this file sets an attribute of that name on another object than its own instance."""
        return attribute in self._overwritten

    @cached_property
    def _overwritten(self) -> frozenset[str]:
        writes = (write.attribute for _, write in self.stored)
        return frozenset(each.attr for each in writes if self.instance(each.value) is None)

    def undoes(self, cut: Cut, store: Store) -> bool:
        """Whether a cut may run after a store, and not as part of making the instance: later in the same run of a
        method, in the next one, or in another method."""
        is_making = store.method.name in MAKING
        if cut.method is not store.method:
            return cut.method.name not in MAKING or self.tree.function(cut.by) is not cut.method
        if self.tree.function(cut.by) is not self.tree.function(store.by):
            return True
        if cut.by.lineno > store.by.lineno:
            return not (is_making and self.excludes(cut.by, store.by))
        return not is_making and self.tree.parents[cut.by] not in self.tree.ancestors(store.by)

    def excludes(self, one: ast.stmt, other: ast.stmt) -> bool:
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
            and all(self.is_known(each) for each in model.lineage())
            and isinstance(store.by, (ast.Assign, ast.AnnAssign))
            and [type(target) for target in targets_of(store.by)] == [ast.Attribute]
            and self._writes[name] == 1
            and not (name.startswith("__") and name.endswith("__"))
            and all(name not in each.home.names.inner(each.node).bindings for each in self.related(model))
            and not self.is_read_in_body(model.node, name)
        )

    def is_known(self, model: ClassModel) -> bool:
        """Whether this file shows all that a class inherits, builtin classes apart."""
        builtin = 0
        for base in model.node.bases:
            name = model.home.names.qualified(generic(base)) or ""
            builtin += name.startswith("builtins.") or name in ("abc.ABC", "typing.Generic", "typing.Protocol")
        found = model.home.bases_of(model)
        return len(found) + builtin == len(model.node.bases) and not model.node.keywords

    @cached_property
    def _writes(self) -> Counter[str]:
        """How often attributes of each name are bound or deleted, or a string names them."""
        return Counter(
            node.attr if isinstance(node, ast.Attribute) else str(node.value)
            for node in self.tree.parents
            if (isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load))
            or (isinstance(node, ast.Constant) and isinstance(node.value, str))
        )

    def is_free_of(self, scope: Scope, value: ast.expr) -> bool:
        """Whether an expression reads none of the names that a class body binds."""
        names = (node for node in walk(value) if isinstance(node, ast.Name))
        return not any((binding := self.names.binding(name)) and binding.scope is scope for name in names)

    def runs_in_subclasses(self, model: ClassModel) -> bool:
        """Whether the `__init__` of a class also runs for its subclasses in this file that have their own."""
        makers = (each.methods["__init__"] for each in self.derived[model] if "__init__" in each.methods)
        return all(any(is_attribute(node, "__init__") for node in walk(maker)) for maker in makers)

    def is_read_in_body(self, node: ast.ClassDef, name: str) -> bool:
        """Whether the body of a class reads a name, which a new definition in it would hide."""
        return name in self._read_in_body(node)

    @remembered
    def _read_in_body(self, node: ast.ClassDef) -> frozenset[str]:
        scope = self.names.inner(node)
        uses = (use for use in walk(node) if isinstance(use, ast.Name))
        return frozenset(use.id for use in uses if self.names.scope_of(use) is scope)

    def is_singleton(self, model: ClassModel) -> bool:
        """Whether the class is instantiated at module level, outside loops, and nowhere else in this file."""
        binding = self.names.binding_of(model.node)
        if binding is None or binding.scope is not self.names.module:
            return False
        calls = [use for use in binding.uses if self.tree.is_called(use)]
        return len(calls) == 1 and all(
            isinstance(outer, (ast.expr, ast.Assign, ast.AnnAssign, ast.Expr, ast.If, ast.Module, ast.Try, ast.keyword))
            for outer in self.tree.ancestors(calls[0])
        )

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

    def _is_else_weak(self, statement: ast.stmt, attribute: str) -> bool:
        """Whether a store stands in, in a handler, for a weak reference in the same attribute that cannot be made."""
        handler = self.tree.parents.get(statement)
        tried = self.tree.parents[handler] if isinstance(handler, ast.ExceptHandler) else None
        for made in tried.body if isinstance(tried, ast.Try) else ():
            if isinstance(made, ast.Assign) and isinstance(made.value, ast.Call):
                is_same = any(isinstance(each, ast.Attribute) and each.attr == attribute for each in made.targets)
                if is_same and self.names.qualified(made.value.func) in known("weak", "made_by", "reference"):
                    return True
        return False

    def _enter(self, statement: ast.stmt, write: Write) -> None:
        """Enter a write with the class of the instance whose attribute it is about."""
        attribute = write.attribute.attr
        model, method = self.instance(write.attribute.value), self._own_method(write.attribute.value)
        if write.value is not None:
            if model and method and not self._is_else_weak(statement, attribute):
                model.stores.append(Store(attribute, write.value, statement, method, write.inside))
            self.stored.append((statement, write))
            return
        attribute = "*" if attribute == "__dict__" else attribute
        if model and method:
            model.cuts.append(Cut(attribute, statement, method, write.is_emptying))
        else:
            (self.replaced if write.is_swap else self.cut_from_outside).add(attribute)

    def _own_method(self, instance: ast.expr) -> Method | None:
        """The method whose first parameter an expression reads."""
        binding = self.names.binding(instance) if isinstance(instance, ast.Name) else None
        node = binding.scope.node if binding else None
        return node if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) else None


def is_closing(call: ast.Call) -> bool:
    """Whether a function closes what it is given, by its name: `close_if_possible(self.rows)`."""
    return isinstance(call.func, ast.Name) and "close" in call.func.id


def generic(base: ast.expr) -> ast.expr:
    """The class itself of a base such as `Generic[T]`."""
    return base.value if isinstance(base, ast.Subscript) else base
