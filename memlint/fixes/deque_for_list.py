"""Makes a list that a loop works off from its front a deque, where it is used for nothing that a deque has not."""

from __future__ import annotations

import ast

from memlint.facts import Facts
from memlint.facts.fronts import Front
from memlint.facts.kinds import CONTAINERS
from memlint.facts.layout import Slice
from memlint.facts.names import DefinitionKind
from memlint.fixes.local_alias import REFLECTION, identifiers
from memlint.model import Edit, Fix, Position, Safety

DEQUE = "collections.deque"
SAME = frozenset({"append", "clear", "count", "extend", "remove"})
"""Methods that a deque has as well."""
MAKERS = frozenset({"readlines", "splitlines"})


class DequeForList:
    """The rewrite for a local variable that is given one new list, all uses of which are known."""

    def __init__(self, facts: Facts, part: Slice, front: Front) -> None:
        self.facts = facts
        self.slice = part
        self.front = front

    def fix(self) -> tuple[Fix | None, str]:
        """The fix, or why there is none."""
        name = self.front.place
        binding = self.facts.names.binding(name) if isinstance(name, ast.Name) else None
        function = self.facts.tree.function(name)
        made = [each for each in binding.definitions if each.kind is not DefinitionKind.AUGMENTED] if binding else []
        if binding is None or isinstance(function, (ast.Module, ast.Lambda)) or binding.scope.node is not function:
            return None, "the list belongs to more than one function"
        plain = [each.value for each in made if isinstance(each.statement, ast.Assign) and each.value is not None]
        if len(plain) != 1 or len(made) != 1 or not self.is_new(plain[0]) or len(made[0].statement.targets) != 1:  # type: ignore[attr-defined]
            return None, "the list is not made here, in one place"
        if identifiers(function) & REFLECTION or any(
            self.facts.tree.function(use) is not function for use in binding.uses
        ):
            return None, "a function inside uses the list"
        imported = self.imported()
        if imported is None:
            return None, "nowhere to import `deque`"
        maker, edits = imported
        for use in binding.uses:
            changed = self.changed(use)
            if changed is None:
                return None, "the list is used for what a deque has not"
            edits += changed
        start, stop = self.slice.span(plain[0])
        is_empty = isinstance(plain[0], ast.List) and not plain[0].elts
        edits += (
            [Edit(start, start, f"{maker}("), Edit(stop, stop, ")")]
            if not is_empty
            else [Edit(start, stop, f"{maker}()")]
        )
        return Fix("make it a deque", Safety.UNSAFE, tuple(edits)), ""

    def is_new(self, value: ast.expr) -> bool:
        """Whether an expression makes a list that nobody else has, on a line of its own."""
        if value.lineno != value.end_lineno:
            return False
        if isinstance(value, ast.Call):
            method = value.func.attr if isinstance(value.func, ast.Attribute) else ""
            return method in MAKERS or self.facts.names.qualified(value.func) in ("builtins.list", "builtins.sorted")
        return isinstance(value, (ast.List, ast.ListComp))

    def changed(self, use: ast.Name) -> list[Edit] | None:
        """The edits that a use needs; None where a deque cannot do it."""
        parents = self.facts.tree.parents
        parent = parents[use]
        if isinstance(parent, ast.Attribute):
            call = parents[parent]
            return self.called(parent, call) if isinstance(call, ast.Call) and call.func is parent else None
        if isinstance(parent, ast.Subscript) and parent.value is use:
            is_number = isinstance(parent.slice, ast.Constant) and type(parent.slice.value) is int
            is_end = is_number or ast.unparse(parent.slice) == "-1"
            if isinstance(parent.ctx, ast.Del):
                return self.deleted(parent)
            return [] if is_end else None
        if isinstance(parent, ast.Call):
            return [] if self.facts.names.qualified(parent.func) in ("builtins.len", "builtins.bool") else None
        if isinstance(parent, ast.Compare):
            is_sought = parent.comparators == [use] and isinstance(parent.ops[0], (ast.In, ast.NotIn))
            return [] if is_sought else None
        if isinstance(parent, ast.AugAssign):
            is_grown = isinstance(parent.op, ast.Add) and parent.target is use
            return [] if is_grown and self.facts.kind(parent.value) in CONTAINERS else None
        return [] if self.is_test(use) else None

    def is_test(self, value: ast.expr) -> bool:
        """Whether only the truth of an expression counts."""
        parent = self.facts.tree.parents[value]
        if isinstance(parent, (ast.BoolOp, ast.UnaryOp)):
            return self.is_test(parent)
        return isinstance(parent, (ast.If, ast.IfExp, ast.While)) and parent.test is value

    def called(self, method: ast.Attribute, call: ast.Call) -> list[Edit] | None:
        """The edits of a method that is called: `pop(0)`, `insert(0, x)`, or one that is the same for both."""
        _, stop = self.slice.span(method)
        start = Position(stop.line, stop.column - len(method.attr))
        front = call.args[0] if call.args and not call.keywords else None
        is_front = isinstance(front, ast.Constant) and type(front.value) is int and front.value == 0
        if method.attr == "pop" and is_front and len(call.args) == 1:
            return [Edit(start, self.slice.span(call)[1], "popleft()")]
        if method.attr == "insert" and is_front and len(call.args) == 2:
            return [Edit(start, self.slice.span(call.args[1])[0], "appendleft(")]
        is_same = method.attr in SAME or (method.attr == "pop" and not call.args)
        return [] if is_same else None

    def deleted(self, item: ast.Subscript) -> list[Edit] | None:
        """The edit of `del x[0]`, alone in its statement."""
        statement = self.facts.tree.parents[item]
        is_first = isinstance(item.slice, ast.Constant) and item.slice.value == 0
        if not is_first or not isinstance(statement, ast.Delete) or len(statement.targets) != 1:
            return None
        return [Edit(*self.slice.span(statement), f"{ast.unparse(item.value)}.popleft()")]

    def imported(self) -> tuple[str, list[Edit]] | None:
        """What `deque` is called here, and the edit that imports it where nothing does; None where it cannot be."""
        scope = self.facts.names.scope_of(self.front.place)
        for name in ("deque", "collections.deque"):
            read = self.facts.names.read(name, scope)
            if read is not None and self.facts.names.qualified(read) == DEQUE:
                return name, []
        beside = self.first_import()
        if beside is None or self.facts.names.lookup(scope, "deque") is not None:
            return None
        start = self.slice.span(beside)[0]
        line = self.facts.source.lines[start.line - 1]
        indentation = line[: start.column - 1]
        return "deque", [Edit(start, start, f"from collections import deque\n{indentation}")]

    def first_import(self) -> ast.stmt | None:
        """The first import in front of the loop, in the outermost of the blocks around it that has one."""
        found: ast.stmt | None = None
        for outer in (self.front.loop, *self.facts.tree.ancestors(self.front.loop)):
            parent = self.facts.tree.parents.get(outer)
            block = (
                next((each for _, each in ast.iter_fields(parent) if isinstance(each, list) and outer in each), [])
                if parent
                else []
            )
            before = block[: block.index(outer)] if outer in block else []
            imports = (each for each in before if isinstance(each, (ast.Import, ast.ImportFrom)))
            found = next((each for each in imports if getattr(each, "module", "") != "__future__"), found)
        return found
