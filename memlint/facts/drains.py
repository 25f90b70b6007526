"""Loops that take everything out of a dict or set that outlives them, one entry after the other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.growth import HANDED_ON
from memlint.facts.growth_model import Container, Home
from memlint.facts.registrations import is_ending

if TYPE_CHECKING:
    from memlint.facts import Facts

TABLES = frozenset({"dict", "defaultdict", "set"})
TAKING = frozenset({"discard", "pop", "popitem", "remove"})
COPYING = frozenset({f"builtins.{name}" for name in ("frozenset", "list", "set", "sorted", "tuple")})
LEAVING = (ast.Break, ast.Continue, ast.Return, ast.Yield, ast.YieldFrom, ast.Raise)

SIMPLE = (ast.AnnAssign, ast.Assign, ast.AugAssign, ast.Delete, ast.Expr)
UNCERTAIN = (ast.BoolOp, ast.DictComp, ast.GeneratorExp, ast.IfExp, ast.Lambda, ast.ListComp, ast.SetComp)


class Drain(NamedTuple):
    """A container, the loop that empties it, and the statement that takes an entry out."""

    container: Container
    loop: ast.For | ast.While
    taking: ast.stmt


class Drains:
    """Finds the dicts and sets of modules and long-lived objects that only ever lose their entries singly."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @cached_property
    def found(self) -> list[Drain]:
        """The first full drain of each container that grows again and that nothing gives a new table."""
        containers = (
            each
            for home in (Home.MODULE, Home.INSTANCE)
            for each in self.facts.growths.FINDERS[home](self.facts.growths)
        )
        drains = (next(self.drains(each), None) for each in containers if self.is_suspect(each))
        return [each for each in drains if each is not None]

    def is_suspect(self, container: Container) -> bool:
        """Whether a dict or set lives long, and is filled again and again with what comes from outside."""
        growths = self.facts.growths
        if container.kind not in TABLES or growths.is_emptied(container):
            return False
        if any(each.role in HANDED_ON and self.loop_of(each.use) is None for each in container.touches):
            return False
        if container.home is Home.INSTANCE and not growths.is_of_lasting(container):
            return False
        return any(
            growths.is_repeated(each) and growths.may_be_from_outside(container, each) for each in container.growths
        )

    def drains(self, container: Container) -> Iterator[Drain]:
        """The loops that leave a container empty, outside of what runs at the end of the object or the process."""
        for use in (touch.use for touch in container.touches):
            loop = self.loop_of(use)
            if loop is None or any(is_ending(each.name) for each in self.functions(loop)):
                continue
            taking = next((each for each in certain(loop.body) if self.takes(each, use, loop)), None)
            if taking is not None and not self.may_leave(loop):
                yield Drain(container, loop, taking)

    def functions(self, loop: ast.stmt) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        """The functions around a loop."""
        around = self.facts.tree.ancestors(loop)
        return [each for each in around if isinstance(each, (ast.FunctionDef, ast.AsyncFunctionDef))]

    def loop_of(self, use: ast.expr) -> ast.For | ast.While | None:
        """The loop that runs over a copy of all keys, or for as long as there are entries."""
        outer = self.facts.tree.statement(use)
        if isinstance(outer, ast.While) and outer.test is self.counted(use):
            return outer
        if not isinstance(outer, ast.For) or not isinstance(outer.target, ast.Name):
            return None
        keys = self.facts.tree.parents[use]
        whole: ast.AST = use
        if isinstance(keys, ast.Attribute) and keys.attr in ("keys", "copy"):
            whole = self.facts.tree.parents[keys]
            if keys.attr == "copy" and outer.iter is whole:
                return outer
        copy = self.facts.tree.parents[whole]
        is_copy = isinstance(copy, ast.Call) and self.facts.names.qualified(copy.func) in COPYING
        return outer if is_copy and outer.iter is copy and isinstance(copy, ast.Call) and copy.args == [whole] else None

    def counted(self, use: ast.expr) -> ast.AST:
        """The test that a use of the container makes: of `while d`, `while len(d)`, `while len(d) > 0`."""
        call = self.facts.tree.parents[use]
        if not isinstance(call, ast.Call) or self.facts.names.qualified(call.func) != "builtins.len":
            return use
        test = self.facts.tree.parents[call]
        if (
            not isinstance(test, ast.Compare)
            or test.left is not call
            or not isinstance(test.ops[0], (ast.Gt, ast.NotEq))
        ):
            return call
        limit = test.comparators[0]
        return test if isinstance(limit, ast.Constant) and limit.value == 0 else use

    def takes(self, statement: ast.stmt, use: ast.expr, loop: ast.For | ast.While) -> bool:
        """Whether a statement takes an entry out for certain, that of the loop's key where it runs over keys."""
        if not isinstance(statement, SIMPLE) or any(isinstance(node, UNCERTAIN) for node in walk(statement)):
            return False
        for holder, keys in taken(statement):
            if ast.unparse(holder) == ast.unparse(use) and (
                isinstance(loop, ast.While) or (keys and ast.unparse(keys[0]) == ast.unparse(loop.target))
            ):
                return True
        return False

    def may_leave(self, loop: ast.For | ast.While) -> bool:
        """Whether the loop may end, or pass an entry over, while there are some."""
        return any(isinstance(node, LEAVING) for statement in loop.body for node in walk(statement))


def certain(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run with every turn, if nothing fails."""
    for statement in body:
        yield statement
        if isinstance(statement, (ast.With, ast.AsyncWith, ast.Try)):
            yield from certain(statement.body)


def taken(statement: ast.stmt) -> Iterator[tuple[ast.expr, list[ast.expr]]]:
    """What a statement takes entries out of, each with the keys that it gives."""
    for node in walk(statement):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Del):
            yield node.value, [node.slice]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TAKING:
            yield node.func.value, node.args
