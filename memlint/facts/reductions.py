"""Arrays that become Python objects, element by element, for what the array does itself."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.origins import words_of
from memlint.facts.shapes import is_none, last_name
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

REDUCED = {"builtins.max": "max", "builtins.min": "min", "builtins.sum": "sum"}
"""Builtins that go through all elements, and the methods of arrays that do the same."""
FEW = 100
"""Elements for which it does not matter."""
COMPARED = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)


class Reductions:
    """Asks of calls whether they take an array through Python objects."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree

    def reduced(self, call: ast.Call) -> tuple[ast.expr, str] | None:
        """The array whose elements a builtin goes through, and the method that does the same in it."""
        method = REDUCED.get(self.facts.names.qualified(call.func) or "")
        if method is None or len(call.args) != 1 or call.keywords or isinstance(call.args[0], ast.Starred):
            return None
        array = call.args[0]
        listed = self.listed(array)
        if listed is not None:
            return listed, method
        return (array, method) if self.is_array(array) and not self.is_small(array) else None

    def listed(self, call: ast.expr) -> ast.expr | None:
        """`x` of `x.tolist()`."""
        is_listing = isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "tolist"
        if not is_listing or not isinstance(call, ast.Call) or call.args or not isinstance(call.func, ast.Attribute):
            return None
        array = call.func.value
        return array if self.facts.kind(array) == "array" and not self.is_small(array) else None

    def counted(self, call: ast.Call) -> ast.expr | None:
        """`range(n)` of `numpy.array(list(range(n)))`, and of an array made of a range or a copy of one."""
        if self.facts.names.qualified(call.func) not in known("requests", "arrays", "converting") or not call.args:
            return None
        given: ast.expr = call.args[0]
        if isinstance(given, ast.Call) and self.facts.names.qualified(given.func) == "builtins.list":
            given = given.args[0] if len(given.args) == 1 else given
        elif isinstance(given, ast.ListComp):
            given = self.copied(given) or given
        is_range = isinstance(given, ast.Call) and self.facts.names.qualified(given.func) == "builtins.range"
        most = self.facts.sizes.most(given) if is_range else None
        is_small = self.is_of_few(given) or (most is not None and most <= FEW)
        return given if is_range and not is_small else None

    def is_below_limit(self, call: ast.Call, counted: ast.expr) -> bool:
        """Whether a branch is for what is short: the `else` of `if len(x) > LIMIT`, the body of `if len(x) < LIMIT`."""
        lengths = {ast.dump(node) for node in walk(counted) if isinstance(node, ast.Call)} - {ast.dump(counted)}
        inner: ast.AST = call
        for outer in self.tree.ancestors(call):
            test = outer.test if isinstance(outer, ast.If) else None
            if isinstance(outer, ast.If) and isinstance(test, ast.Compare) and ast.dump(test.left) in lengths:
                if isinstance(test.ops[0], (ast.Gt, ast.GtE)) and inner in outer.orelse:
                    return True
                if isinstance(test.ops[0], (ast.Lt, ast.LtE)) and inner in outer.body:
                    return True
            inner = outer
        return False

    def is_of_few(self, count: ast.expr) -> bool:
        """Whether a number is called by a word for what there are few of."""
        names = (last_name(node) for node in walk(count) if isinstance(node, (ast.Name, ast.Attribute)))
        words = {word for name in names for word in words_of(name)}
        return not words.isdisjoint(known("requests", "arrays", "small"))

    def copied(self, display: ast.ListComp) -> ast.expr | None:
        """`y` of `[x for x in y]`."""
        loop = display.generators[0]
        is_plain = (
            len(display.generators) == 1 and not loop.ifs and ast.unparse(loop.target) == ast.unparse(display.elt)
        )
        return loop.iter if is_plain else None

    def is_gathered(self, call: ast.Call) -> bool:
        """Whether an array is made of a list that a comprehension gathers, which is of Python objects anyway."""
        given = call.args[0] if call.args else None
        binding = self.facts.names.binding(given) if isinstance(given, ast.Name) else None
        made = [each.value for each in binding.definitions] if binding else [given]
        return any(isinstance(each, (ast.List, ast.ListComp)) for each in made)

    def is_array(self, value: ast.expr) -> bool:
        """Whether a value is an array, or what comes of comparing one with something."""
        if isinstance(value, ast.Compare):
            sides = (value.left, *value.comparators)
            is_plain = len(value.ops) == 1 and isinstance(value.ops[0], COMPARED) and not any(map(is_none, sides))
            return is_plain and any(self.facts.kind(side) == "array" for side in sides)
        return self.facts.kind(value) == "array"

    def is_small(self, array: ast.expr, depth: int = 0) -> bool:
        """Whether an array is written out, as short as the shape of another, or a part of one."""
        if isinstance(array, ast.Subscript):
            return True
        if isinstance(array, ast.Compare):
            return any(self.is_small(side, depth) for side in (array.left, *array.comparators))
        if isinstance(array, ast.Name) and depth < 3:
            binding = self.facts.names.binding(array)
            return any(
                each.value is not None and self.is_small(each.value, depth + 1)
                for each in (binding.definitions if binding else ())
            )
        if isinstance(array, ast.Attribute):
            return self.is_small(array.value, depth)
        if isinstance(array, ast.BinOp):
            return self.is_small(array.left, depth) or self.is_small(array.right, depth)
        if isinstance(array, ast.Call):
            is_converted = self.facts.names.qualified(array.func) in known("requests", "arrays", "converting")
            shapes = [each.elts for each in array.args if isinstance(each, (ast.List, ast.Tuple))]
            if is_converted and self.is_gathered(array):
                return True
            if array.args and self.facts.names.qualified(array.func) is not None and self.is_of_few(array.args[0]):
                return True
            if any(is_converted or all(isinstance(each, ast.Constant) for each in shape) for shape in shapes):
                return True
            words = [ast.unparse(each) for each in array.args]
            if any("shape" in word or "ndim" in word or "strides" in word for word in words):
                return True
            sizes = [each.value for each in array.args if isinstance(each, ast.Constant)]
            if any(isinstance(size, int) and abs(size) <= FEW for size in sizes):
                return True
            receiver = array.func.value if isinstance(array.func, ast.Attribute) else None
            return receiver is not None and self.is_small(receiver, depth)
        return False
