"""Puts what follows a binding into `try` and lets go of the value in `finally`, by binding its name to None.

The rewrite is refused wherever more than the lifetime of the value could change: where the name or its value is seen
from outside the function's own course, or where the lines cannot be indented as they are.
"""

from __future__ import annotations

import ast
from typing import TypeAlias

from memlint.facts import Facts
from memlint.facts.branches import walk
from memlint.facts.escape import LEAVES, Role
from memlint.facts.exceptions import FUNCTIONS, Place
from memlint.facts.layout import last_line
from memlint.facts.names import Binding
from memlint.facts.writes import targets_of
from memlint.knowledge import names as known
from memlint.model import Edit, Fix, Position, Safety

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

REFLECTION = frozenset(f"builtins.{name}" for name in ("dir", "eval", "exec", "locals", "vars"))
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


class FinallyNone:
    """The rewrite for the names that a statement at the top of a function, or of a handler in it, binds.

    Of a handler, it is left to the caller that no name is read behind it.
    """

    def __init__(
        self,
        facts: Facts,
        function: Definition,
        statement: ast.stmt | None,
        binding: Binding,
        *others: Binding,
        handler: ast.ExceptHandler | None = None,
    ) -> None:
        self.facts = facts
        self.lines = facts.source.lines
        self.function = function
        self.holder = handler or function
        self.statement = statement
        self.binding = binding
        self.bindings = (binding, *others)

    def fix(self) -> tuple[Fix | None, str]:
        """The fix, or why there is none."""
        body, statement = self.holder.body, self.statement
        is_plain = isinstance(statement, ast.Assign) and len(statement.targets) == 1
        if not (is_plain or isinstance(statement, DEFINITIONS)) or statement not in body:
            return None, f"`{self.binding.name}` is not bound by a statement of its own at the top of the {self.place}"
        rest = body[body.index(statement) + 1 :]
        if not rest:
            return None, f"nothing follows that could use `{self.binding.name}`"
        reason = next(filter(None, map(self.entangled, self.bindings)), "") or self.unmovable(statement, rest)
        if reason:
            return None, reason
        edits = self.added(rest) if is_guarded(rest[0]) else self.wrapped(statement, rest)
        if not edits:
            return None, f"the {self.place} has a `finally` of its own"
        names = " and ".join(f"`{binding.name}`" for binding in self.bindings)
        safety = Safety.UNSAFE if isinstance(statement, DEFINITIONS) else Safety.SAFE
        return Fix(f"set {names} to None in `finally`", safety, edits), ""

    @property
    def place(self) -> str:
        return "handler" if isinstance(self.holder, ast.ExceptHandler) else "function"

    @property
    def release(self) -> str:
        """The statement that lets go of all the names."""
        return " = ".join([*(binding.name for binding in self.bindings), "None"])

    def entangled(self, binding: Binding) -> str:
        """Why the name must stay as it is until the function ends; empty where nothing else sees it or its value."""
        names = self.facts.names
        own = set(walk(self.statement)) if isinstance(self.statement, DEFINITIONS) else set()
        nodes = [*binding.uses, *(definition.node for definition in binding.definitions)]
        if any(node not in own and names.scope_of(node).owner is not binding.scope for node in nodes):
            return f"a function inside uses `{binding.name}`"
        for node in walk(self.function):
            if isinstance(node, ast.Call) and names.qualified(node.func) in REFLECTION:
                return "the function looks at its locals"
        if isinstance(self.statement, DEFINITIONS):
            return self.lingering(self.statement, binding)
        roles = {fate.role for fate in self.facts.escape.fates(binding)}
        if roles & LEAVES:
            return f"what `{binding.name}` holds leaves the function"
        return f"another name holds it besides `{binding.name}`" if Role.ALIASED in roles else ""

    def lingering(self, nested: Definition, binding: Binding) -> str:
        """Why a nested function may run when the one around it has returned; empty where all its calls are over."""
        names, tree = self.facts.names, self.facts.tree
        if self.facts.closures.is_generator(nested):
            return f"`{binding.name}` is a generator, which may run later"
        for use in binding.uses:
            call = tree.parents[use]
            if not tree.is_called(use):
                return f"`{binding.name}` is not only called"
            if isinstance(nested, ast.AsyncFunctionDef) and not isinstance(tree.parents[call], ast.Await):
                return f"`{binding.name}` is not awaited where it is called"
            if names.scope_of(use).owner.node not in (nested, self.function) or self.is_lazy(use):
                return f"a function or generator calls `{binding.name}`, which may run later"
        return ""

    def is_lazy(self, use: ast.Name) -> bool:
        """Whether a generator expression that nobody uses up at once holds a name."""
        tree = self.facts.tree
        for outer in tree.ancestors(use):
            if isinstance(outer, ast.stmt):
                return False
            user = tree.parents[outer]
            if isinstance(outer, ast.GeneratorExp) and not (
                isinstance(user, ast.Call)
                and self.facts.names.qualified(user.func) in known("iteration", "takers", "eager")
            ):
                return True
        return False

    def unmovable(self, statement: ast.stmt, rest: list[ast.stmt]) -> str:
        """Why the lines after the statement cannot be indented; empty where they can."""
        first, last = last_line(statement), last_line(rest[-1])
        behind = self.lines[last - 1].encode("utf-8", "surrogatepass")[rest[-1].end_col_offset or 0 :]
        if self.lines[statement.lineno - 1][: statement.col_offset].strip() or rest[0].lineno <= first:
            return "the statement shares its line"
        if behind.strip().startswith(b";"):
            return "the last statement is followed by `;`"
        if any(line.endswith("\\") for line in self.lines[first - 1 : last]):
            return "a line is continued by a backslash"
        for node in (node for each in rest for node in walk(each)):
            if isinstance(node, (ast.Constant, ast.JoinedStr)) and node.lineno != node.end_lineno:
                return "a string spans lines"
        return ""

    def added(self, rest: list[ast.stmt]) -> tuple[Edit, ...]:
        """The edit of a `finally` that ends the function; none where that could jump past it."""
        assert isinstance(rest[0], ast.Try)
        final = rest[0].finalbody
        jumps = any(isinstance(node, JUMPS) for each in final for node in walk(each))
        if len(rest) > 1 or jumps or not self.line(final[0].lineno)[: final[0].col_offset].isspace():
            return ()
        return (self.insertion(last_line(final[-1]), f"\n{self.indentation(final[0])}{self.release}"),)

    def wrapped(self, statement: ast.stmt, rest: list[ast.stmt]) -> tuple[Edit, ...]:
        """The edits that put all lines after the statement into `try`, comments in between included."""
        inner = self.indentation(statement)
        step = inner[len(self.indentation(self.holder)) :]
        first, last = last_line(statement), last_line(rest[-1])
        while isinstance(statement, DEFINITIONS) and not self.line(first + 1).strip():
            first += 1
        moved = [
            Edit(Position(line, 1), Position(line, 1), step)
            for line in range(first + 1, last + 1)
            if self.line(line).strip()
        ]
        end = f"\n{inner}finally:\n{inner}{step}{self.release}"
        return (self.insertion(first, f"\n{inner}try:"), *moved, self.insertion(last, end))

    def insertion(self, line: int, content: str) -> Edit:
        """An edit that adds to the end of a line."""
        end = Position(line, len(self.line(line)) + 1)
        return Edit(end, end, content)

    def line(self, number: int) -> str:
        return self.lines[number - 1]

    def indentation(self, statement: ast.stmt | ast.ExceptHandler) -> str:
        line = self.line(statement.lineno)
        return line[: len(line) - len(line.lstrip())]


