from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Rule, Safety, Severity, Slice, all_of, cst


class RedundantArrayCopy(Rule):
    """An array that is copied although it is new anyway, or although the copy is only read, is in memory twice."""

    code = "ML508"
    name = "redundant-array-copy"
    effect = Effect.PEAK
    severity = Severity.INFO
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"copy|astype|flatten|array|\(", file=(rb"numpy", rb"copy|astype|flatten|array"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.array_copies.redundant, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        found = self.facts.array_copies.redundant(call) if call else None
        if call is None or found is None:
            return
        array = self.quoted(found.array) or "this"
        is_method = self.facts.names.qualified(call.func) is None
        if found.why.value == "same":
            message = f"{array} has this type already, and `astype` copies it all the same: leave `astype` out"
        elif found.why.value == "new":
            message = f"{array} is a new array, and it is copied at once: leave the second copy out"
        else:
            better = "`ravel()`" if is_method else "the array itself"
            message = f"the copy of {array} is only read, while both are in memory: read {better}"
        fix = self.uncopied(call, found.array, found.instead)
        unfixed = "" if fix else "a comment or a line break stands in the call"
        self.report(call, message, fix=fix, unfixed=unfixed)

    def uncopied(self, call: ast.Call, array: ast.expr, instead: str) -> Fix | None:
        """Put the array, or a view of it, in the place of the copy."""
        text = self.text(array)
        if "#" in self.text(call) or "\n" in self.text(call):
            return None
        return Fix("do without the copy", Safety.UNSAFE, (self.replace(call, bracketed(array, text) + instead),))


def bracketed(array: ast.expr, text: str) -> str:
    """The source of an expression, in parentheses where it would be torn apart."""
    return f"({text})" if isinstance(array, ast.BinOp) else text
