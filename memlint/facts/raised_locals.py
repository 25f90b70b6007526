"""Statements that raise an exception from a local which still has it: the traceback holds the frame, and the frame the
exception."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from memlint.facts.caught import FUNCTIONS
from memlint.facts.clearing import Clearing
from memlint.facts.names import Binding, DefinitionKind
from memlint.facts.shapes import last_name

if TYPE_CHECKING:
    from memlint.facts import Facts

Raised: TypeAlias = tuple[ast.Raise, Binding]

GIVING = (DefinitionKind.ASSIGNMENT, DefinitionKind.LOOP, DefinitionKind.WALRUS, DefinitionKind.ANNOTATION)


class RaisedLocals:
    """Looks in a file for what raises a local."""

    def __init__(self, facts: Facts, clearing: Clearing) -> None:
        self.facts = facts
        self.clearing = clearing

    def all(self) -> list[Raised]:
        """Those that raise what the function was given as a value, then those that raise what it made before:
        `error = Refused(); error.status = 403; raise error`."""
        named = [node for node in self.facts.tree.nodes(ast.Raise) if isinstance(node.exc, ast.Name)]
        given: list[Raised] = []
        made: list[Raised] = []
        for statement, binding in self.from_locals(named):
            if self.is_tested(statement):
                given += [(statement, binding)] if is_given(binding) else []
            elif self.is_made(statement, binding):
                made.append((statement, binding))
        return given + made

    def from_locals(self, statements: list[ast.Raise]) -> Iterator[Raised]:
        """Those of some statements that raise what a variable of their own function holds, and leave it by that."""
        for statement in statements:
            function = self.facts.tree.function(statement)
            binding = self.facts.names.binding(statement.exc) if isinstance(statement.exc, ast.Name) else None
            if not isinstance(function, FUNCTIONS) or binding is None or binding.scope.node is not function:
                continue
            if self.clearing.leaves(statement, function, binding.name):
                yield statement, binding

    def is_tested(self, statement: ast.Raise) -> bool:
        """Whether `raise x` stands under an `isinstance(x, …)`, and not for what ends the program alone."""
        test = self.test(statement)
        return test is not None and not self.clearing.is_of_ending(statement, test)

    def test(self, statement: ast.Raise) -> ast.Call | None:
        """The `isinstance(x, …)` under which `raise x` stands."""
        name = statement.exc.id if isinstance(statement.exc, ast.Name) else None
        condition = self.facts.tree.parents[statement]
        if name is None or not isinstance(condition, ast.If) or statement not in condition.body:
            return None
        tests = condition.test.values if isinstance(condition.test, ast.BoolOp) else [condition.test]
        if isinstance(condition.test, ast.BoolOp) and isinstance(condition.test.op, ast.Or):
            return None
        calls = (test for test in tests if isinstance(test, ast.Call) and last_name(test.func) == "isinstance")
        return next((call for call in calls if call.args and last_name(call.args[0]) == name), None)

    def is_made(self, statement: ast.Raise, binding: Binding) -> bool:
        """Whether every value of the variable that gets there is what a call gave."""
        function = self.facts.tree.function(statement)
        assert isinstance(statement.exc, ast.Name)
        reaching = self.facts.flow(function).reaching(statement.exc)
        made = [each for each in binding.definitions if each.node in reaching]
        return bool(made) and all(
            each.kind is DefinitionKind.ASSIGNMENT and isinstance(each.value, ast.Call) for each in made
        )


def is_given(binding: Binding) -> bool:
    """Whether a variable is only ever bound to a value."""
    return all(made.kind in GIVING for made in binding.definitions)
