"""Data sets of torch that hold an object of Python for each item, and the worker processes that copy them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.project import Found
from memlint.facts.shapes import last_name
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts
    from memlint.facts.class_model import ClassModel, Store

DEEPEST = 4
"""Steps from a name to what made its value."""


class Copied(NamedTuple):
    """The class of a data set, and the attribute that its workers copy, where it is stored."""

    model: ClassModel
    store: Store


class Datasets:
    """Asks of a call that makes a loader what its worker processes copy."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def copied(self, call: ast.Call) -> Copied | None:
        """What the workers of a loader copy little by little: a list or dictionary with an entry for each item."""
        if self.facts.names.qualified(call.func) not in known("frameworks", "workers", "loaders"):
            return None
        given = {each.arg: each.value for each in call.keywords}
        count, dataset = given.get("num_workers"), call.args[0] if call.args else given.get("dataset")
        if count is None or dataset is None or not self.is_some(count):
            return None
        model = self.model(dataset)
        if model is None or not is_dataset(model):
            return None
        return next((Copied(model, store) for store in held(model)), None)

    def is_some(self, count: ast.expr) -> bool:
        """Whether a number of workers is not none by how it is written, or by the default of a parameter."""
        if isinstance(count, ast.Constant):
            return type(count.value) is int and count.value > 0
        binding = self.facts.names.binding(count) if isinstance(count, ast.Name) else None
        if binding is None:
            return isinstance(count, (ast.Attribute, ast.Call, ast.BinOp, ast.Subscript))
        if not binding.sole:
            return False
        if binding.sole.value is not None:
            return self.is_some(binding.sole.value)
        arguments = getattr(binding.scope.node, "args", None)
        if not isinstance(arguments, ast.arguments) or not isinstance(binding.sole.node, ast.arg):
            return False
        positional = [*arguments.posonlyargs, *arguments.args]
        first = len(positional) - len(arguments.defaults)
        pairs = [
            *zip(positional[first:], arguments.defaults, strict=True),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ]
        default = next((value for parameter, value in pairs if parameter is binding.sole.node), None)
        return default is not None and self.is_some(default)

    def model(self, dataset: ast.expr, depth: int = 0) -> ClassModel | None:
        """The class that a data set is an instance of, of this file or another one."""
        if isinstance(dataset, ast.Call):
            found = self.facts.find(dataset.func)
            return made(found) if found else None
        if depth > DEEPEST:
            return None
        values: list[ast.expr | None] = []
        if isinstance(dataset, ast.Name) and (binding := self.facts.names.binding(dataset)):
            values = [each.value for each in binding.definitions]
        elif isinstance(dataset, ast.Attribute) and (owner := self.facts.classes.instance(dataset.value)):
            values = [each.value for each in owner.stores_of(dataset.attr)]
        models = {self.model(each, depth + 1) if each is not None else None for each in values}
        return models.pop() if len(models) == 1 else None


def made(found: Found) -> ClassModel | None:
    """The model of a class that was found; of a function none."""
    return found.facts.classes.of(found.node) if isinstance(found.node, ast.ClassDef) else None


def is_dataset(model: ClassModel) -> bool:
    """Whether a class is one of torch's data sets of which the items are asked by number."""
    bases = (each.home.names.qualified(generic(base)) for each in model.lineage() for base in each.node.bases)
    return any(base in known("frameworks", "workers", "datasets") for base in bases)


def generic(base: ast.expr) -> ast.expr:
    return base.value if isinstance(base, ast.Subscript) else base


def held(model: ClassModel) -> Iterator[Store]:
    """The attributes that hold a Python object for each item, which `__getitem__` looks up by its number."""
    asked = model.methods.get("__getitem__")
    parameters = asked.args.args[1:2] if asked else []
    if asked is None or not parameters:
        return
    for node in walk(asked):
        if not isinstance(node, ast.Subscript) or not isinstance(node.value, ast.Attribute):
            continue
        is_own = isinstance(node.value.value, ast.Name) and node.value.value.id == asked.args.args[0].arg
        if is_own and isinstance(node.slice, ast.Name) and node.slice.id == parameters[0].arg:
            stores = model.stores_of(node.value.attr)
            if len(stores) == 1 and stores[0].method.name == "__init__":
                yield from (store for store in stores if Source(model.home.facts).is_many(store.value, store.attribute))


class Source:
    """Asks of values of one file whether they hold a Python object for each line, file or record of a source."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def is_many(self, value: ast.expr, attribute: str = "", depth: int = 0) -> bool:
        """Whether a value is a container of such objects, or becomes one in a loop over such a source."""
        if depth > DEEPEST:
            return False
        if isinstance(value, (ast.ListComp, ast.DictComp)):
            return len(value.generators) == 1 and self.is_source(value.generators[0].iter, depth)
        if isinstance(value, ast.List) and not value.elts:
            return bool(attribute) and self.is_filled(value, attribute)
        if isinstance(value, ast.Subscript) and isinstance(value.slice, ast.Constant):
            return self.is_many(value.value, "", depth + 1)
        if isinstance(value, ast.Name):
            binding = self.facts.names.binding(value)
            sole = binding.sole if binding else None
            if sole is None or sole.value is None:
                return False
            return self.is_many(sole.value, value.id, depth + 1)
        if not isinstance(value, ast.Call):
            return False
        if self.facts.names.qualified(value.func) in known("frameworks", "workers", "copying") and value.args:
            return self.is_source(value.args[0], depth) or self.is_many(value.args[0], "", depth + 1)
        return self.is_source(value, depth, is_iterated=False)

    def is_source(self, value: ast.expr, depth: int, is_iterated: bool = True) -> bool:
        """Whether a value gives lines, files or records of unknown number; a file or reader where it is iterated."""
        if isinstance(value, ast.Name):
            kind = self.facts.kinds.of(value)
            return (is_iterated and (kind or "").endswith("file")) or self.is_many(value, "", depth + 1)
        if not isinstance(value, ast.Call):
            return False
        qualified = self.facts.names.qualified(value.func)
        if qualified in known("frameworks", "workers", "whole"):
            return True
        if qualified in known("frameworks", "workers", "passing") and value.args:
            return self.is_source(value.args[0], depth + 1) if depth <= DEEPEST else False
        if is_iterated and qualified in known("frameworks", "workers", "readers"):
            return True
        return isinstance(value.func, ast.Attribute) and value.func.attr in known("frameworks", "workers", "methods")

    def is_filled(self, display: ast.List, name: str) -> bool:
        """Whether a loop over such a source appends to what an empty list was bound to."""
        body = self.facts.tree.function(display)
        for node in walk(body):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != "append":
                continue
            loop = self.facts.tree.enclosing(node, ast.For, ast.FunctionDef)
            if last_name(node.func.value) == name and isinstance(loop, ast.For) and self.is_source(loop.iter, 0):
                return True
        return False
