"""Puts an opening and all later uses of what it opens into a `with`.

The rewrite is refused wherever a use would stand behind the `with`, or where the lines cannot be indented as they are.
"""

from __future__ import annotations

import ast

from memlint.facts import Facts
from memlint.facts.branches import walk
from memlint.facts.layout import first_line, last_line
from memlint.facts.local_handles import Handle
from memlint.fixes.imports import is_alone, reachable
from memlint.knowledge import names as known
from memlint.model import Edit, Fix, Position, Safety

GIVING = frozenset({"arrays", "executor", "pool", "response"})
LISTED = (ast.For, ast.ListComp, ast.SetComp, ast.DictComp)


class WithAround:
    """The rewrite for a handle that a statement of a function binds to a local name."""

    def __init__(self, facts: Facts, handle: Handle) -> None:
        self.facts = facts
        self.lines = facts.source.lines
        self.handle = handle
        self.name = handle.name.id

    def fix(self) -> tuple[Fix | None, str]:
        """The fix, or why there is none."""
        statement = self.facts.tree.parents[self.handle.call]
        if not isinstance(statement, ast.Assign):
            return None, f"`{self.name}` is not bound by an assignment of the call alone"
        holder = self.facts.tree.parents[statement]
        blocks = (value for _, value in ast.iter_fields(holder) if isinstance(value, list) and statement in value)
        block = next(blocks)
        rest: list[ast.stmt] = block[block.index(statement) + 1 :]
        reason = self.entangled(statement, rest) or self.unready()
        if reason:
            return None, reason
        rest = self.covered(rest)
        opening = self.opening(statement)
        if opening is None:
            return None, "`contextlib.closing` cannot be imported here"
        reason = self.unmovable(statement, rest)
        if reason:
            return None, reason
        return Fix(f"open `{self.name}` in a `with`", Safety.UNSAFE, (*opening, *self.moved(statement, rest))), ""

    def entangled(self, statement: ast.Assign, rest: list[ast.stmt]) -> str:
        """Why a `with` here would not hold all uses; empty where it does."""
        binding = self.facts.names.binding(self.handle.name)
        if binding is None or binding.sole is None:
            return f"`{self.name}` is bound more than once"
        inside = {node for each in rest for node in walk(each)}
        if not all(use in inside for use in self.reads()):
            return f"`{self.name}` is used outside the block that opens it"
        return "" if self.reads() else f"nothing uses `{self.name}`"

    def reads(self) -> set[ast.AST]:
        """Every read of the handle, under other names and through what reads it too."""
        binding = self.facts.names.binding(self.handle.name)
        return {use.name for use in self.handle.uses} | set(binding.uses if binding else ())

    def results(self) -> set[ast.AST]:
        """Every read of what workers, responses and archives of arrays gave: it is better had while they are there."""
        found: set[ast.AST] = set()
        for use in self.handle.uses if self.handle.sort in GIVING else ():
            statement = self.facts.tree.statement(use.by)
            targets: list[ast.AST] = [*getattr(statement, "targets", ())]
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                targets.append(statement.value.func)
            names = (node for each in targets for node in walk(each) if isinstance(node, ast.Name))
            found.update(read for name in names if (given := self.facts.names.binding(name)) for read in given.uses)
        return found

    def unready(self) -> str:
        """Why what the handle gives may be used when it is closed; empty where that is not so."""
        sort, function = self.handle.sort, self.facts.tree.function(self.handle.call)
        if sort == "response" and not self.is_of_requests():
            return "its responses are no context managers"
        if sort == "executor" and isinstance(function, ast.AsyncFunctionDef):
            return "the end of the `with` would wait, and the event loop with it"
        for use in self.handle.uses:
            if sort == "pool" and use.method.endswith("_async"):
                return "the end of the `with` terminates what a pool has not done yet"
            if sort == "executor" and use.method == "submit" and isinstance(self.facts.tree.parents[use.by], ast.Expr):
                return "nothing waits for what is submitted, and the end of the `with` would"
            if use.method in known("handles", "methods", "late") and not self.is_spent(use.by):
                return f"what `{use.method}` gives is read later"
        return ""

    def is_of_requests(self) -> bool:
        """Whether `requests` makes the response, itself or by a session of its own."""
        function = self.handle.call.func
        value = function.value if isinstance(function, ast.Attribute) else function
        binding = self.facts.names.binding(value) if isinstance(value, ast.Name) else None
        made = binding.sole.value if binding and binding.sole else None
        names = [self.facts.names.qualified(each) for each in (function, getattr(made, "func", None)) if each]
        return any((name or "").startswith("requests.") for name in names)

    def is_spent(self, given: ast.AST) -> bool:
        """Whether what a method gives is read to its end where it stands."""
        outer = self.facts.tree.parents[given]
        if isinstance(outer, ast.comprehension):
            outer = self.facts.tree.parents[outer]
        if isinstance(outer, ast.Call):
            called = self.facts.names.qualified(outer.func) or ""
            if called in known("handles", "consumed_by", "lazy"):
                return self.is_spent(outer)
            return called in known("handles", "consumed_by", "eager")
        return isinstance(outer, LISTED)

    def covered(self, rest: list[ast.stmt]) -> list[ast.stmt]:
        """The statements up to the last use."""
        reads = self.reads() | self.results()
        last = max(number for number, each in enumerate(rest) if reads.intersection(walk(each)))
        return rest[: last + 1]

    def opening(self, statement: ast.Assign) -> tuple[Edit, ...] | None:
        """The edits that make the assignment the head of a `with`; None where a name for it is missing."""
        start, end = self.facts.tree.span(statement)
        first, last = self.facts.tree.span(self.handle.call)
        head, tail = "with ", ""
        edits: tuple[Edit, ...] = ()
        if self.is_unmanaged():
            found = reachable(self.facts, "contextlib", "closing", self.handle.call)
            if found is None:
                return None
            closing, edits = found
            head, tail = f"with {closing}(", ")"
        return (*edits, Edit(start, first, head), Edit(last, end, f"{tail} as {self.name}:"))

    def is_unmanaged(self) -> bool:
        """Whether a `with` on the handle itself would end a transaction, and not close it, or is not to be had."""
        called = self.facts.names.qualified(self.handle.call.func) or ""
        return self.handle.sort in ("sqlite", "connection") and not called.startswith("imaplib.")

    def unmovable(self, statement: ast.Assign, rest: list[ast.stmt]) -> str:
        """Why the lines after the statement cannot be indented; empty where they can."""
        start, end = self.facts.tree.span(statement)
        first, last = self.facts.tree.span(self.handle.call)
        between = self.facts.source.between(start, first)
        if between.replace(" ", "") != f"{self.name}=" or last != end:
            return "the call stands in parentheses of its own"
        if not is_alone(self.facts, statement) or not is_alone(self.facts, rest[-1]):
            return "the statement shares its line"
        if first_line(rest[0]) <= last_line(statement):
            return "the statement shares its line"
        deletes = (node for each in rest for node in walk(each) if isinstance(node, ast.Delete))
        is_deleted = any(
            isinstance(each, ast.Name) and each.id == self.name for node in deletes for each in node.targets
        )
        return f"`{self.name}` is deleted" if is_deleted else ""

    def moved(self, statement: ast.Assign, rest: list[ast.stmt]) -> list[Edit]:
        """The edits that indent what follows, comments in between included; a close at its end is dropped."""
        dropped = self.last_close(rest)
        inner = self.indentation(statement)
        outer = self.facts.tree.enclosing(statement, ast.stmt)
        step = inner[len(self.indentation(outer)) :] if outer else "    "
        first = last_line(statement) + 1
        begin = next(line for line in range(first, first_line(rest[0]) + 1) if self.lines[line - 1].strip())
        lines = range(begin, (dropped[0] if dropped else last_line(rest[-1])) + 1)
        edits = moved(self.facts, lines, step)
        gap = [Edit(Position(first, 1), Position(begin, 1), "")] if begin > first else []
        return [*gap, *edits, *([dropped[1]] if dropped else [])]

    def last_close(self, rest: list[ast.stmt]) -> tuple[int, Edit] | None:
        """The last line in front of a `close()` that ends the statements, and the edit that takes this out."""
        last = rest[-1]
        call = last.value if isinstance(last, ast.Expr) else None
        function = call.func if isinstance(call, ast.Call) and not call.args and not call.keywords else None
        if len(rest) == 1 or not isinstance(function, ast.Attribute) or function.attr != "close":
            return None
        start, end = self.facts.tree.span(last)
        if not isinstance(function.value, ast.Name) or function.value.id != self.name or start.line != end.line:
            return None
        if self.lines[start.line - 1].strip() != f"{self.name}.close()":
            return None
        before = last_line(rest[-2])
        if any(line.strip().startswith("#") for line in self.lines[before : start.line - 1]):
            return None
        return before, Edit(Position(before, len(self.lines[before - 1]) + 1), end, "")

    def indentation(self, statement: ast.stmt) -> str:
        line = self.lines[statement.lineno - 1]
        return line[: len(line) - len(line.lstrip())]


def moved(facts: Facts, lines: range, step: str) -> list[Edit]:
    """The edits that indent lines, but for the blank ones and those that begin inside a string, whose blanks are its
    value."""
    fixed = facts.source.lines_in_strings
    text = facts.source.lines
    return [
        Edit(Position(line, 1), Position(line, 1), step)
        for line in lines
        if text[line - 1].strip() and line not in fixed
    ]
