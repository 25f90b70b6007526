"""Puts what follows the making of a temporary file or folder into `try` and removes it in `finally`.

The rewrite is refused wherever somebody may want the path or read it later, and where the lines cannot be indented.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memlint.facts import Facts
from memlint.facts.branches import walk
from memlint.facts.escape import LEAVES
from memlint.facts.layout import first_line, last_line
from memlint.facts.left_paths import SHAPING
from memlint.facts.names import Binding
from memlint.fixes.imports import is_alone, reachable
from memlint.fixes.local_alias import fresh, identifiers
from memlint.fixes.with_around import moved
from memlint.knowledge import inverted
from memlint.knowledge import names as known
from memlint.model import Edit, Fix, Position, Safety

CLOSERS = frozenset({"builtins.open", "io.open", "os.close", "os.fdopen"})
"""What closes a descriptor, itself or as a file does when it is closed."""
JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


class RemovedPath:
    """The rewrite for a call whose file or folder nobody removes."""

    def __init__(self, facts: Facts, call: ast.Call) -> None:
        self.facts = facts
        self.lines = facts.source.lines
        self.call = call
        self.sort = inverted("tempfiles", "made_by")[facts.names.qualified(call.func) or ""]
        self.bindings: list[Binding] = []
        """The names of the path and of paths made of it."""

    def fix(self) -> tuple[Fix | None, str]:
        """The fix, or why there is none."""
        statement = self.facts.tree.statement(self.call)
        target = self.target(statement) if statement else None
        binding = self.facts.names.binding(target) if target else None
        if statement is None or target is None or binding is None or binding.sole is None:
            return None, "its path is not bound to one name of its own"
        holder = self.facts.tree.parents[statement]
        blocks = (value for _, value in ast.iter_fields(holder) if isinstance(value, list) and statement in value)
        block: list[ast.stmt] = next(blocks)
        rest = block[block.index(statement) + 1 :]
        takers = list(self.takers(binding, "named" if self.sort == "named" else "path"))
        reason = self.entangled(statement, rest) or next(filter(None, map(self.wanted, takers)), "")
        reason = reason or self.unmovable(statement, rest)
        if reason:
            return None, reason
        removal = self.removal(target.id, rest)
        closing = self.closed(statement)
        if removal is None or closing is None:
            return None, "`os` or `shutil` cannot be imported here"
        if isinstance(closing, str):
            return None, closing
        imported, release = removal
        edits = self.added(rest, release) if is_guarded(rest) else self.wrapped(statement, rest, release)
        # Both need `os`, and one import is enough.
        unique = dict.fromkeys((*imported, *closing, *edits))
        return Fix(f"remove `{target.id}` in `finally`", Safety.UNSAFE, tuple(unique)), ""

    def target(self, statement: ast.stmt) -> ast.Name | None:
        """The name of the path, or of the file that has it."""
        if isinstance(statement, ast.With):
            item = next((each for each in statement.items if each.context_expr is self.call), None)
            return item.optional_vars if item and isinstance(item.optional_vars, ast.Name) else None
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            return None
        value, target = self.facts.tree.parents[self.call], statement.targets[0]
        is_pair = isinstance(target, ast.Tuple) and self.sort == "file" and value is statement
        if isinstance(target, ast.Tuple) and is_pair:
            first, target = target.elts
            return target if isinstance(target, ast.Name) and isinstance(first, ast.Name) else None
        if self.sort == "file":
            index = value.slice if isinstance(value, ast.Subscript) else None
            if not isinstance(index, ast.Constant) or index.value != 1:
                return None
            value = self.facts.tree.parents[value]
        if isinstance(value, ast.Call) and self.facts.names.qualified(value.func) == "pathlib.Path":
            value = self.facts.tree.parents[value] if len(value.args) == 1 else value
        return target if value is statement and isinstance(target, ast.Name) else None

    def takers(self, binding: Binding, sort: str) -> Iterator[ast.Call]:
        """The calls that are given the path, under any name and in any shape."""
        if binding not in self.bindings:
            self.bindings.append(binding)
            for use in binding.uses:
                yield from self.taken(use, sort)

    def taken(self, value: ast.AST, sort: str) -> Iterator[ast.Call]:
        parent = self.facts.tree.parents[value]
        if isinstance(parent, (ast.Assign, ast.AnnAssign)):
            targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
            for target in targets:
                if isinstance(target, ast.Name) and (binding := self.facts.names.binding(target)):
                    yield from self.takers(binding, sort)
        elif isinstance(parent, ast.Attribute):
            call = self.facts.tree.parents[parent]
            if sort == "named" and parent.attr == "name":
                yield from self.taken(parent, "path")
            elif isinstance(call, ast.Call) and call.func is parent:
                yield call
                if parent.attr in known("tempfiles", "paths", "methods"):
                    yield from self.taken(call, sort)
        elif isinstance(parent, (ast.keyword, ast.Call)):
            call = self.facts.tree.parents[parent] if isinstance(parent, ast.keyword) else parent
            if isinstance(call, ast.Call):
                yield call
                called = self.facts.names.qualified(call.func)
                is_below = self.sort == "folder" and called in known("tempfiles", "paths", "below_by")
                if is_below or called in known("tempfiles", "paths", "derived_by"):
                    yield from self.taken(call, "path")
        elif isinstance(parent, SHAPING):
            yield from self.taken(parent, "path")

    def wanted(self, call: ast.Call) -> str:
        """Why a call that is given the path may need the file when the function is over; empty where it does not."""
        called = self.facts.names.qualified(call.func) or ""
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if called in known("tempfiles", "told_by", "calls") or method in known("tempfiles", "told_by", "methods"):
            return "its path is told to somebody, who may want it"
        is_late = called in known("tempfiles", "read_late_by", "calls")
        if not is_late and method not in known("tempfiles", "read_late_by", "methods"):
            return ""
        return "" if self.is_spent(call) else f"what `{ast.unparse(call.func)}` gives may be read later"

    def is_spent(self, value: ast.expr) -> bool:
        """Whether what a call gives stays in the function."""
        parent = self.facts.tree.parents[value]
        if isinstance(parent, (ast.List, ast.Tuple)):
            return self.is_spent(parent)
        if isinstance(parent, ast.Assign):
            bindings = [self.facts.names.binding(each) for each in parent.targets if isinstance(each, ast.Name)]
            fates = [self.facts.escape.fates(each) for each in bindings if each]
            return len(fates) == len(parent.targets) and not {fate.role for each in fates for fate in each} & LEAVES
        return isinstance(parent, ast.Expr)

    def entangled(self, statement: ast.stmt, rest: list[ast.stmt]) -> str:
        """Why a `finally` at the end of the block would come too early or not at all; empty where it is right."""
        if not rest:
            return "nothing follows in its block"
        inside = {node for each in (statement, *rest) for node in walk(each)}
        for binding in self.bindings:
            if not inside.issuperset(binding.uses):
                return f"`{binding.name}` is used outside the block that makes it"
        jumps = (ast.Return, ast.Break, ast.Continue)
        if isinstance(statement, ast.With) and any(isinstance(each, jumps) for each in walk(statement)):
            return "the `with` is left by a jump"
        return ""

    def unmovable(self, statement: ast.stmt, rest: list[ast.stmt]) -> str:
        """Why the lines after the statement cannot be indented; empty where they can."""
        if not is_alone(self.facts, statement) or not is_alone(self.facts, rest[-1]):
            return "the statement shares its line"
        if first_line(rest[0]) <= last_line(statement):
            return "the statement shares its line"
        if is_guarded(rest):
            final = rest[0].finalbody if isinstance(rest[0], ast.Try) else []
            if not is_alone(self.facts, final[0]) or any(isinstance(each, JUMPS) for each in walk_all(final)):
                return "the `finally` that follows has no room for it"
        return "" if self.step(statement) else "the block has no indentation of its own"

    def removal(self, name: str, rest: list[ast.stmt]) -> tuple[tuple[Edit, ...], list[str]] | None:
        """The edits that import what removes, and the lines that do so."""
        if self.sort == "folder":
            found = reachable(self.facts, "shutil", "rmtree", self.call)
            return (found[1], [f"{found[0]}({name}, ignore_errors=True)"]) if found else None
        found = reachable(self.facts, "os", "unlink", self.call)
        if found is None:
            return None
        path = f"{name}.name" if self.sort == "named" else name
        is_open = self.sort == "named" and not self.is_closed(name, rest)
        return found[1], [*([f"{name}.close()"] if is_open else []), f"{found[0]}({path})"]

    def is_closed(self, name: str, rest: list[ast.stmt]) -> bool:
        """Whether the function closes the file: Windows removes no open one."""
        if isinstance(self.facts.tree.parents[self.call], ast.withitem):
            return True
        closings = {f"{name}.close()"}
        contexts = {ast.unparse(each.context_expr) for each in walk_all(rest) if isinstance(each, ast.withitem)}
        return name in contexts or any(
            isinstance(each, ast.Call) and ast.unparse(each) in closings for each in walk_all(rest)
        )

    def closed(self, statement: ast.stmt) -> tuple[Edit, ...] | str | None:
        """The edits that close a descriptor of which nothing is made; why it cannot be, or None without `os`."""
        if self.sort != "file" or not isinstance(statement, ast.Assign):
            return ()
        found = reachable(self.facts, "os", "close", self.call)
        target = statement.targets[0]
        name = fresh("os.handle", identifiers(self.facts.tree.function(self.call)))
        if found is None:
            return None
        if isinstance(target, ast.Tuple):
            first = target.elts[0]
            binding = self.facts.names.binding(first) if isinstance(first, ast.Name) else None
            if binding is None or not isinstance(first, ast.Name):
                return "its descriptor has no name"
            if binding.uses:
                is_closed = any(map(self.closes, binding.uses))
                return () if is_closed else f"nothing closes `{first.id}`, and Windows removes no open file"
            name = name if first.id.startswith("_") else first.id
            edits = [Edit(*self.facts.tree.span(first), name)]
        else:
            start, pair = self.facts.tree.span(target)[0], self.facts.tree.parents[self.call]
            edits = [
                Edit(start, start, f"{name}, "),
                Edit(self.facts.tree.span(self.call)[1], self.facts.tree.span(pair)[1], ""),
            ]
            outer = self.facts.tree.parents[pair]
            if isinstance(outer, ast.Call):
                return "its descriptor has no name"
        end = self.end(last_line(statement))
        close = Edit(end, end, f"\n{self.indentation(statement)}{found[0]}({name})")
        return (*found[1], *edits, close)

    def closes(self, use: ast.Name) -> bool:
        call = self.facts.tree.parents[use]
        return isinstance(call, ast.Call) and self.facts.names.qualified(call.func) in CLOSERS

    def added(self, rest: list[ast.stmt], release: list[str]) -> list[Edit]:
        """The edit of a `finally` that ends the block."""
        final = rest[0].finalbody if isinstance(rest[0], ast.Try) else rest
        end = self.end(last_line(final[-1]))
        return [Edit(end, end, "".join(f"\n{self.indentation(final[0])}{line}" for line in release))]

    def wrapped(self, statement: ast.stmt, rest: list[ast.stmt], release: list[str]) -> list[Edit]:
        """The edits that put all lines after the statement into `try`, comments in between included."""
        inner, step = self.indentation(statement), self.step(statement)
        first, last = last_line(statement) + 1, last_line(rest[-1])
        head, *others = moved(self.facts, range(first, last + 1), step)
        end = self.end(last)
        final = "".join(f"\n{inner}{step}{line}" for line in release)
        return [
            Edit(head.start, head.end, f"{inner}try:\n{head.content}"),
            *others,
            Edit(end, end, f"\n{inner}finally:{final}"),
        ]

    def step(self, statement: ast.stmt) -> str:
        """One more level of indentation."""
        holder = self.facts.tree.parents[statement]
        if not isinstance(holder, (ast.stmt, ast.ExceptHandler)):
            return ""
        return self.indentation(statement)[len(self.indentation(holder)) :]

    def indentation(self, node: ast.stmt | ast.ExceptHandler) -> str:
        line = self.lines[node.lineno - 1]
        return line[: len(line) - len(line.lstrip())]

    def end(self, line: int) -> Position:
        return Position(line, len(self.lines[line - 1]) + 1)


def is_guarded(rest: list[ast.stmt]) -> bool:
    """Whether a `try` with a `finally` is all that follows."""
    return len(rest) == 1 and isinstance(rest[0], ast.Try) and bool(rest[0].finalbody)


def walk_all(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    for each in statements:
        yield from walk(each)