def is_guarded(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Try) and bool(statement.finalbody)


def released(facts: Facts, place: Place, function: Definition, *bindings: Binding) -> tuple[Fix | None, str]:
    """The fix that lets go of what a handler put into local names: at the end of the handler where all reads are in
    it, else at the end of the function; or why there is none."""
    if place.by in place.handler.body and not place.is_put and is_read_within(facts, place):
        statement = next(each for each in place.handler.body if each is place.by)
        return FinallyNone(facts, function, statement, *bindings, handler=place.handler).fix()
    first = bindings[0].definitions[0].statement
    if len(bindings) == 1 and first in function.body:
        return FinallyNone(facts, function, first, bindings[0]).fix()
    return None, f"`{bindings[0].name}` is read behind the handler, or given before it on a branch"


def is_read_within(facts: Facts, place: Place) -> bool:
    """Whether only statements that follow in the same handler read what an assignment binds."""
    assert isinstance(place.by, ast.stmt)
    body = place.handler.body
    inside = {node for each in body[body.index(place.by) + 1 :] for node in walk(each)}
    return all(
        use in inside
        for target in bound_by(place.by)
        if (binding := facts.names.binding(target))
        for use in binding.uses
        if isinstance(binding.scope.node, FUNCTIONS) and target in facts.flow(binding.scope.node).reaching(use)
    )


def bound_by(statement: ast.stmt) -> list[ast.Name]:
    """The names that an assignment binds."""
    targets = targets_of(statement) if isinstance(statement, (ast.Assign, ast.AnnAssign)) else []
    names = (node for target in targets for node in walk(target))
    return [node for node in names if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
