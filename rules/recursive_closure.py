from __future__ import annotations

import ast
from typing import TypeAlias

from memlint.api import Effect, Facts, FinallyNone, Fix, Rule, Safety, Severity, Slice, all_of, cst, hoisted_function

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
SHOWN = 3
"""Names of what a cycle holds that a message gives at most."""


class RecursiveClosure(Rule):
    """A nested function that calls itself holds itself in a cell: a cycle on every call of the function around it."""

    code = "ML105"
    name = "recursive-closure"
    effect = Effect.LATE
    fixes = (Safety.SAFE, Safety.UNSAFE)
    gate = all_of(rb"\bdef\b|\blambda\b", rb"\blambda\b|(?s:\bdef\b.*?\bdef\b)")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.closures.is_renewed_circle, part.nodes(*FUNCTIONS)))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.examine(self.twin(node, ast.FunctionDef) or self.twin(node, ast.AsyncFunctionDef))

    def visit_Lambda(self, node: cst.Lambda) -> None:
        self.examine(self.twin(node, ast.Lambda))

    def examine(self, function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None) -> None:
        if function is None or not self.facts.closures.is_renewed_circle(function):
            return
        if self.facts.captures.takes_itself_out(function):
            return
        circle = self.facts.closures.circle(function)
        names = [variable.name for each in circle if (variable := self.facts.closures.variable(each))]
        heavy = self.facts.captures.heavy(circle)
        held = [variable.name for variable in heavy]
        around = self.facts.tree.function(function)
        outer = getattr(around, "name", "the lambda")
        itself = "holds itself" if len(circle) == 1 else "hold each other"
        together = f" with {listed(held[:SHOWN])}" if held else ""
        fix, unfixed = self.fix(circle)
        self.report(
            self.facts.tree.statement(function) or function,
            f"{listed(names)} {itself} in a closure: a cycle, which each call of `{outer}` leaves{together} to the "
            f"garbage collector; define {'it' if len(circle) == 1 else 'them'} outside and pass what is needed",
            severity=None if held else Severity.INFO,
            optional=self.facts.closures.is_per_class(around)
            or not any(map(self.facts.captures.is_large, heavy))
            or not self.facts.population.is_done_often(function),
            related=[(each, "the other function") for each in circle[1:]],
            cycle=(*names, names[0]),
            made=(None, *((self.facts, each) for each in circle[1:])),
            fix=fix,
            unfixed=unfixed,
        )

    def fix(self, circle: list[Function]) -> tuple[Fix | None, str]:
        """The function in the module; or its name let go of at the end; or why neither can be."""
        function, outer = circle[0], self.facts.tree.function(circle[0])
        variable = self.facts.closures.variable(function)
        if variable is None or len(circle) > 1:
            return None, "several functions hold each other"
        fix, unfixed = hoisted_function(self.facts, function, variable)
        if fix or isinstance(function, ast.Lambda) or not isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return fix, unfixed
        fix, reason = FinallyNone(self.facts, outer, function, variable).fix()
        return fix, "" if fix else "; ".join(dict.fromkeys([unfixed, reason]))


def listed(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
