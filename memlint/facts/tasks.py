"""Tasks of an event loop: where they are made, and whether anything keeps them."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from memlint.facts.branches import walk
from memlint.facts.project import package_of
from memlint.facts.remembered import remembered
from memlint.facts.results import own_nodes
from memlint.facts.shapes import end, is_none, last_name, place
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

Definitions: TypeAlias = "Sequence[tuple[Facts, ast.AST]]"

LOOPS = (ast.For, ast.AsyncFor, ast.While)
FURTHEST = 4
"""Coroutines that are followed from one to what it waits for."""
MOST = 5
"""Other files that are searched for the methods of a name."""
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
        return self.holds_of(called, "coroutine", may_be_coroutine)

    def holds_of(self, called: ast.expr, question: int | str, holds: Callable[[Definitions], bool]) -> bool:
        """Whether something holds of the functions that a call may mean, each with the facts of its file; where the
        object of a method is not known, of all methods of that name in the file, or else in the package."""
        seen = self.seen(called)
        if seen is not None:
            return holds(seen)
        name, project = last_name(called), self.facts.project

        def answer() -> bool:
            others = project.calling(self.facts, name, MOST)
            return holds([each for other in others for each in other.tasks.methods(name)])

        # One answer for every call of the name in the package, as each would read the same files again.
        return project.answered((package_of(self.facts.source.path), name, question), answer)

    def seen(self, called: ast.expr) -> Definitions | None:
        """The functions that a call may mean as far as the file shows; None for any method of its name in the
        package."""
        if isinstance(called, ast.Attribute) and (model := self.facts.classes.instance(called.value)):
            lineage = (each.methods[called.attr] for each in model.lineage() if called.attr in each.methods)
            return [(self.facts, node) for node in lineage][:1]
        found = self.facts.find(called)
        if found is not None or not isinstance(called, ast.Attribute):
            return [(found.facts, found.node)] if found else []
        return self.methods(called.attr) or None

    def methods(self, name: str) -> Definitions:
        """The methods of a name that classes of the file have."""
        models = self.facts.classes.models.values()
        return [(self.facts, each.methods[name]) for each in models if name in each.methods]

    def is_held_by_loop(self, work: ast.expr) -> bool:
        """Whether the loop has hold of a task wherever it waits: it runs through at once, or waits for a timer."""
        binding = self.names.binding(work) if isinstance(work, ast.Name) else None
        made = binding.sole.value if binding and binding.sole else work
        return isinstance(made, ast.Call) and leads_to_what_holds(self.facts, made, frozenset())

    def is_too_late(self, call: ast.Call) -> bool:
        """Whether a call stands in the `finally` behind what runs the loop to its end."""
        inner: ast.AST = call
        for outer in self.facts.tree.ancestors(call):
            if isinstance(outer, ast.Try) and inner in outer.finalbody:
                return any(is_running(node) for each in outer.body for node in walk(each))
            inner = outer
        return False

    @cached_property
    def is_kept_by_factory(self) -> bool:
        """Whether the file gives its loop a function of its own that makes the tasks, and may keep them."""
        return "set_task_factory" in self.facts.registrations.called

    def is_delayed(self, work: ast.expr) -> bool:
        """Whether a task sleeps and then waits but once, for one call: the timer holds it, and then that call may."""
        return isinstance(work, ast.Call) and self.holds_of(work.func, "delayed", wait_once_for_long)

    @remembered
    def dropped(self, call: ast.Call) -> Dropped | None:
        """The task that a call makes, where nothing keeps it."""
        return self.scheduled(call) or self.made(call)

    def made(self, call: ast.Call) -> Dropped | None:
        """A task that a call makes and the code around it lets go."""
        by = self.letting_go(call) if self.makes(call) else ""
        if not by or self.is_kept_by_factory or self.is_too_late(call) or self.is_held_by_loop(call.args[0]):
            return None
        return Dropped(call, call.args[0], by)

    def letting_go(self, call: ast.Call) -> str:
        """What lets go of what a call gives, in words; empty where it is kept."""
        outer, parent = self.passed_up(call)
        if isinstance(parent, ast.Expr):
            return "nothing else keeps it"
        if isinstance(parent, ast.Lambda) and outer is parent.body and self.is_dropped_later(parent):
            return "the caller of the lambda drops it"
        if isinstance(parent, ast.Assign) and len(parent.targets) == 1 and self.is_forgotten(parent.targets[0], parent):
            return f"`{getattr(parent.targets[0], 'id', '')}` goes before it is done"
        return ""

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
            if self.is_maker(argument) and (self.is_held_by_loop(call.args[place_ + 1]) or self.is_too_late(call)):
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
    """Whether a coroutine waits for what holds its task: for a timer, for a thread, under a timeout, or for a lock,
    which whoever has it holds."""
    if isinstance(wait, ast.Await) and isinstance(wait.value, ast.Attribute):
        return True  # who is to set the future has it from the object, and holds what waits for it
    if isinstance(wait, ast.Await) and isinstance(call := wait.value, ast.Call):
        if is_of_object(facts, call):
            return True
        if (facts.names.qualified(call.func) or "") in known("tasks", "held", "awaited"):
            return True
        if is_given_timeout(facts, call):
            return True
        if isinstance(call.func, ast.Attribute) and is_held_by_transport(call.func.attr):
            return True
        if isinstance(call.func, ast.Attribute) and call.func.attr == "wait" and is_child(facts, call.func.value):
            return True
    if isinstance(wait, ast.AsyncWith) and all(facts.kinds.of(each.context_expr) == "lock" for each in wait.items):
        return True
    around = [wait, *facts.tree.ancestors(wait)]
    scopes = (each for each in around if isinstance(each, ast.AsyncWith))
    return any(is_timer(facts, each.items[0].context_expr) for each in scopes)


def is_of_object(facts: Facts, call: ast.Call) -> bool:
    """Whether a call waits for an event or a lock that an object keeps, or for the tasks that it keeps: who is to set
    or to leave it has it from there, and holds what waits."""
    called = call.func
    if isinstance(called, ast.Attribute) and called.attr in known("tasks", "held", "signals"):
        return isinstance(called.value, ast.Attribute)
    if facts.names.qualified(called) not in known("tasks", "held", "gathering"):
        return False
    given = [each.value if isinstance(each, ast.Starred) else each for each in call.args]
    return bool(given) and all(isinstance(each, ast.Attribute) for each in given)


def is_child(facts: Facts, value: ast.expr) -> bool:
    """Whether a local is a process that the coroutine has started, which the loop watches."""
    binding = facts.names.binding(value) if isinstance(value, ast.Name) else None
    made = binding.sole.value if binding and binding.sole else None
    called = made.value.func if isinstance(made, ast.Await) and isinstance(made.value, ast.Call) else None
    return called is not None and last_name(called).startswith("create_subprocess")


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


def is_held_through(facts: Facts, wait: ast.AST, asking: frozenset[ast.AST]) -> bool:
    """Whether a coroutine waits for what holds its task, or for another one that does."""
    if is_held(facts, wait):
        return True
    call = wait.value if isinstance(wait, ast.Await) else None
    return isinstance(call, ast.Call) and leads_to_what_holds(facts, call, asking)


def leads_to_what_holds(facts: Facts, call: ast.Call, asking: frozenset[ast.AST]) -> bool:
    """Whether all that a call may mean are coroutine functions that wait, wherever they do, for what holds the task."""
    if len(asking) == FURTHEST:
        return False
    return facts.tasks.holds_of(call.func, len(asking), lambda found: all_hold(found, asking))


def may_be_coroutine(found: Definitions) -> bool:
    return not found or any(isinstance(node, ast.AsyncFunctionDef) for _, node in found)


def wait_once_for_long(found: Definitions) -> bool:
    """Whether there is just one function, which waits for what holds its task and then for one thing more."""
    facts, node = found[0] if len(found) == 1 else (None, None)
    if facts is None or not isinstance(node, ast.AsyncFunctionDef) or node not in facts.tree.parents:
        return False
    first, *others = [*waits(node), None]
    return len(others) == 2 and first is not None and is_held(facts, first)


def all_hold(found: Definitions, asking: frozenset[ast.AST]) -> bool:
    """Whether there are coroutine functions among these, and all of them wait for what holds the task. One that leads
    back to what is being asked about does not, from wherever the circle is entered."""
    coroutines = [(home, node) for home, node in found if isinstance(node, ast.AsyncFunctionDef)]
    return bool(coroutines) and all(
        node not in asking
        and node in home.tree.parents
        and not is_stub(node)
        and all(is_held_through(home, each, asking | {node}) for each in waits(node))
        for home, node in coroutines
    )


def is_stub(function: ast.AsyncFunctionDef) -> bool:
    """Whether a function only stands for those that override it: `...`, `pass`, `raise NotImplementedError`."""
    return all(
        isinstance(each, (ast.Pass, ast.Raise)) or (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
        for each in function.body
    )
