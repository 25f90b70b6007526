"""Keeps a task in a set until it is done: a set that is there already, or a new one of the module."""

from __future__ import annotations

import ast

from memlint.facts import Facts
from memlint.facts.branches import walk
from memlint.facts.layout import last_line
from memlint.facts.names import DefinitionKind
from memlint.fixes.imports import is_alone, is_import
from memlint.model import Edit, Fix, Position, Safety

KEEPER = "background_tasks"
NAMES = ("task", "new_task", "background_task", "spawned_task", "next_task")
"""What a task is called that has no name yet: the first that its function does not know."""


class KeptTasks:
    """The rewrite for a task that a statement of a function makes, or puts into a set."""

    def __init__(self, facts: Facts, statement: ast.stmt) -> None:
        self.facts = facts
        self.lines = facts.source.lines
        self.statement = statement

    def discarded(self, task: ast.expr, held: str) -> tuple[Edit, ...]:
        """The edits that have a task which is added to a set discarded from it; none where the lines forbid it."""
        name = task.id if isinstance(task, ast.Name) else self.free_name()
        if not name or not is_alone(self.facts, self.statement):
            return ()
        behind = self.behind(f"{name}.add_done_callback({held}.discard)")
        if isinstance(task, ast.Name):
            return (behind,)
        start, end = self.facts.tree.span(task)
        first = self.facts.tree.span(self.statement)[0]
        text = f"{name} = {self.facts.source.between(start, end)}\n{self.indentation()}"
        return Edit(first, first, text), Edit(start, end, name), behind

    def kept(self, task: ast.Call) -> tuple[Fix | None, str]:
        """The fix that keeps a task in a set of the module until it is done, or why there is none."""
        statement = self.statement
        if isinstance(self.facts.tree.function(statement), (ast.Module, ast.Lambda)):
            return None, "no function makes the task"
        if not self.facts.tasks.makes(task):
            return None, "the loop makes the task later"
        is_bare = isinstance(statement, ast.Expr) and statement.value is task
        name = self.free_name() if is_bare else self.bound_name(task)
        if not name.strip("_"):
            return None, "the task is made inside a larger expression, or no short name is free for it"
        if any(self.forgets(use) for use in self.uses(name)):
            return None, f"`{name}` is discarded from a set that never got it"
        if not is_alone(self.facts, statement):
            return None, "the statement shares its line"
        keeper = self.keeper()
        if keeper is None:
            return None, f"no place is plain for a set of the module, or `{KEEPER}` is something else"
        behind = self.behind(f"{KEEPER}.add({name})", f"{name}.add_done_callback({KEEPER}.discard)")
        start = self.facts.tree.span(statement)[0]
        given = (Edit(start, start, f"{name} = "),) if is_bare else ()
        return Fix("keep the task in a set until it is done", Safety.UNSAFE, (*keeper, *given, behind)), ""

    def free_name(self) -> str:
        """A name that the function does not know; empty where all are taken."""
        function = self.facts.tree.function(self.statement)
        taken = {getattr(node, "id", getattr(node, "arg", "")) for node in walk(function)}
        taken |= {getattr(node, "name", "") for node in walk(function)}
        return next((name for name in NAMES if name not in taken), "")

    def bound_name(self, task: ast.Call) -> str:
        """The name that the statement binds to the task."""
        statement = self.statement
        if not isinstance(statement, ast.Assign) or statement.value is not task or len(statement.targets) != 1:
            return ""
        return statement.targets[0].id if isinstance(statement.targets[0], ast.Name) else ""

    def uses(self, name: str) -> list[ast.Name]:
        function = self.facts.tree.function(self.statement)
        return [node for node in walk(function) if isinstance(node, ast.Name) and node.id == name]

    def forgets(self, use: ast.Name) -> bool:
        """Whether `use.add_done_callback(tasks.discard)` stands here."""
        method = self.facts.tree.parents[use]
        call = self.facts.tree.parents[method]
        return isinstance(call, ast.Call) and any(
            isinstance(each, ast.Attribute) and each.attr in ("discard", "remove") for each in call.args
        )

    def keeper(self) -> tuple[Edit, ...] | None:
        """The edit that makes the set behind the first imports of the module, empty where it is there; None where it
        cannot be made."""
        names = self.facts.names
        binding = names.lookup(names.scope_of(self.statement), KEEPER)
        if binding is not None or names.has_star_import:
            sole = binding.sole.value if binding and binding.sole and binding.scope is names.module else None
            is_set = isinstance(sole, ast.Call) and names.qualified(sole.func) == "builtins.set" and not sole.args
            return () if is_set else None
        imports = [
            each.statement
            for bound in names.module.bindings.values()
            for each in bound.definitions
            if each.kind is DefinitionKind.IMPORT and is_import(each.statement)
        ]
        if not imports or KEEPER in self.facts.handles.identifiers:
            return None
        first = min(imports, key=lambda each: each.lineno)
        holder = self.facts.tree.parents[first]
        if not isinstance(holder, ast.Module) and not is_always(holder):
            return None
        body: list[ast.stmt] = getattr(holder, "body", [])
        if first not in body:
            return None
        block = body[body.index(first) :]
        run = block[: next((number for number, each in enumerate(block) if not is_import(each)), len(block))]
        if not is_alone(self.facts, run[-1]):
            return None
        line = self.lines[run[-1].lineno - 1]
        end = Position(last_line(run[-1]), len(self.lines[last_line(run[-1]) - 1]) + 1)
        return (Edit(end, end, f"\n\n{line[: len(line) - len(line.lstrip())]}{KEEPER} = set()"),)

    def behind(self, *lines: str) -> Edit:
        """An edit that adds lines behind the statement, at its level."""
        line = last_line(self.statement)
        end = Position(line, len(self.lines[line - 1]) + 1)
        return Edit(end, end, "".join(f"\n{self.indentation()}{each}" for each in lines))

    def indentation(self) -> str:
        line = self.lines[self.statement.lineno - 1]
        return line[: len(line) - len(line.lstrip())]


def is_always(node: ast.AST) -> bool:
    """Whether a node is `if True`."""
    return isinstance(node, ast.If) and isinstance(node.test, ast.Constant) and node.test.value is True
