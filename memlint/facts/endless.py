"""Endless threads: functions that a thread runs for ever, and the instance that each of them holds."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from memlint.facts.branches import walk
from memlint.facts.class_model import ClassModel, MethodKind
from memlint.facts.shapes import last_name
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

Function: TypeAlias = ast.FunctionDef | ast.Lambda
LEAVING = (ast.Return, ast.Raise, ast.Yield, ast.YieldFrom, ast.Assert)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
INNER = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class Endless(NamedTuple):
    """A thread that never ends: the class whose instance it holds, what it runs, and the loop that keeps it there."""

    model: ClassModel
    runs: ast.expr
    loop: ast.While


class Threads:
    """Asks of a call whether it starts a thread that holds its instance for ever."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def endless(self, call: ast.Call) -> Endless | None:
        """The thread that a call makes, if it runs a loop without an end and so holds an instance of this file."""
        runs = self.target(call)
        function = self.function(runs) if runs else None
        loop = self.loop(function) if isinstance(function, ast.FunctionDef) else None
        if runs is None or loop is None or self.is_weak(loop):
            return None
        held = (self.facts.registrations.held(each) for each in (runs, *self.given(call)))
        model = next((each for each in held if each), None)
        is_ended = self.is_interrupted(loop) or self.is_of_process(call)
        return Endless(model, runs, loop) if model and not is_ended else None

    def is_of_process(self, call: ast.Call) -> bool:
        """Whether a call stands in a method that another process runs: `start_process(config, self.target)`.
        That process has the one instance, and ends."""
        method = getattr(self.facts.tree.function(call), "name", "")
        for other in self.facts.registrations.calls:
            if "process" not in last_name(other.func).lower():
                continue
            given = (*other.args, *(each.value for each in other.keywords))
            if any(last_name(each) == method and self.facts.registrations.held(each) for each in given):
                return True
        return False

    def target(self, call: ast.Call) -> ast.expr | None:
        """What a call runs in a thread of its own."""
        maker = self.facts.names.qualified(call.func)
        if maker in known("threads", "started_by", "target"):
            named = (each.value for each in call.keywords if each.arg == "target")
            return next(named, call.args[1] if len(call.args) > 1 else None)
        return call.args[0] if call.args and maker in known("threads", "started_by", "first") else None

    def given(self, call: ast.Call) -> Iterator[ast.expr]:
        """The values that the thread's function is called with."""
        for value in (*call.args, *(each.value for each in call.keywords if each.arg in ("args", "kwargs"))):
            if isinstance(value, (ast.Tuple, ast.List)):
                yield from value.elts
            elif isinstance(value, ast.Dict):
                yield from value.values

    def function(self, runs: ast.expr) -> Function | None:
        """The function of this file, or of a base in another one, that a target names, partials and lambdas looked
        through."""
        if isinstance(runs, ast.Call) and self.facts.names.qualified(runs.func) == "functools.partial" and runs.args:
            return self.function(runs.args[0])
        if isinstance(runs, ast.Lambda):
            return self.function(runs.body.func) if isinstance(runs.body, ast.Call) else None
        if isinstance(runs, ast.Attribute):
            model = self.facts.classes.instance(runs.value)
            if model is None or model.kind(runs.attr) is not MethodKind.INSTANCE:
                return None
            if any(runs.attr in each.methods for each in model.home.derived[model]):
                return None
            found = next(each.methods[runs.attr] for each in model.lineage() if runs.attr in each.methods)
            return found if isinstance(found, ast.FunctionDef) and found in self.facts.tree.parents else None
        binding = self.facts.names.binding(runs) if isinstance(runs, ast.Name) else None
        sole = binding.sole.node if binding and binding.sole else None
        return sole if isinstance(sole, ast.FunctionDef) else None

    def loop(self, function: ast.FunctionDef) -> ast.While | None:
        """The loop without an end that a function comes to: nothing in it leaves it, and no `try` outside of it waits
        for what is raised there."""
        waiting = list(function.body)
        while waiting:
            statement = waiting.pop(0)
            if isinstance(statement, (ast.With, ast.If)):
                waiting[:0] = [*statement.body, *getattr(statement, "orelse", ())]
            if isinstance(statement, ast.Try) and not statement.handlers:
                waiting[:0] = statement.body
            if isinstance(statement, ast.While) and is_true(statement.test):
                return None if any(map(self.leaves, own_nodes(statement))) or breaks(statement.body) else statement
        return None

    def leaves(self, node: ast.AST) -> bool:
        """Whether a node may end the loop around it."""
        called = self.facts.names.qualified(node.func) if isinstance(node, ast.Call) else None
        return isinstance(node, LEAVING) or called in known("threads", "ended_by", "calls")

    def is_weak(self, loop: ast.While) -> bool:
        """Whether the loop's function has to do with weak references, so that it may hold nothing."""
        function = self.facts.tree.function(loop)
        return any("weak" in (getattr(node, "id", "") or getattr(node, "attr", "")) for node in walk(function))

    def is_interrupted(self, loop: ast.While) -> bool:
        """Whether the loop may end because something that it waits on is closed: it waits on what can be, where nothing
        catches that, or on an attribute that other code closes."""
        waiting, ending = known("threads", "ended_by", "waiting"), known("threads", "ended_by", "methods")
        calls = [node.func for node in own_nodes(loop) if isinstance(node, ast.Call)]
        used = [each for each in calls if isinstance(each, ast.Attribute)]
        if any(each.attr in waiting and not self.is_caught(each, loop) for each in used):
            return True
        parts = (node for node in own_nodes(loop) if isinstance(node, (ast.Attribute, ast.Name)))
        named = set(map(last_name, parts)) - {"", "self"}
        inside = set(walk(self.facts.tree.function(loop)))
        closers = (node.func for node in self.facts.tree.nodes(ast.Call) if node not in inside)
        closed = (each.value for each in closers if isinstance(each, ast.Attribute) and each.attr in ending)
        return any(last_name(each) in named for each in closed if isinstance(each, (ast.Attribute, ast.Name)))

    def is_caught(self, node: ast.AST, loop: ast.While) -> bool:
        """Whether a `try` inside the loop catches everything that a node raises."""
        inner = node
        for outer in self.facts.tree.ancestors(node):
            if outer is loop:
                break
            if isinstance(outer, ast.Try) and inner in outer.body:
                caught = (
                    None if each.type is None else self.facts.names.qualified(each.type) for each in outer.handlers
                )
                if any(
                    each in (None, "builtins.Exception", "builtins.BaseException", "builtins.OSError")
                    for each in caught
                ):
                    return True
            inner = outer
        return False


def is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def own_nodes(loop: ast.While) -> Iterator[ast.AST]:
    """What a loop's body runs itself: not what functions do that are made there."""
    waiting: list[ast.AST] = list(loop.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, INNER):
            waiting += ast.iter_child_nodes(node)


def breaks(body: list[ast.stmt]) -> bool:
    """Whether a `break` among these statements ends the loop that they are the body of."""
    for statement in body:
        if isinstance(statement, ast.Break):
            return True
        if isinstance(statement, INNER):
            continue
        fields = ("orelse",) if isinstance(statement, LOOPS) else ("body", "orelse", "finalbody")
        blocks = [getattr(statement, field, []) for field in fields]
        blocks += [each.body for each in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ()))]
        if any(map(breaks, blocks)):
            return True
    return False
