"""How code treats the garbage collector: where it is run, switched off, and told to keep what it finds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from memlint.facts.branches import walk
from memlint.facts.names import DefinitionKind
from memlint.facts.shapes import place
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

Loop: TypeAlias = ast.For | ast.AsyncFor | ast.While
PASSING = (ast.Expr, ast.Try, ast.With, ast.AsyncWith)
"""Statements between a loop and a call in it that leave the call to every turn."""


def lets_go(statement: ast.stmt | None) -> bool:
    """Whether a statement deletes something, or puts a constant, or what is made of constants alone, in its place."""
    if not isinstance(statement, ast.Assign):
        return isinstance(statement, ast.Delete)
    value = statement.value
    parts = [*value.args, *value.keywords] if isinstance(value, ast.Call) else getattr(value, "elts", [value])
    is_counter = isinstance(statement.targets[0], ast.Name) and getattr(value, "value", None) is not None
    return bool(parts) and all(isinstance(each, ast.Constant) for each in parts) and not is_counter


class Collector:
    """Asks of calls what they do to the collector, and whether other code undoes it."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names

    @cached_property
    def _calls(self) -> list[tuple[ast.Call, str]]:
        """The calls of the `gc` module in this file."""
        calls = list(self.facts.tree.nodes(ast.Call))
        return [(call, name) for call in calls if (name := self.names.qualified(call.func) or "").startswith("gc.")]

    def repeated(self, call: ast.Call) -> Loop | None:
        """The loop in each of whose turns a call runs the collector, or empties a cache of free memory."""
        if not self.runs(call):
            return None
        inner: ast.AST = call
        for outer in self.facts.tree.ancestors(call):
            if isinstance(outer, (ast.For, ast.AsyncFor, ast.While)):
                return outer if inner in outer.body and self.is_brisk(outer, call) else None
            if not isinstance(outer, PASSING) or (isinstance(outer, ast.Try) and inner not in outer.body):
                return None
            inner = outer
        return None

    def runs(self, call: ast.Call) -> bool:
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        is_whole = not call.args or method in known("collector", "calls", "run_by_method")
        is_run = self.names.qualified(call.func) in known("collector", "calls", "run")
        return is_whole and (is_run or method in known("collector", "calls", "run_by_method"))

    def is_brisk(self, loop: Loop, call: ast.Call) -> bool:
        """Whether a loop does other work than to collect, takes turns at will, does not wait, and deletes nothing."""
        for node in walk(loop):
            if isinstance(node, ast.Call):
                method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
                is_pause = self.names.qualified(node.func) in known("collector", "calls", "pauses")
                is_pause = is_pause or any(each.arg == "timeout" for each in node.keywords)
                if is_pause or method in known("collector", "calls", "pauses_by_method"):
                    return False
            if isinstance(node, ast.Delete) and self.names.qualified(call.func) == "gc.collect":
                return False
        if self.names.qualified(call.func) == "gc.collect" and self.is_meant(call):
            return False
        binding = (
            self.names.binding(loop.iter) if isinstance(loop, ast.For) and isinstance(loop.iter, ast.Name) else None
        )
        sole = binding.sole.value if binding and binding.sole else getattr(loop, "iter", None)
        counted = isinstance(loop, ast.For) and isinstance(sole, (ast.List, ast.Tuple)) and bool(sole.elts)
        return not counted and not all(self.only_collects(statement) for statement in loop.body)

    def is_meant(self, call: ast.Call) -> bool:
        """Whether the turn lets go of something right before a call: by `del`, or by `x = None`, `x[k] = 0`."""
        statement = self.facts.tree.statement(call)
        for _, block in ast.iter_fields(self.facts.tree.parents[statement]) if statement else ():
            if isinstance(block, list) and statement in block:
                before = (each for each in block[block.index(statement) - 1 :: -1] if not isinstance(each, ast.Expr))
                return statement is not block[0] and lets_go(next(before, None))
        return False

    def only_collects(self, statement: ast.stmt) -> bool:
        value = statement.value if isinstance(statement, ast.Expr) else None
        return isinstance(statement, ast.Pass) or (isinstance(value, ast.Call) and self.runs(value))

    def left_off(self, call: ast.Call) -> ast.Call | None:
        """The call further on that switches the collector on again, which an exception jumps over; for a call that
        switches it off."""
        function = self.facts.tree.function(call)
        if not self.switches(call, off=True) or isinstance(function, (ast.Lambda, ast.Module)):
            return None
        if self.is_handed_on or not isinstance(self.facts.tree.parents[call], ast.Expr):
            return None
        back = [each for each, _ in self._calls if self.switches(each, off=False)]
        own = [each for each in back if self.facts.tree.function(each) is function]
        later = [each for each in own if place(each) > place(call)]
        if not later or any(map(self.is_safe, own)):
            return None
        return later[0] if self.may_raise(function, call, later[0]) else None

    def switches(self, call: ast.Call, *, off: bool) -> bool:
        """Whether a call switches the collector off, or on."""
        name = self.names.qualified(call.func)
        if name in known("collector", "calls", "threshold") and call.args:
            first = call.args[0]
            is_zero = isinstance(first, ast.Constant) and first.value == 0
            return is_zero is off
        return name in known("collector", "calls", "off" if off else "on")

    @cached_property
    def is_handed_on(self) -> bool:
        """Whether some code hands on the function that switches the collector on, for others to call."""
        reads = self.facts.tree.nodes(ast.Name, ast.Attribute)
        return any(
            self.names.qualified(each) in known("collector", "calls", "on") and not self.facts.tree.is_called(each)
            for each in reads
        )

    def is_safe(self, call: ast.Call) -> bool:
        """Whether a call stands where an exception leads: under `finally` or `except`."""
        inner: ast.AST = call
        for outer in self.facts.tree.ancestors(call):
            if isinstance(outer, ast.ExceptHandler) or (isinstance(outer, ast.Try) and inner in outer.finalbody):
                return True
            inner = outer
        return False

    def may_raise(self, function: ast.AST, start: ast.AST, end: ast.AST) -> bool:
        """Whether something between two calls of a function raises, or lets others do so, for all that is seen."""
        inside = (node for node in walk(function) if place(start) < place(node) < place(end))
        return any(self.facts.tree.function(node) is function and self.raises(node) for node in inside)

    def raises(self, node: ast.AST) -> bool:
        """Whether an exception comes from a node: raised there, thrown in, or of a call that is known to raise."""
        if isinstance(node, (ast.Await, ast.Raise, ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, ast.Call):
            return False
        binding = self.names.binding(node.func) if isinstance(node.func, ast.Name) else None
        if binding is not None and any(each.kind is DefinitionKind.PARAMETER for each in binding.definitions):
            return True
        return self.names.qualified(node.func) in known("collector", "calls", "raising")

    def keeps_garbage(self, call: ast.Call) -> ast.expr | None:
        """The flag by which a call tells the collector for good to free nothing."""
        if self.names.qualified(call.func) not in known("collector", "calls", "debug"):
            return None
        flag = next(self.keeping_flags(call), None)
        if flag is None or self.is_asked_for(call) or self.is_emptied:
            return None
        others = (each for each, name in self._calls if name in known("collector", "calls", "debug"))
        return None if any(next(self.keeping_flags(each), None) is None for each in others) else flag

    def is_asked_for(self, call: ast.Call) -> bool:
        """Whether a condition, or somebody who calls a lambda, decides on a call."""
        around = self.facts.tree.ancestors(call)
        return any(
            isinstance(each, (ast.IfExp, ast.Lambda))
            or (isinstance(each, ast.If) and not isinstance(each.test, ast.Constant))
            for each in around
        )

    def keeping_flags(self, call: ast.Call) -> Iterator[ast.expr]:
        flags = (node for argument in call.args[:1] for node in walk(argument))
        for each in flags:
            name = self.names.qualified(each) if isinstance(each, ast.expr) else None
            if isinstance(each, ast.expr) and name in known("collector", "calls", "keeping"):
                yield each

    @cached_property
    def is_emptied(self) -> bool:
        """Whether this file takes what the collector keeps out of `gc.garbage`."""
        reads = self.facts.tree.nodes(ast.Name, ast.Attribute)
        return any(self.names.qualified(each) == "gc.garbage" for each in reads)
