"""Tasks that race in a loop: those made in each turn of which the losers run on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from memlint.facts.branches import walk
from memlint.facts.layout import FUNCTIONS
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

Loop: TypeAlias = ast.For | ast.AsyncFor | ast.While


class Race(NamedTuple):
    """A wait for the first of some tasks that each turn of a loop makes."""

    wait: ast.Call
    loop: Loop
    works: list[ast.expr]
    """The coroutines of the tasks that are made in each turn."""


class Races:
    """Follows what becomes of those that were not first."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names

    def of(self, wait: ast.Call) -> Race | None:
        """The race that a call waits for, where nobody stops or keeps the losers."""
        if self.names.qualified(wait.func) not in known("tasks", "races", "waits") or not self.is_for_first(wait):
            return None
        loop = next(self.loops(wait), None)
        if loop is None or not wait.args or self.is_rest_used(wait):
            return None
        works = [work for runner in self.runners(wait.args[0], loop) if (work := self.made(runner, wait, loop))]
        has_timeout = any(keyword.arg == "timeout" for keyword in wait.keywords)
        return Race(wait, loop, works) if len(works) > (0 if has_timeout else 1) else None

    def is_for_first(self, wait: ast.Call) -> bool:
        until = next((keyword.value for keyword in wait.keywords if keyword.arg == "return_when"), None)
        if isinstance(until, ast.Constant):
            return until.value in known("tasks", "races", "words")
        return until is not None and self.names.qualified(until) in known("tasks", "races", "first")

    def loops(self, node: ast.AST) -> Iterator[Loop]:
        """The loops of the same function whose body runs a node, innermost first."""
        inner = node
        for outer in self.facts.tree.ancestors(node):
            if isinstance(outer, FUNCTIONS):
                return
            if isinstance(outer, (ast.For, ast.AsyncFor, ast.While)) and inner in outer.body:
                yield outer
            inner = outer

    def is_rest_used(self, wait: ast.Call) -> bool:
        """Whether the code has a name for the tasks that are not done, and reads it."""
        awaited = self.facts.tree.parents[wait]
        statement = self.facts.tree.parents[awaited]
        if isinstance(statement, ast.Expr):
            return False
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            return True
        target = statement.targets[0]
        if not isinstance(target, ast.Tuple) or len(target.elts) != 2 or not isinstance(target.elts[1], ast.Name):
            return True
        binding = self.names.binding(target.elts[1])
        return binding is None or bool(binding.uses)

    def runners(self, racing: ast.expr, loop: Loop) -> list[ast.expr]:
        """The tasks of a race that a display names, in place or under a name that the same turn binds."""
        if isinstance(racing, ast.Name):
            binding = self.names.binding(racing)
            sole = binding.sole if binding and len(binding.uses) == 1 else None
            racing = sole.value if sole and sole.value and self.is_each_turn(sole.statement, loop) else racing
        return racing.elts if isinstance(racing, (ast.List, ast.Set, ast.Tuple)) else []

    def is_each_turn(self, statement: ast.stmt, loop: Loop) -> bool:
        """Whether each turn of a loop runs a statement: it stands in its body, under nothing but `try` and `with`."""
        outer = self.facts.tree.parents[statement]
        while isinstance(outer, (ast.Try, ast.With, ast.AsyncWith)):
            outer = self.facts.tree.parents[outer]
        return outer is loop

    def made(self, runner: ast.expr, wait: ast.Call, loop: Loop) -> ast.expr | None:
        """The work of a task that the turn makes for the race alone."""
        if isinstance(runner, ast.Name):
            binding = self.names.binding(runner)
            sole = binding.sole if binding else None
            if binding is None or sole is None or sole.value is None or not self.is_each_turn(sole.statement, loop):
                return None
            inside = {wait, *walk(wait)}
            if not all(use in inside or self.is_asking(use) for use in binding.uses):
                return None
            runner = sole.value
        if not isinstance(runner, ast.Call) or not self.facts.tasks.makes(runner):
            return None
        work = runner.args[0]
        called = self.names.qualified(work.func) if isinstance(work, ast.Call) else None
        return None if called in known("tasks", "races", "short") else work

    def is_asking(self, use: ast.Name) -> bool:
        """Whether a use only asks whether the task was first, or what it gave."""
        parent = self.facts.tree.parents[use]
        if isinstance(parent, ast.Attribute):
            return parent.attr in known("tasks", "races", "asking")
        return isinstance(parent, ast.Compare)
