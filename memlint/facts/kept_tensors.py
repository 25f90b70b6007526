"""Tensors that a container keeps beyond the call that computed them, with their graphs and on their device."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from memlint.facts.gradients import FUNCTIONS
from memlint.facts.growth_model import Container, Growth
from memlint.facts.losses import carried
from memlint.facts.shapes import last_name
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

DEEPEST = 4
"""Steps from a name to what made its value."""


class KeptTensors:
    """Asks of what is put into a container whether it is a tensor with its graph."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree
        self.gradients = facts.gradients

    def is_kept(self, container: Container, growth: Growth) -> bool:
        """Whether each call of a function puts a tensor with its graph into a container that nothing empties."""
        growths = self.facts.growths
        if growth.value is None or growth.is_reading or growths.is_emptied(container):
            return False
        body = self.tree.function(growth.use)
        if not isinstance(body, FUNCTIONS) or not growths.is_repeated(growth) or self.are_off(body, growth.by):
            return False
        if growth.key is not None and isinstance(growth.key, ast.Constant):
            return False
        return any(self.has_graph(name, body) for name in carried(growth.value)) or self.is_computed(growth.value, 0)

    def are_off(self, body: ast.FunctionDef | ast.AsyncFunctionDef, node: ast.AST) -> bool:
        """Whether no graph is recorded, by the code around, or by the framework that runs a function."""
        return body.name in known("frameworks", "tensors", "evaluating") or self.gradients.are_off(node)

    def has_graph(self, name: ast.Name, body: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Whether code goes back through the value of a name, here or in the framework that it is returned to."""
        givers = frozenset(self.gradients.givers(name))
        back = [each for _, names in self.gradients.backwards(body) for each in names]
        if body.name in known("frameworks", "tensors", "training"):
            returns = (node.value for node in self.gradients.nodes(body) if isinstance(node, ast.Return))
            back += [each for each in returns if isinstance(each, ast.Name)]
        return any(each.id == name.id and givers & frozenset(self.gradients.givers(each)) for each in back)

    def is_computed(self, value: ast.expr, depth: int) -> bool:
        """Whether a value certainly is the output of a module, or made of one with its graph."""
        if depth > DEEPEST:
            return False
        if isinstance(value, ast.Name):
            made = list(self.made(value))
            return bool(made) and all(each is not None and self.is_computed(each, depth + 1) for each in made)
        if isinstance(value, (ast.Tuple, ast.List)):
            return any(self.is_computed(item, depth + 1) for item in value.elts)
        if not isinstance(value, ast.Call):
            return False
        if self.is_module(value.func, depth):
            return True
        qualified = self.facts.names.qualified(value.func) or ""
        if qualified.startswith("torch.nn.functional.") or (
            qualified.startswith("torch.") and last_name(value.func) in known("frameworks", "gradients", "through")
        ):
            return bool(value.args) and self.is_computed(value.args[0], depth + 1)
        is_method = isinstance(value.func, ast.Attribute) and value.func.attr in known("frameworks", "tensors", "kept")
        return is_method and isinstance(value.func, ast.Attribute) and self.is_computed(value.func.value, depth + 1)

    def made(self, name: ast.Name) -> Iterator[ast.expr | None]:
        """The values that a name may have where it is read; None of those that no plain assignment gives."""
        for giver in self.gradients.givers(name):
            statement = self.tree.parents.get(giver)
            yield statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None

    def is_module(self, called: ast.expr, depth: int) -> bool:
        """Whether what is called certainly is a module of torch: by its class, or by all that is stored there."""
        if depth > DEEPEST:
            return False
        if isinstance(called, ast.Attribute):
            owner = self.facts.classes.instance(called.value)
            if owner is None:
                return called.attr == "forward" and self.is_module(called.value, depth + 1)
            if called.attr == "forward" and self.is_module_class(owner.node, depth):
                return True
            stores = owner.stores_of(called.attr)
            return bool(stores) and all(self.is_new_module(each.value, depth + 1) for each in stores)
        if not isinstance(called, ast.Name):
            return False
        owner = self.facts.classes.instance(called)
        if owner is not None:
            return self.is_module_class(owner.node, depth)
        binding = self.facts.names.binding(called)
        value = binding.sole.value if binding and binding.sole else None
        return value is not None and self.is_new_module(value, depth + 1)

    def is_new_module(self, value: ast.expr, depth: int) -> bool:
        """Whether a call makes a module: of torch, or of a class of this file."""
        while (
            isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in ("cuda", "to")
        ):
            value = value.func.value
        if not isinstance(value, ast.Call) or depth > DEEPEST:
            return False
        qualified = self.facts.names.qualified(value.func) or ""
        if qualified.startswith("torch.nn.") and last_name(value.func)[:1].isupper():
            return last_name(value.func) not in known("frameworks", "tensors", "lists")
        binding = self.facts.names.binding(value.func) if isinstance(value.func, ast.Name) else None
        node = binding.sole.node if binding and binding.sole else None
        return isinstance(node, ast.ClassDef) and self.is_module_class(node, depth)

    def is_module_class(self, node: ast.ClassDef, depth: int) -> bool:
        """Whether a class of this file has a module of torch or Lightning for a base."""
        for model in self.facts.classes.of(node).local_lineage():
            if any(
                self.facts.names.qualified(base) in known("frameworks", "tensors", "modules")
                for base in model.node.bases
            ):
                return depth <= DEEPEST
        return False
