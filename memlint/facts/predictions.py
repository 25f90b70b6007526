"""Models of Keras whose `predict` is called for one sample at each turn of a loop."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from memlint.facts.results import own_nodes
from memlint.facts.shapes import last_name
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

DEEPEST = 4
"""Steps from a name to what made its value."""
FEW = 10
"""Turns of a loop for which it does not matter."""

Loop: TypeAlias = ast.For | ast.AsyncFor | ast.While


class Prediction(NamedTuple):
    """The sample that is predicted, and the loop that does it again and again."""

    sample: ast.expr
    loop: Loop


class Predictions:
    """Asks of a call whether it predicts a single sample in a loop."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree

    def single(self, call: ast.Call) -> Prediction | None:
        """The sample of `model.predict(sample[None])` in a loop of many turns."""
        if not isinstance(call.func, ast.Attribute) or call.func.attr != "predict" or len(call.args) != 1:
            return None
        if any(each.arg not in known("frameworks", "keras", "plain") for each in call.keywords):
            return None
        body = self.tree.function(call)
        if isinstance(body, ast.Lambda) or not self.is_single(call.args[0]) or not self.is_model(call.func.value):
            return None
        loop = next(iter(reversed(self.facts.flow(body).loops(call))), None)
        if loop is None:
            return None
        most = None if isinstance(loop, ast.While) else self.facts.sizes.most(loop.iter)
        return Prediction(call.args[0], loop) if most is None or most > FEW else None

    def is_single(self, batch: ast.expr, depth: int = 0) -> bool:
        """Whether an array holds one sample by how it is made: `x[None]`, `np.expand_dims(x, 0)`, `np.array([x])`."""
        if isinstance(batch, ast.Name) and depth < DEEPEST:
            made = [getattr(self.tree.statement(each), "value", None) for each in self.givers(batch)]
            return bool(made) and all(isinstance(each, ast.expr) and self.is_single(each, depth + 1) for each in made)
        if isinstance(batch, ast.Subscript):
            first = batch.slice.elts[0] if isinstance(batch.slice, ast.Tuple) and batch.slice.elts else batch.slice
            return self.is_axis(first)
        if not isinstance(batch, ast.Call):
            return False
        method = last_name(batch.func)
        given = [*batch.args, *(each.value for each in batch.keywords if each.arg in ("axis", "shape", "newshape"))]
        if self.facts.names.qualified(batch.func) in known("frameworks", "keras", "expanding"):
            return len(given) == 2 and is_number(given[1], 0)
        if self.facts.names.qualified(batch.func) in known("frameworks", "keras", "arrays"):
            items = given[0].elts if given and isinstance(given[0], ast.List) else []
            return len(items) == 1 and not isinstance(items[0], ast.Starred)
        if method == "reshape" and isinstance(batch.func, ast.Attribute):
            is_function = self.facts.names.qualified(batch.func) is not None
            shape = given[1:] if is_function else given
            if len(shape) == 1 and isinstance(shape[0], (ast.Tuple, ast.List)):
                shape = shape[0].elts
            return len(shape) > 1 and is_number(shape[0], 1)
        return method == "astype" and isinstance(batch.func, ast.Attribute) and self.is_single(batch.func.value, depth)

    def is_axis(self, index: ast.expr) -> bool:
        """Whether an index puts an axis of one in front: `None`, `np.newaxis`."""
        is_none = isinstance(index, ast.Constant) and index.value is None
        return is_none or self.facts.names.qualified(index) in known("frameworks", "keras", "axes")

    def givers(self, name: ast.Name) -> list[ast.AST]:
        """The targets of plain assignments that a name may have its value of; none where it may have another."""
        found = list(self.facts.flow(self.tree.function(name)).reaching(name))
        is_plain = all(isinstance(self.tree.parents.get(each), (ast.Assign, ast.AnnAssign)) for each in found)
        return found if is_plain else []

    def is_model(self, value: ast.expr, depth: int = 0) -> bool:
        """Whether a value is certainly a model of Keras: by the call that made it, by an annotation, or by all that
        its class stores in an attribute."""
        if depth > DEEPEST:
            return False
        if isinstance(value, ast.Call):
            return self.is_made(value, depth)
        if isinstance(value, ast.Attribute):
            model = self.facts.classes.instance(value.value)
            stores = (
                [each.value for owner in model.local_lineage() for each in owner.stores_of(value.attr)] if model else []
            )
            stored = [each for each in stores if not (isinstance(each, ast.Constant) and each.value is None)]
            return bool(stored) and all(self.is_model(each, depth + 1) for each in stored)
        binding = self.facts.names.binding(value) if isinstance(value, ast.Name) else None
        if binding is None:
            return False
        return bool(binding.definitions) and all(
            self.is_model(made.value, depth + 1)
            if made.value is not None
            else isinstance(made.node, ast.arg) and self.is_model_class(made.node.annotation)
            for made in binding.definitions
        )

    def is_made(self, call: ast.Call, depth: int) -> bool:
        """Whether a call makes or loads a model, itself or as a function or method of this file."""
        if self.is_model_class(call.func) or self.plain_name(call.func) in known("frameworks", "keras", "loading"):
            return True
        function: ast.AST | None = None
        if isinstance(call.func, ast.Attribute):
            owner = self.facts.classes.instance(call.func.value)
            methods = (each.methods.get(call.func.attr) for each in owner.local_lineage()) if owner else ()
            function = next((each for each in methods if each), None)
        elif isinstance(call.func, ast.Name):
            binding = self.facts.names.binding(call.func)
            function = binding.sole.node if binding and binding.sole else None
        if not isinstance(function, ast.FunctionDef) or function.decorator_list:
            return False
        returned = [node.value for node in own_nodes(function) if isinstance(node, ast.Return)]
        return bool(returned) and all(each is not None and self.is_model(each, depth + 1) for each in returned)

    def is_model_class(self, named: ast.expr | None, depth: int = 0) -> bool:
        """Whether an expression names a class of models, also one of this file."""
        if named is None or depth > DEEPEST:
            return False
        name = self.plain_name(named)
        if name in known("frameworks", "keras", "classes") or name.startswith("keras.applications."):
            return True
        binding = self.facts.names.binding(named) if isinstance(named, ast.Name) else None
        made = binding.sole.node if binding and binding.sole else None
        if not isinstance(made, ast.ClassDef) or any(getattr(each, "name", "") == "predict" for each in made.body):
            return False
        return any(self.is_model_class(base, depth + 1) for base in made.bases)

    def plain_name(self, named: ast.expr) -> str:
        """The full name of something of Keras, whichever package brings it: `keras.Model`."""
        name = self.facts.names.qualified(named) or ""
        return next(
            (
                name.removeprefix(each)
                for each in ("tensorflow.python.", "tensorflow.")
                if name.startswith(f"{each}keras.")
            ),
            name,
        )


def is_number(value: ast.expr, number: int) -> bool:
    return isinstance(value, ast.Constant) and type(value.value) is int and value.value == number
