from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst


class ArrayThroughList(Rule):
    """An array becomes one Python object an element, for a sum or a count that it works out itself."""

    code = "ML915"
    name = "array-through-list"
    effect = Effect.TIME
    quiet_in_tests = True
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
            self.report(call, "each number becomes a Python object before the array is filled: make it with `arange`")
            return
        found = self.facts.reductions.reduced(call)
        if found is None:
            return
        array, method = found
        axis = "axis=0" if method == "sum" and call.args[0] is array else ""
        name = self.quoted(array)
        self.report(
            call,
            f"`{method}` makes a Python object of each element of {name or 'an array'}: use the array's own "
            f"`{method}({axis})`",
        )
