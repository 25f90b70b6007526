from __future__ import annotations

import ast

from memlint.api import Binding, Effect, Facts, Rule, Severity, Slice, all_of, cst, known, walk

COMPREHENSIONS = (ast.DictComp, ast.ListComp, ast.SetComp)
STOPPING = ("builtins.all", "builtins.any")
"""Takers that may leave off early."""


class DrainedTee(Rule):
    """One branch of a tee is used up before the other starts, and the tee holds all that lies between the two."""

    code = "ML412"
    name = "drained-tee"
    effect = Effect.PEAK
    severity = Severity.INFO
    gate = all_of(rb"\(", file=(rb"\btee\b",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(drained(facts, call) for call in part.nodes(ast.Call))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        found = drained(self.facts, call) if call else None
        if call is None or found is None:
            return
        first, second = found
        self.report(
            call,
            f"`{second.name}` starts when `{first.name}` is used up, and `tee` holds every element until then: "
            "work out both in one pass, or make a list once",
            related=[(first.uses[0], "this uses up the one"), (second.uses[0], "the other starts here")],
        )


def drained(facts: Facts, call: ast.Call) -> tuple[Binding, Binding] | None:
    """The two branches of a tee, the first of which is used up in a statement before any that reads the second."""
    if facts.names.qualified(call.func) != "itertools.tee" or len(call.args) != 1 or call.keywords:
        return None
    assignment = facts.tree.parents[call]
    target = assignment.targets[0] if isinstance(assignment, ast.Assign) and len(assignment.targets) == 1 else None
    if not isinstance(assignment, ast.Assign) or not isinstance(target, ast.Tuple) or len(target.elts) != 2:
        return None
    bindings = [facts.names.binding(each) for each in target.elts if isinstance(each, ast.Name)]
    pair = [each for each in bindings if each and each.sole and each.uses]
    if len(pair) != 2 or facts.sizes.most(call.args[0]) is not None:
        return None
    first, second = sorted(pair, key=lambda each: (each.uses[0].lineno, each.uses[0].col_offset))
    ends = [place(facts, use, assignment) for use in first.uses]
    begins = [place(facts, use, assignment) for use in second.uses]
    if len(ends) != 1 or min(begins) <= ends[0] or -1 in (*ends, *begins):
        return None
    return (first, second) if uses_up(facts, first.uses[0], assignment) else None


def place(facts: Facts, use: ast.Name, assignment: ast.Assign) -> int:
    """The number of the statement that holds a use, in the block and the function of an assignment; else -1."""
    if facts.tree.function(use) is not facts.tree.function(assignment):
        return -1
    around = {use, *facts.tree.ancestors(use)}
    return next((number for number, each in enumerate(block(facts, assignment)) if each in around), -1)


def block(facts: Facts, statement: ast.stmt) -> list[ast.stmt]:
    """The statements that one stands among."""
    fields = (value for _, value in ast.iter_fields(facts.tree.parents[statement]))
    return next(value for value in fields if isinstance(value, list) and statement in value)


def uses_up(facts: Facts, use: ast.Name, assignment: ast.Assign) -> bool:
    """Whether a statement beside an assignment takes all of an iterator, whatever happens."""
    if facts.tree.statement(use) not in block(facts, assignment):
        return False
    parent = facts.tree.parents[use]
    if isinstance(parent, ast.For):
        return parent.iter is use and not any(isinstance(node, (ast.Break, ast.Return)) for node in walk(parent))
    taken: ast.AST = use
    if isinstance(parent, ast.comprehension):
        taken = facts.tree.parents[parent]
        if not isinstance(taken, (*COMPREHENSIONS, ast.GeneratorExp)) or taken.generators[0] is not parent:
            return False
        if isinstance(taken, COMPREHENSIONS):
            return True
        parent = facts.tree.parents[taken]
    if not isinstance(parent, ast.Call) or parent.args[:1] != [taken]:
        return False
    called = facts.names.qualified(parent.func)
    return called in known("iteration", "takers", "eager") and called not in STOPPING
