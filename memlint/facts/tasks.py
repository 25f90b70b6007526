"""Tasks of an event loop: where they are made, and whether anything keeps them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.results import own_nodes
from memlint.facts.shapes import end, is_none, last_name, place
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

LOOPS = (ast.For, ast.AsyncFor, ast.While)
WAITING = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield, ast.YieldFrom)


class Dropped(NamedTuple):
    """A task that nothing keeps."""

    task: ast.Call
    """The call that makes it, or that makes the loop call what makes it."""
    work: ast.expr
    """The coroutine."""
    by: str
    """What lets go of it, in words."""


class Tasks:
    """Follows the tasks of one file."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names

    def makes(self, call: ast.Call) -> bool:
        """Whether a call makes a task of a coroutine."""
        if not call.args or isinstance(call.args[0], ast.Starred) or not self.is_maker(call.func):
            return False
        return not self.is_coercing(call.func) or self.is_coroutine(call.args[0])

    def is_maker(self, function: ast.expr) -> bool:
        """Whether an expression is a function, or a method of an event loop, that makes tasks."""
        methods = known("tasks", "made_by", "methods")
        if isinstance(function, ast.Attribute) and function.attr in methods and self.is_loop(function.value):
            return True
        qualified = self.names.qualified(function) or ""
        return qualified in known("tasks", "made_by", "functions") or self.is_coercing(function)

    def is_coercing(self, function: ast.expr) -> bool:
        return (self.names.qualified(function) or "") in known("tasks", "made_by", "coercing")

    def is_loop(self, value: ast.expr) -> bool:
        """Whether a value is an event loop: by what made it, or, where that is not seen, by what it is called."""
        kind = self.facts.kinds.of(value)
        if kind is not None or isinstance(value, ast.Call):
            return kind == "event loop"
        name = getattr(value, "attr", getattr(value, "id", ""))
        return name.lower().rpartition("_")[2] in known("tasks", "named", "loop")

    def is_coroutine(self, value: ast.expr) -> bool:
        """Whether a value is what a coroutine function gives, as far as is seen, and no future."""
        if isinstance(value, ast.Name):
            binding = self.names.binding(value)
            given = binding.sole.value if binding and binding.sole and len(binding.uses) == 1 else None
            return isinstance(given, ast.Call) and self.is_coroutine(given)
        if not isinstance(value, ast.Call) or self.facts.kinds.of(value) in ("future", "task"):
            return False
        called = value.func
        if (self.names.qualified(called) or "") in known("tasks", "future", "given_by"):
            return False
        if isinstance(called, ast.Attribute) and called.attr in known("tasks", "future", "methods"):
            return False
        node = self.definition(called)[1]
        return node is None or isinstance(node, ast.AsyncFunctionDef)

    def definition(self, called: ast.expr) -> tuple[Facts, ast.AST | None]:
        """The function that is called, and the facts of its file; None where it is not found."""
        if isinstance(called, ast.Attribute) and (model := self.facts.classes.instance(called.value)):
            lineage = (each.methods[called.attr] for each in model.lineage() if called.attr in each.methods)
            return self.facts, next(lineage, None)
        found = self.facts.find(called)
        return (found.facts, found.node) if found else (self.facts, None)

    def is_held_by_loop(self, work: ast.expr) -> bool:
        """Whether the loop has hold of a task wherever it waits: it runs through at once, or waits for a timer."""
        binding = self.names.binding(work) if isinstance(work, ast.Name) else None
        made = binding.sole.value if binding and binding.sole else work
        facts, node = self.definition(made.func) if isinstance(made, ast.Call) else (self.facts, None)
        if not isinstance(node, ast.AsyncFunctionDef) or node not in facts.tree.parents or is_stub(node):
            return False
        return all(is_held_through(facts, each) for each in waits(node))

    def is_delayed(self, work: ast.expr) -> bool:
        """Whether a task sleeps and then waits but once, for one call: the timer holds it, and then that call may."""
        facts, node = self.definition(work.func) if isinstance(work, ast.Call) else (self.facts, None)
        if not isinstance(node, ast.AsyncFunctionDef) or node not in facts.tree.parents:
            return False
        first, *others = [*waits(node), None]
        return len(others) == 2 and first is not None and is_held(facts, first)

    def dropped(self, call: ast.Call) -> Dropped | None:
        """The task that a call makes, where nothing keeps it."""
        if scheduled := self.scheduled(call):
            return scheduled
        if not self.makes(call):
            return None
        if self.is_held_by_loop(call.args[0]):
            return None
        outer, parent = self.passed_up(call)
        if isinstance(parent, ast.Expr):
            return Dropped(call, call.args[0], "nothing else keeps it")
        if isinstance(parent, ast.Lambda) and outer is parent.body and self.is_dropped_later(parent):
            return Dropped(call, call.args[0], "the caller of the lambda drops it")
        if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and self.is_forgotten(parent.targets[0], parent):
            name = parent.targets[0]
            return Dropped(call, call.args[0], f"`{getattr(name, 'id', '')}` goes before it is done")
        return None

    def passed_up(self, call: ast.expr) -> tuple[ast.AST, ast.AST]:
        """The outermost expression that gives the task on to nobody, and what is around it: `….add_done_callback(f)`,
        `ready and …`."""
        parents = self.facts.tree.parents
        node: ast.AST = call
        while True:
            parent = parents[node]
            if isinstance(parent, ast.Attribute) and parent.attr in known("tasks", "methods", "passing"):
                node = parents[parent]
                if not isinstance(node, ast.Call) or node.func is not parent:
                    return parent, node
            elif (isinstance(parent, ast.BoolOp) and node is parent.values[-1]) or (
                isinstance(parent, ast.IfExp) and node is not parent.test
            ):
                node = parent
            else:
                return node, parent

    def scheduled(self, call: ast.Call) -> Dropped | None:
        """A task that the loop is told to make by itself: `loop.call_soon_threadsafe(loop.create_task, work)`."""
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in known("tasks", "methods", "dropping"):
            return None
        for place_, argument in enumerate(call.args[:-1]):
            if self.is_maker(argument) and self.is_held_by_loop(call.args[place_ + 1]):
                return None
            if self.is_maker(argument) and (not self.is_coercing(argument) or self.is_coroutine(call.args[place_ + 1])):
                return Dropped(call, call.args[place_ + 1], f"`{call.func.attr}` drops it")
        return None

    def is_dropped_later(self, function: ast.Lambda) -> bool:
        """Whether a lambda is given to a method that drops what it gives."""
        call = self.facts.tree.parents[function]
        return (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr in known("tasks", "methods", "dropping")
        )

    def is_forgotten(self, target: ast.expr, statement: ast.Assign) -> bool:
        """Whether a local name holds the task no longer than until the function returns, with no wait before that, or
        until the next turn of a loop."""
        binding = self.names.binding(target) if isinstance(target, ast.Name) else None
        function = self.facts.tree.function(statement)
        if binding is None or binding.scope.node is not function or isinstance(function, (ast.Module, ast.Lambda)):
            return False
        if not all(map(self.is_passing, binding.uses)):
            return False
        later = [node for node in own_nodes(function) if place(node) > end(statement)]
        in_loop = self.facts.tree.enclosing(statement, *LOOPS)
        if in_loop is not None and self.facts.tree.function(in_loop) is function:
            return len(binding.definitions) == 1
        return not any(isinstance(node, WAITING) or is_running(node) for node in later)

    def is_passing(self, use: ast.Name) -> bool:
        parent = self.facts.tree.parents[use]
        if not isinstance(parent, ast.Attribute) or parent.attr not in known("tasks", "methods", "passing"):
            return False
        return self.facts.tree.is_called(parent)


