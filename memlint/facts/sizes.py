"""How many elements an iterable has at most, where the source shows it, and what numbers expressions stand for."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from memlint.facts.escape import Role
from memlint.facts.names import Binding
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

FEW = 100
"""Taken for the size of what is short by nature, such as the shape of an array."""

DEEPEST = 10
"""Steps from name to value that are followed."""

OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.FloorDiv: operator.floordiv,
    ast.LShift: operator.lshift,
    ast.Mult: operator.mul,
    ast.Pow: operator.pow,
    ast.Sub: operator.sub,
}
LARGEST = 64
"""Bits of the numbers that are worked out."""


class Sizes:
    """Upper bounds; None is an answer."""

    def __init__(self, facts: Facts) -> None:
        self.names = facts.names
        self.escape = facts.escape

    def most(self, iterable: ast.expr, depth: int = 0) -> int | None:
        """The number of elements that an iterable cannot exceed."""
        if depth > DEEPEST:
            return None
        if isinstance(iterable, ast.Constant):
            return len(iterable.value) if isinstance(iterable.value, (bytes, str)) else None
        if isinstance(iterable, (ast.List, ast.Set, ast.Tuple)):
            return None if any(isinstance(each, ast.Starred) for each in iterable.elts) else len(iterable.elts)
        if isinstance(iterable, ast.Dict):
            return None if None in iterable.keys else len(iterable.keys)
        if isinstance(iterable, ast.Name):
            return self.of_name(iterable, depth)
        if isinstance(iterable, ast.Attribute):
            is_short = iterable.attr in known("iteration", "short", "attributes")
            is_named = (self.names.qualified(iterable) or "") in known("iteration", "short", "names")
            return FEW if is_short or is_named else None
        if isinstance(iterable, ast.Call):
            return self.of_call(iterable, depth)
        if isinstance(iterable, ast.Subscript) and isinstance(iterable.slice, ast.Slice):
            limits = [self.most(iterable.value, depth + 1), self.of_slice(iterable.slice)]
            return least(limits)
        if isinstance(iterable, ast.IfExp):
            return greatest(self.most(value, depth + 1) for value in (iterable.body, iterable.orelse))
        if isinstance(iterable, ast.BoolOp):
            return greatest(self.most(value, depth + 1) for value in iterable.values)
        return None

    def of_name(self, name: ast.Name, depth: int) -> int | None:
        """The size of what a name stands for: the arguments of a call, or one of some displays that nothing changes."""
        binding = self.names.binding(name)
        if binding is None or not binding.definitions:
            return None
        values = [made.value for made in binding.definitions if made.value is not None]
        if len(values) < len(binding.definitions):
            return FEW if binding.sole and is_starred_parameter(binding.sole.node, binding) else None
        size = greatest(self.most(value, depth + 1) for value in values)
        is_changed = any(fate.role not in (Role.READ, Role.ELEMENT_MUTATED) for fate in self.escape.own_fates(binding))
        is_fixed = all(isinstance(value, (ast.Tuple, ast.Constant, ast.Attribute)) for value in values)
        return size if is_fixed or not is_changed else None

    def of_call(self, call: ast.Call, depth: int) -> int | None:
        """The size of what a builtin makes of its argument, or of a view of a dictionary."""
        maker = self.names.qualified(call.func)
        if maker == "builtins.range":
            return self.of_range(call)
        if maker == "builtins.zip":
            return least(self.most(argument, depth + 1) for argument in call.args)
        for takers, position in (("first", 0), ("second", 1)):
            if maker in known("iteration", "takers", takers) and len(call.args) > position:
                return self.most(call.args[position], depth + 1)
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("copy", "items", "keys", "values"):
            return self.most(call.func.value, depth + 1)
        return None

    def of_range(self, call: ast.Call) -> int | None:
        """How long a range is whose bounds are known."""
        bounds = [self.number(argument) for argument in call.args]
        if not bounds or len(bounds) > 3:
            return None
        if len(bounds) == 1 and bounds[0] is None:
            return self.few(call.args[0])
        given = [bound for bound in bounds if bound is not None]
        return len(range(*given)) if len(given) == len(bounds) and 0 not in given[2:] else None

    def few(self, count: ast.expr) -> int | None:
        """`FEW` for a count that is small by nature: `x.ndim`, `len(x.shape)`; the number in `min(x, 3)`."""
        if isinstance(count, ast.Call) and self.names.qualified(count.func) == "builtins.min" and len(count.args) > 1:
            return least(map(self.number, count.args))
        if isinstance(count, ast.Attribute) and count.attr in known("iteration", "short", "counts"):
            return FEW
        is_length = isinstance(count, ast.Call) and self.names.qualified(count.func) == "builtins.len"
        return self.most(count.args[0], DEEPEST) if is_length and count.args else None  # type: ignore[attr-defined]

    def of_slice(self, cut: ast.Slice) -> int | None:
        """How long a slice can be: `x[:3]`, `x[2:5]`, `x[-3:]`."""
        lower, upper = (self.number(bound) if bound else 0 for bound in (cut.lower, cut.upper))
        if cut.upper is None:
            return -lower if lower is not None and lower < 0 else None
        return max(upper - lower, 0) if upper is not None and lower is not None and upper >= 0 and lower >= 0 else None

    def number(self, expression: ast.expr, depth: int = 0) -> int | None:
        """The whole number that an expression stands for: `1_000`, `10**6`, `int(1e6)`, a name for one of these."""
        if depth > DEEPEST:
            return None
        if isinstance(expression, ast.Constant):
            return expression.value if type(expression.value) is int else None
        if isinstance(expression, ast.Name):
            binding = self.names.binding(expression)
            value = binding.sole.value if binding and binding.sole else None
            return self.number(value, depth + 1) if value else None
        if isinstance(expression, ast.UnaryOp) and isinstance(expression.op, ast.USub):
            negated = self.number(expression.operand, depth + 1)
            return None if negated is None else -negated
        if isinstance(expression, ast.BinOp) and type(expression.op) in OPERATORS:
            left, right = (self.number(side, depth + 1) for side in (expression.left, expression.right))
            return None if left is None or right is None else worked_out(type(expression.op), left, right)
        if isinstance(expression, ast.Call) and self.names.qualified(expression.func) == "builtins.int":
            argument = expression.args[0] if len(expression.args) == 1 else None
            is_float = isinstance(argument, ast.Constant) and type(argument.value) is float
            return int(argument.value) if is_float and abs(argument.value) < 2**LARGEST else None  # type: ignore
        return None


def worked_out(kind: type[ast.operator], left: int, right: int) -> int | None:
    """The result of an operation on small numbers; None where it fails or grows beyond all measure."""
    is_growing = kind in (ast.LShift, ast.Pow)
    if left.bit_length() > LARGEST or right.bit_length() > LARGEST or (is_growing and not 0 <= right <= LARGEST):
        return None
    return None if right == 0 and kind is ast.FloorDiv else OPERATORS[kind](left, right)


def is_starred_parameter(node: ast.AST, binding: Binding) -> bool:
    """Whether a parameter is the `args` of `*args` or the `kwargs` of `**kwargs`."""
    arguments = getattr(binding.scope.node, "args", None)
    return isinstance(arguments, ast.arguments) and node in (arguments.vararg, arguments.kwarg)


def least(sizes: Iterable[int | None]) -> int | None:
    return min((size for size in sizes if size is not None), default=None)


def greatest(sizes: Iterable[int | None]) -> int | None:
    """The largest of the sizes, where all are known."""
    listed = list(sizes)
    found = [size for size in listed if size is not None]
    return max(found) if found and len(found) == len(listed) else None
