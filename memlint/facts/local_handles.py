"""Handles that a function keeps to itself: what is done with one, and on which ways it is left open."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.graph import Body
from memlint.facts.handles import Act, Use, optional
from memlint.facts.names import Binding, DefinitionKind, ScopeKind
from memlint.facts.paths import Paths, Ways
from memlint.facts.remembered import remembered
from memlint.facts.shapes import end, is_none, place
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts


class Handle(NamedTuple):
    """A handle that a local name gets, and all that is done with it; none of it lets the handle out."""

    call: ast.Call
    sort: str
    name: ast.Name
    uses: list[Use]

    @property
    def closings(self) -> list[Use]:
        return [use for use in self.uses if use.act is Act.CLOSES]


class LocalHandles:
    """Asks of an opening call whether a local name keeps its handle, and whether somebody closes that."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @remembered
    def of(self, call: ast.Call) -> Handle | None:
        """The handle that a call opens and a function binds to a name of its own, if it does not get out."""
        sort = self.facts.handles.sort(call)
        target = self.target(call)
        binding = self.facts.names.binding(target) if sort and target else None
        if sort is None or target is None or binding is None or not self.facts.handles.is_own(binding, target):
            return None
        reads = self._reads_of(binding)
        if reads is None:
            return None
        uses: list[Use] = []
        for name in reads.get(target, ()):
            for use in self.facts.handles.uses(name, sort, name, frozenset((binding,))):
                if use.act is Act.LEAVES:
                    return None
                uses.append(use)
        return Handle(call, sort, target, uses)

    @remembered
    def _reads_of(self, binding: Binding) -> dict[ast.AST, list[ast.Name]] | None:
        """By definition of a variable, the reads that may find what it bound; None where code of another scope reads
        it."""
        names = [each for each in binding.uses if isinstance(each, ast.Name)]
        scope_of = self.facts.names.scope_of
        if len(names) < len(binding.uses) or any(scope_of(each).owner is not binding.scope for each in names):
            return None
        if binding.sole is not None:
            return {binding.sole.node: names}
        found: dict[ast.AST, list[ast.Name]] = {}
        for name in names:
            for node in self.facts.flow(self.facts.tree.function(name)).reaching(name):
                found.setdefault(node, []).append(name)
        return found

    def target(self, call: ast.Call) -> ast.Name | None:
        """The name that a statement binds to nothing but what a call gives."""
        value: ast.AST = call
        statement = self.facts.tree.parents[value]
        if isinstance(statement, ast.withitem) and self.facts.handles.sort(call) == "sqlite":
            return statement.optional_vars if isinstance(statement.optional_vars, ast.Name) else None
        if isinstance(statement, ast.Await):
            value, statement = statement, self.facts.tree.parents[statement]
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is not value or len(targets) != 1:
            return None
        return targets[0] if isinstance(targets[0], ast.Name) else None

    def missed(self, handle: Handle, *, raising: bool = False) -> Ways:
        """On which ways a handle is left behind unclosed; with `raising`, anything may raise."""
        body = self.facts.tree.function(handle.name)
        stops = {use.name for use in handle.closings}
        beside = {each for stop in stops for each in walk(self.whole(stop)) if isinstance(each, ast.Name)}
        return self._paths(body).missed(handle.name, stops, beside, raising=raising)

    @remembered
    def _paths(self, body: Body) -> Paths:
        return Paths(body)

    def unclosed(self, handle: Handle) -> str:
        """Where nobody closes a handle, in words: empty, where somebody does on every way.

        A body that somewhere closes it under `finally` or `except` is taken to have seen to what may raise, and a body
        that calls nothing but the handle's own methods in between to know what it does.
        """
        if not handle.closings:
            return "is never closed" if any(self.missed(handle, raising=True)) else ""
        ways = self.missed(handle)
        if ways.ends and not self.is_conditional(handle):
            return "is left open on a way to the end of the function"
        if ways.rebinds:
            return "is left open where the name is bound again"
        body = self.facts.tree.function(handle.name)
        if handle.sort == "image" or self.is_guarded(handle, body) or not self.is_busy(handle, body):
            return ""
        is_left = any(self.missed(handle, raising=True))
        return "stays open where something raises before the close" if is_left else ""

    def is_brief(self, call: ast.Call, how: str) -> bool:
        """Whether the process ends soon after a handle is left open: the function runs once in it, or what raises ends
        a program."""
        closures = self.facts.closures
        ends = closures.is_program and how.startswith("stays open")
        function = self.facts.tree.function(call)
        is_once = closures.runs_once(function) or self.facts.registrations.is_setup(function)
        return ends or is_once or self.facts.population.is_of_program

    def unreached(self, call: ast.Call) -> ast.stmt | None:
        """The jump right in front of a call that gives back what a local holds, so that it never runs."""
        statement = self.facts.tree.parents[call]
        if not isinstance(statement, ast.Expr) or not is_release(call.func):
            return None
        before = self.before(statement)
        given = call.args[0] if call.args else getattr(call.func, "value", None)
        binding = self.facts.names.binding(given) if isinstance(given, ast.Name) else None
        is_taken = binding is not None and all(each.kind is DefinitionKind.ASSIGNMENT for each in binding.definitions)
        is_local = binding is not None and binding.scope.kind is ScopeKind.FUNCTION
        jumps = (ast.Return, ast.Raise, ast.Continue, ast.Break)
        return before if is_taken and is_local and isinstance(before, jumps) else None

    def before(self, statement: ast.stmt) -> ast.stmt | None:
        """The statement right in front of another in its block."""
        for _, block in ast.iter_fields(self.facts.tree.parents[statement]):
            if isinstance(block, list) and statement in block:
                place = block.index(statement)
                return block[place - 1] if place else None
        return None

    def skipped(self, call: ast.Call) -> ast.Call | None:
        """The `shutdown` in front of a socket's `close` that skips it where it raises, and nobody is told.

        Both stand in one `try` whose handlers pass over the error, and the function drops the socket behind it.
        """
        closed = call.func.value if isinstance(call.func, ast.Attribute) and call.func.attr == "close" else None
        statement = self.facts.tree.parents[call]
        outer = self.facts.tree.parents[statement]
        if closed is None or not isinstance(outer, ast.Try) or statement not in outer.body or outer.finalbody:
            return None
        if not outer.handlers or not all(isinstance(each, ast.Pass) for one in outer.handlers for each in one.body):
            return None
        spelled = ast.dump(closed)
        function = self.facts.tree.function(call)
        is_dropped = any(
            isinstance(node, ast.Assign)
            and is_none(node.value)
            and ast.unparse(closed) in map(ast.unparse, node.targets)
            for node in walk(function)
        )
        front = outer.body[: outer.body.index(statement)]
        for node in (each for part in front for each in walk(part)):
            method = node.func if isinstance(node, ast.Call) else None
            if isinstance(method, ast.Attribute) and method.attr == "shutdown" and ast.dump(method.value) == spelled:
                return node if is_dropped and isinstance(node, ast.Call) else None
        return None

    def is_conditional(self, handle: Handle) -> bool:
        """Whether both the opening and a close stand under conditions of their own, which may well be the same."""
        parents = self.facts.tree.ancestors
        opened = [each for each in parents(handle.call) if isinstance(each, ast.If)]
        closed = [[each for each in parents(use.name) if isinstance(each, ast.If)] for use in handle.closings]
        return any(set(opened) - set(tests) and set(tests) - set(opened) for tests in closed)

    def is_guarded(self, handle: Handle, body: Body) -> bool:
        """Whether a body has seen to what may raise between the opening and a close."""
        return self.is_caught(handle) or any(self.is_cleanup(use.name, body) for use in handle.closings)

    def is_caught(self, handle: Handle) -> bool:
        """Whether a `try` holds the opening and a use, and a close stands behind it for what its handlers let pass."""
        closings = {use.name for use in handle.closings}
        for outer in self.facts.tree.ancestors(handle.call):
            if isinstance(outer, ast.Try) and outer.handlers:
                inside = set(walk(outer))
                if not closings & inside and any(use.name in inside for use in handle.uses):
                    return True
        return False

    def is_busy(self, handle: Handle, body: Body) -> bool:
        """Whether a body calls something between opening and closing that goes wrong more easily than the handle's
        own methods do."""
        first, last = end(handle.call), max(place(use.name) for use in handle.closings)
        calm = optional("calm", handle.sort)
        own = {use.by for use in handle.uses if use.method and calm & {use.method, "*"}}
        calls = (each for each in self._calls_in(body) if first < place(each) < last and each not in own)
        plain = known("handles", "calm", "any")
        calls = (each for each in calls if not (isinstance(each.func, ast.Attribute) and each.func.attr in plain))
        sure = known("handles", "calm", "functions")
        calls = (each for each in calls if self.facts.names.qualified(each.func) not in sure)
        return any(not self.excludes(handle.call, each) for each in calls)

    @remembered
    def _calls_in(self, body: Body) -> list[ast.Call]:
        return [node for node in walk(body) if isinstance(node, ast.Call)]

    def excludes(self, one: ast.AST, other: ast.AST) -> bool:
        """Whether two nodes stand in two branches of which only one runs."""
        statements = self.facts.tree.statement(one), self.facts.tree.statement(other)
        return None not in statements and self.facts.classes.excludes(*statements)  # type: ignore[arg-type]

    def is_cleanup(self, name: ast.Name, body: Body) -> bool:
        """Whether a statement runs in a `finally` or `except` of this body."""
        inner: ast.AST = name
        for outer in self.facts.tree.ancestors(name):
            if outer is body or isinstance(outer, ast.ExceptHandler):
                return outer is not body
            if isinstance(outer, ast.Try) and inner in outer.finalbody:
                return True
            inner = outer
        return False

    def is_used_once(self, handle: Handle) -> bool:
        """Whether a handle that holds connections is made for one use of them, and not for those of a loop."""
        flow = self.facts.flow(self.facts.tree.function(handle.name))
        connecting = known("handles", "consumed_by", "connecting")
        users = [use.method for use in handle.uses if use.method]
        if not users or (handle.sort == "engine" and not connecting.intersection(users)):
            return False
        return all(len(flow.loops(use.name)) <= len(flow.loops(handle.name)) for use in handle.uses)

    def is_repeated(self, node: ast.AST) -> bool:
        """Whether a loop of its own function repeats a node."""
        return bool(self.facts.flow(self.facts.tree.function(node)).loops(node))

    def whole(self, part: ast.expr) -> ast.expr:
        """The largest expression that a part belongs to."""
        whole: ast.AST = part
        for outer in self.facts.tree.ancestors(part):
            if isinstance(outer, ast.expr):
                whole = outer
            elif not isinstance(outer, ast.keyword):
                break
        assert isinstance(whole, ast.expr)
        return whole


def is_release(function: ast.expr) -> bool:
    """Whether a call gives something back, by the last part of its name."""
    name = getattr(function, "attr", getattr(function, "id", "")).lower()
    return any(part in name for part in known("handles", "released_by", "parts"))