def is_running(node: ast.AST) -> bool:
    """Whether a node calls a method that runs an event loop."""
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Attribute) and called.attr in known("tasks", "methods", "running")


def is_held(facts: Facts, wait: ast.AST) -> bool:
    """Whether a coroutine waits for what holds its task: for a timer, for a thread, or under a timeout."""
    if isinstance(wait, ast.Await) and isinstance(call := wait.value, ast.Call):
        if (facts.names.qualified(call.func) or "") in known("tasks", "held", "awaited"):
            return True
        if is_given_timeout(facts, call):
            return True
        if isinstance(call.func, ast.Attribute) and is_held_by_transport(call.func.attr):
            return True
    around = [wait, *facts.tree.ancestors(wait)]
    scopes = (each for each in around if isinstance(each, ast.AsyncWith))
    return any(is_timer(facts, each.items[0].context_expr) for each in scopes)


def is_given_timeout(facts: Facts, call: ast.Call) -> bool:
    """Whether a wait for several tasks ends by a timer."""
    limits = (each.value for each in call.keywords if each.arg == "timeout")
    return facts.names.qualified(call.func) in known("tasks", "races", "waits") and not all(map(is_none, limits))


def is_held_by_transport(method: str) -> bool:
    """Whether a method runs in a thread, or sends: what waits for a connection to take more hangs on its transport,
    which the loop's selector holds."""
    held = known("tasks", "held", "methods")
    return method in held or method.lstrip("_").partition("_")[0] in known("tasks", "held", "sending")


def is_timer(facts: Facts, context: ast.expr) -> bool:
    called = context.func if isinstance(context, ast.Call) else None
    return called is not None and facts.names.qualified(called) in known("tasks", "held", "timers")


def waits(function: ast.AsyncFunctionDef) -> list[ast.AST]:
    """Where a coroutine waits, in source order."""
    return sorted((each for each in own_nodes(function) if isinstance(each, WAITING)), key=place)


def is_held_through(facts: Facts, wait: ast.AST, asking: frozenset[ast.AST] = frozenset()) -> bool:
    """Whether a coroutine waits for what holds its task, or for a method of its own instance that does."""
    if is_held(facts, wait):
        return True
    call = wait.value if isinstance(wait, ast.Await) else None
    called = call.func if isinstance(call, ast.Call) else None
    model = facts.classes.instance(called.value) if isinstance(called, ast.Attribute) else None
    method = model.methods.get(last_name(called)) if model and called else None
    if not isinstance(method, ast.AsyncFunctionDef) or method in asking or method not in facts.tree.parents:
        return False
    return not is_stub(method) and all(is_held_through(facts, each, asking | {method}) for each in waits(method))


def is_stub(function: ast.AsyncFunctionDef) -> bool:
    """Whether a function only stands for those that override it: `...`, `pass`, `raise NotImplementedError`."""
    return all(
        isinstance(each, (ast.Pass, ast.Raise)) or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        for each in function.body
    )
