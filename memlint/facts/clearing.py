"""What lets go of a caught exception again: its traceback is taken off, its name unbound, the program ends."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.caught import FUNCTIONS, Function, Grip, Place
from memlint.facts.remembered import remembered
from memlint.facts.shapes import is_none, last_name
from memlint.facts.writes import CUTTING
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

LEAVING = (ast.Break, ast.Continue, ast.Raise, ast.Return)
TRY = (ast.Try, getattr(ast, "TryStar", ast.Try))


class Clearing:
    """Looks in a function for what lets go of an exception."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.parents = facts.tree.parents

    @remembered
    def cleared(self, function: Function) -> frozenset[str]:
        """The names whose traceback the function clears."""
        return frozenset(name for node in walk(function) for name in self._clears(node, True))

    @remembered
    def rebound(self, function: Function) -> frozenset[str]:
        """The names that some `finally` of the function binds or deletes."""
        return frozenset(name for node in walk(function) if isinstance(node, TRY) for name in bound_at_end(node))

    def _clears(self, node: ast.AST, is_caller: bool) -> set[str]:
        """The names whose traceback a node clears, of a caller also by what it calls."""
        if isinstance(node, ast.Assign) and is_none(node.value):
            cleared = [
                each for each in node.targets if isinstance(each, ast.Attribute) and each.attr == "__traceback__"
            ]
            return {name for each in cleared for name in read(each)}
        if not isinstance(node, ast.Call):
            return set()
        if isinstance(node.func, ast.Attribute) and node.func.attr == "with_traceback":
            return read(node.func) if node.args and is_none(node.args[0]) else set()
        given = {name for each in (*node.args, *(keyword.value for keyword in node.keywords)) for name in read(each)}
        if self.facts.names.qualified(node.func) in known("exceptions", "cleared", "by"):
            return given
        return given if is_caller and given and self._is_clearing(node.func) else set()

    def _is_clearing(self, called: ast.expr) -> bool:
        """Whether a function or method of this file clears a traceback."""
        if isinstance(called, ast.Name):
            binding = self.facts.names.binding(called)
            made = binding.sole.node if binding and binding.sole else None
        elif isinstance(called, ast.Attribute):
            model = self.facts.classes.instance(called.value)
            made = model.methods.get(called.attr) if model else None
        else:
            return False
        return isinstance(made, FUNCTIONS) and any(self._clears(node, False) for node in walk(made))

    def empties(self, use: ast.Name) -> bool:
        """Whether a use takes something out of a container: `.clear()`, `del x[:]`."""
        parent = self.parents[use]
        if isinstance(parent, ast.Subscript):
            return not isinstance(parent.ctx, ast.Load) and isinstance(self.parents[parent], ast.Delete)
        return isinstance(parent, ast.Attribute) and parent.attr in CUTTING

    def lets_go_after(self, place: Place, function: Function, name: str) -> bool:
        """Whether the program ends in the handler, after the place, or the handler unbinds the name there, or raises
        on what a context manager takes the traceback of this function off again."""
        if any(isinstance(each, ast.Expr) and self.ends_program(each.value) for each in self.after(place)):
            return True
        return self._unbinds_after(place, name) or self._is_raised_on_by_manager(place, function)

    def _unbinds_after(self, place: Place, name: str) -> bool:
        """Whether `del name` or `name = None` follows in any case."""
        for each in self.after(place):
            targets = each.targets if isinstance(each, ast.Delete) else []
            if isinstance(each, ast.Assign) and is_none(each.value):
                targets = each.targets
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return True
            if any(isinstance(node, LEAVING) for node in walk(each)):
                return False
        return False

    def _is_raised_on_by_manager(self, place: Place, function: Function) -> bool:
        """Whether a generator that is a context manager raises the exception of its body on: `contextlib` then gives it
        back the traceback that it had before, without the frame of the generator."""
        called = (self.facts.names.qualified(each) for each in function.decorator_list)
        if place.grip is not Grip.EXCEPTION or not any(
            each in known("exceptions", "managers", "decorators") for each in called
        ):
            return False
        guarded, last = self.parents[place.handler], place.handler.body[-1]
        is_same = isinstance(last, ast.Raise) and (last.exc is None or last_name(last.exc) == place.handler.name)
        nodes = [node for statement in getattr(guarded, "body", ()) for node in walk(statement)]
        leaves = any(isinstance(node, ast.Return) for each in place.handler.body for node in walk(each))
        return is_same and not leaves and any(isinstance(node, ast.Yield) for node in nodes)

    def is_process_target(self, function: Function) -> bool:
        """Whether a process runs the function: `Process(target=function)`, also by another name."""
        binding = self.facts.names.binding_of(function)
        uses = list(binding.uses) if binding else []
        for use in uses:
            node: ast.AST = use
            parent = self.parents[use]
            while isinstance(parent, (ast.BoolOp, ast.IfExp)):
                node, parent = parent, self.parents[parent]
            if isinstance(parent, ast.keyword) and parent.arg == "target":
                call = self.parents[parent]
                if isinstance(call, ast.Call) and last_name(call.func).endswith("Process"):
                    return True
            if isinstance(parent, ast.Assign) and parent.value is node and isinstance(parent.targets[0], ast.Name):
                other = self.facts.names.binding(parent.targets[0])
                uses += [each for each in (other.uses if other else ()) if each not in uses]
        return False

    def ends_connection_after(self, place: Place) -> bool:
        """Whether the handler ends the connection of the owner, after the place: `self.transport.abort()`."""
        calls = (each.value for each in self.after(place) if isinstance(each, (ast.Assign, ast.Expr, ast.Return)))
        ended = (each.func for each in calls if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute))
        return any(self._ends_connection(each) for each in ended)

    def _ends_connection(self, called: ast.Attribute) -> bool:
        owner = called.value
        if isinstance(owner, ast.Name):
            is_own = called.attr in known("exceptions", "connections", "own")
            return is_own and self.facts.classes.instance(owner) is not None
        return (
            called.attr in known("exceptions", "connections", "ended_by")
            and isinstance(owner, ast.Attribute)
            and owner.attr in known("exceptions", "connections", "attributes")
            and self.facts.classes.instance(owner.value) is not None
        )

    def after(self, place: Place) -> Iterator[ast.stmt]:
        """The statements of the handler that come after the place, those around it included."""
        inner: ast.AST | None = self.facts.tree.statement(place.by)
        while inner is not None and inner is not place.handler:
            outer = self.parents[inner]
            for _, block in ast.iter_fields(outer):
                if isinstance(block, list) and inner in block:
                    yield from block[block.index(inner) + 1 :]
            inner = None if isinstance(outer, FUNCTIONS) else outer

    def is_at_end_of_loop(self, place: Place) -> bool:
        """Whether the handler catches what ends an event loop that runs for ever, in a function that only runs it."""
        guarded = self.parents[place.handler]
        last = guarded.body[-1] if isinstance(guarded, TRY) else None
        called = last.value.func if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) else None
        is_endless = called is not None and last_name(called) in known("exceptions", "program", "endless")
        return is_endless and isinstance(self.parents[guarded], FUNCTIONS)

    def ends_program(self, value: ast.expr | None) -> bool:
        """Whether what is called, or raised, ends the program."""
        called = value.func if isinstance(value, ast.Call) else value
        if isinstance(called, ast.Attribute) and called.attr == "with_traceback" and called is not value:
            return self.ends_program(called.value)
        is_called = isinstance(called, ast.Attribute) and called is not value
        if is_called and called is not None and last_name(called) in known("exceptions", "program", "methods"):
            return True
        return called is not None and self._is_end(called)

    def _is_end(self, called: ast.expr) -> bool:
        """Whether a function, a class or what is made of one ends the program, also by the base of a class here."""
        ends = known("exceptions", "program", "ends")
        if self.facts.names.qualified(called) in ends:
            return True
        binding = self.facts.names.binding(called) if isinstance(called, ast.Name) else None
        made = binding.sole if binding else None
        if made is None:
            return False
        if isinstance(made.node, ast.ClassDef):
            return any(self.facts.names.qualified(base) in ends for base in made.node.bases)
        return (
            isinstance(made.value, ast.Call) and isinstance(made.value.func, ast.Name) and self._is_end(made.value.func)
        )

    def is_of_ending(self, statement: ast.Raise, test: ast.Call) -> bool:
        """Whether only what is no `Exception` passes a test, and gets to a `raise`: the end of the program, or of the
        task."""
        condition = self.parents[statement]
        before = self.parents[condition]
        if last_name(test.args[-1]) != "BaseException" or not isinstance(before, ast.If):
            return False
        return condition in before.orelse and "'Exception'" in ast.dump(before.test)

    def leaves(self, raising: ast.AST, function: Function, name: str, *, of_any_class: bool = False) -> bool:
        """Whether an exception raised there leaves the function, with nothing on the way that unbinds a name; one of
        whatever class is taken by broad handlers alone."""
        inner: ast.AST = raising
        for outer in self.facts.tree.ancestors(raising):
            if outer is function:
                return True
            if isinstance(outer, ast.ExceptHandler) and outer.name == name:
                return False
            if isinstance(outer, TRY):
                handlers = [each for each in outer.handlers if not of_any_class or is_broad(each)]
                if inner in outer.body and handlers:
                    return False
                if inner not in outer.finalbody and name in bound_at_end(outer):
                    return False
            inner = outer
        return False


def is_broad(handler: ast.ExceptHandler) -> bool:
    """Whether a handler takes every exception that a program may expect."""
    classes = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(each is None or last_name(each) in ("BaseException", "Exception") for each in classes)


def bound_at_end(guarded: ast.Try) -> set[str]:
    """The names that the `finally` of a statement binds or deletes."""
    final = (node for each in guarded.finalbody for node in walk(each))
    return {node.id for node in final if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}


def read(expression: ast.expr) -> set[str]:
    """The names in an expression."""
    return {node.id for node in walk(expression) if isinstance(node, ast.Name)}
