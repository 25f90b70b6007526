from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst, known, reachable

WHOLE = (ast.Attribute, ast.Call, ast.Name, ast.Subscript)
"""Expressions that a method can be called on without parentheses."""


class ArrayThroughList(Rule):
    """An array becomes one Python object an element, for a sum or a count that it works out itself."""

    code = "ML915"
    name = "array-through-list"
    effect = Effect.TIME
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\b(?:sum|min|max|range)\b", file=(rb"\bnumpy\b",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return facts.frameworks.uses("numpy") and any(
            facts.reductions.reduced(call) or facts.reductions.counted(call) for call in part.nodes(ast.Call)
        )

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        if call is None or not self.facts.frameworks.uses("numpy"):
            return
        counted = self.facts.reductions.counted(call)
        if counted is not None:
            fix = self.ranged(call, counted)
            self.report(
                call,
                "each number becomes a Python object before the array is filled: make it with `arange`",
                optional=self.facts.reductions.is_below_limit(call, counted),
                fix=fix,
                unfixed="" if fix else "what the call is given besides the range may be more than `arange` takes",
            )
            return
        found = self.facts.reductions.reduced(call)
        if found is None:
            return
        array, method = found
        own = f"{method}({'axis=0' if call.args[0] is array or method != 'sum' else ''})"
        name = self.quoted(array)
        self.report(
            call,
            f"`{method}` makes a Python object of each element of {name or 'an array'}: use the array's own `{own}`",
            fix=self.reduced(call, array, own),
        )

    def reduced(self, call: ast.Call, array: ast.expr, own: str) -> Fix:
        """The method in the place of the builtin; what went through a list stays a Python object."""
        text = self.text(array) if isinstance(array, WHOLE) else f"({self.text(array)})"
        scalar = "" if call.args[0] is array else ".item()"
        return Fix(f"call `{own}` of the array", Safety.UNSAFE, (self.replace(call, f"{text}.{own}{scalar}"),))

    def ranged(self, call: ast.Call, counted: ast.expr) -> Fix | None:
        """`arange` with the arguments of the range; None where the array is told more than a type of numbers."""
        told = [("dtype", each) for each in call.args[1:]]
        told += [(each.arg or "", each.value) for each in call.keywords]
        if len(told) > 1 or any(name != "dtype" or not self.is_number(value) for name, value in told):
            return None
        if not isinstance(counted, ast.Call):
            return None
        arguments = [self.text(each) for each in counted.args] + [f"dtype={self.text(value)}" for _, value in told]
        module = self.text(call.func.value) if isinstance(call.func, ast.Attribute) else ""
        named = (f"{module}.arange", ()) if module else reachable(self.facts, "numpy", "arange", call)
        if named is None:
            return None
        whole = self.replace(call, f"{named[0]}({', '.join(arguments)})")
        return Fix("make the array with `arange`", Safety.UNSAFE, (*named[1], whole))

    def is_number(self, value: ast.expr) -> bool:
        """Whether a type is one of numbers: `int`, `numpy.uint8`, `"float64"`."""
        said = value.value if isinstance(value, ast.Constant) else self.facts.names.qualified(value)
        return str(said).rpartition(".")[2] in known("requests", "arrays", "numbers")
