"""Handles: what a call opens here, who closes it, on which paths, and where it leaves the function.

A handle is an object that holds something outside Python's memory: a descriptor, a process, threads, connections. The
tables in `handles.toml` say what opens one, by what methods it is closed, and which calls only read it. All else that
a handle is handed to may keep or close it, so that nothing is said of it.
"""

from __future__ import annotations

import ast
import enum
import re
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.graph import Body
from memlint.facts.names import Binding, DefinitionKind, ScopeKind
from memlint.facts.paths import Paths, Ways
from memlint.facts.shapes import end, is_starred, place
from memlint.knowledge import inverted, table
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

LISTED = (ast.ListComp, ast.SetComp, ast.DictComp)
TESTS = (ast.Compare, ast.UnaryOp, ast.If, ast.While, ast.Assert, ast.FormattedValue, ast.BinOp)
"""What only looks at a handle."""


class Act(enum.Enum):
    """What one use does with a handle."""

    READS = "reads"
    CLOSES = "closes"
    LEAVES = "leaves"


class Use(NamedTuple):
    """What a read of the handle's name does; `by` is what does it."""

    act: Act
    name: ast.Name
    by: ast.AST

    @property
    def method(self) -> str:
        """The method of the handle that is called; empty where something else is done."""
        function = self.by.func if isinstance(self.by, ast.Call) else None
        return function.attr if isinstance(function, ast.Attribute) and function.value is self.name else ""


class Handle(NamedTuple):
    """A handle that a local name gets, and all that is done with it; none of it lets the handle out."""

    call: ast.Call
    sort: str
    name: ast.Name
    uses: list[Use]

    @property
    def closings(self) -> list[Use]:
        return [use for use in self.uses if use.act is Act.CLOSES]


class Handles:
    """Asks of calls whether they open a handle, and of handles what becomes of them."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._locals: dict[ast.Call, Handle | None] = {}
        self._paths: dict[Body, Paths] = {}

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """Every name that occurs in the file, of whatever it is."""
        return frozenset(re.findall(r"\w+", self.facts.source.text))

    def sort(self, call: ast.AST | None) -> str | None:
        """What a call opens: `file`, `socket`, `process`, …; None of other calls."""
        if not isinstance(call, ast.Call):
            return None
        openers = inverted("handles", "opened_by")
        if (
            isinstance(call.func, ast.Attribute)
            and call.func.attr == "open"
            and self.facts.kinds.is_path(call.func.value)
        ):
            return "file"
        sort = openers.get(self.facts.names.qualified(call.func) or "")
        if (
            sort is None
            and isinstance(call.func, ast.Attribute)
            and any(each.arg == "stream" for each in call.keywords)
        ):
            sort = "response" if self.is_client(call.func.value) else None
        if sort == "response":
            return sort if any(each.arg == "stream" and is_true(each.value) for each in call.keywords) else None
        if (sort == "arrays" and not is_npz(call)) or self.is_inner(call):
            return None
        return sort

    def is_inner(self, call: ast.Call) -> bool:
        """Whether what a call opens lies in memory, or in a file or connection that somebody else has opened."""
        files = known("handles", "opened_by", "memory") | known("handles", "opened_by", "file")
        if any(each.arg == "fileobj" or is_lent(each) for each in call.keywords):
            return True
        first = call.args[0] if call.args else None
        binding = self.facts.names.binding(first) if isinstance(first, ast.Name) else None
        givers = binding.definitions if binding else ()
        if any(each.kind in (DefinitionKind.WITH, DefinitionKind.LOOP) for each in givers):
            return any(each.kind is DefinitionKind.WITH for each in givers)
        made = [first, *(each.value for each in givers if each.value is not call)]
        calls = (each for each in made if isinstance(each, ast.Call))
        return any((self.facts.names.qualified(each.func) or "") in files for each in calls)

    def is_client(self, value: ast.expr) -> bool:
        """Whether a name holds a client of this file's making."""
        binding = self.facts.names.binding(value) if isinstance(value, ast.Name) else None
        made = binding.sole.value if binding and binding.sole else None
        return isinstance(made, ast.Call) and self.sort(made) == "client"

    def inline(self, call: ast.Call) -> ast.AST | None:
        """What is through with a handle right where it is made, so that no name has it and nobody can close it.

        That is a call of a method of it, a call that gets it as an argument, or a loop.
        """
        sort = self.sort(call)
        if sort is None or isinstance(self.facts.tree.parents[call], (ast.Expr, ast.withitem)):
            return None
        uses = list(self.uses(call, sort, None, frozenset()))
        if not uses or any(use.act is not Act.READS for use in uses):
            return None
        return uses[0].by

    def local(self, call: ast.Call) -> Handle | None:
        """The handle that a call opens and a function binds to a name of its own, if it does not get out."""
        if call not in self._locals:
            self._locals[call] = self._local(call)
        return self._locals[call]

    def _local(self, call: ast.Call) -> Handle | None:
        sort = self.sort(call)
        target = self.target(call)
        binding = self.facts.names.binding(target) if sort and target else None
        if sort is None or target is None or binding is None or not self.is_own(binding, target):
            return None
        body = self.facts.tree.function(target)
        flow = self.facts.flow(body)
        uses: list[Use] = []
        for name in binding.uses:
            if self.facts.names.scope_of(name).owner is not binding.scope:
                return None
            if len(binding.definitions) > 1 and target not in flow.reaching(name):
                continue
            for use in self.uses(name, sort, name, frozenset((binding,))):
                if use.act is Act.LEAVES:
                    return None
                uses.append(use)
        return Handle(call, sort, target, uses)

    def target(self, call: ast.Call) -> ast.Name | None:
        """The name that a statement binds to nothing but what a call gives."""
        value: ast.AST = call
        statement = self.facts.tree.parents[value]
        if isinstance(statement, ast.withitem) and self.sort(call) == "sqlite":
            return statement.optional_vars if isinstance(statement.optional_vars, ast.Name) else None
        if isinstance(statement, ast.Await):
            value, statement = statement, self.facts.tree.parents[statement]
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is not value or len(targets) != 1:
            return None
        return targets[0] if isinstance(targets[0], ast.Name) else None

    def is_own(self, binding: Binding, target: ast.Name) -> bool:
        """Whether a variable is one of the function that binds it here, and no other function's too."""
        scope = self.facts.names.scope_of(target)
        is_entered = isinstance(self.facts.tree.parents[target], ast.withitem)
        return binding.scope is scope and (scope.kind is ScopeKind.FUNCTION or is_entered)

    def missed(self, handle: Handle, *, raising: bool = False) -> Ways:
        """On which ways a handle is left behind unclosed; with `raising`, anything may raise."""
        body = self.facts.tree.function(handle.name)
        if body not in self._paths:
            self._paths[body] = Paths(body)
        stops = {use.name for use in handle.closings}
        beside = {each for stop in stops for each in ast.walk(self.whole(stop)) if isinstance(each, ast.Name)}
        return self._paths[body].missed(handle.name, stops, beside, raising=raising)

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
        guards = (use.name for use in handle.closings)
        if (
            handle.sort == "image"
            or any(self.is_cleanup(name, body) for name in guards)
            or not self.is_busy(handle, body)
        ):
            return ""
        is_left = any(self.missed(handle, raising=True))
        return "stays open where something raises before the close" if is_left else ""

    def is_conditional(self, handle: Handle) -> bool:
        """Whether both the opening and a close stand under conditions of their own, which may well be the same."""
        parents = self.facts.tree.ancestors
        opened = [each for each in parents(handle.call) if isinstance(each, ast.If)]
        closed = [[each for each in parents(use.name) if isinstance(each, ast.If)] for use in handle.closings]
        return any(set(opened) - set(tests) and set(tests) - set(opened) for tests in closed)

    def is_busy(self, handle: Handle, body: Body) -> bool:
        """Whether a body calls something between opening and closing that goes wrong more easily than the handle's
        own methods do."""
        first, last = end(handle.call), max(place(use.name) for use in handle.closings)
        calm = optional("calm", handle.sort)
        own = {use.by for use in handle.uses if use.method and calm & {use.method, "*"}}
        calls = (each for each in ast.walk(body) if isinstance(each, ast.Call) and each not in own)
        plain = known("handles", "calm", "any")
        calls = (each for each in calls if not (isinstance(each.func, ast.Attribute) and each.func.attr in plain))
        return any(first < place(each) < last and not self.excludes(handle.call, each) for each in calls)

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

    def uses(self, value: ast.AST, sort: str, name: ast.Name | None, followed: frozenset[Binding]) -> Iterator[Use]:
        """What is done with a handle by what stands around an expression; uses count as those of `name`."""
        parent = self.facts.tree.parents[value]
        seen = name or ast.Name("")
        if isinstance(parent, ast.Attribute) and parent.attr in optional("derived", sort):
            is_called = self.facts.tree.is_called(parent)
            yield Use(Act.READS, seen, parent)
            yield from self.uses(self.facts.tree.parents[parent] if is_called else parent, "wrapper", name, followed)
        elif isinstance(parent, ast.Attribute):
            yield Use(self.attribute_act(parent, sort), seen, self.facts.tree.parents[parent])
        elif isinstance(parent, ast.withitem):
            yield from self.entered_uses(parent, sort, name, followed)
        elif isinstance(parent, ast.Call) and value is not parent.func:
            yield from self.argument_uses(parent, value, sort, name, followed)
        elif isinstance(parent, ast.keyword) and parent.arg and isinstance(self.facts.tree.parents[parent], ast.Call):
            yield from self.argument_uses(self.facts.tree.parents[parent], value, sort, name, followed)
        elif isinstance(parent, ast.comprehension):
            made = self.facts.tree.parents[parent]
            yield from (
                (Use(Act.READS, seen, made),) if isinstance(made, LISTED) else self.uses(made, sort, name, followed)
            )
        elif isinstance(parent, (ast.Await, ast.BoolOp)):
            yield from self.uses(parent, sort, name, followed)
        elif isinstance(parent, ast.Assign) and name is not None:
            target = parent.targets[0] if len(parent.targets) == 1 else None
            yield from self.alias_uses(target, parent, sort, name, followed)
        else:
            is_read = isinstance(parent, (ast.For, ast.AsyncFor, ast.Expr, *TESTS))
            is_read = is_read or (is_indexed(parent, value) and sort != "client")
            yield Use(Act.READS if is_read else Act.LEAVES, seen, parent)

    def attribute_act(self, attribute: ast.Attribute, sort: str) -> Act:
        if not isinstance(attribute.ctx, ast.Load):
            return Act.READS
        outer = self.facts.tree.parents[attribute]
        if not self.facts.tree.is_called(attribute):
            plain = known("handles", "attributes", "any") | optional("attributes", sort)
            if attribute.attr == "closed" or attribute.attr in optional("closed_by_attribute", sort):
                return Act.CLOSES
            is_plain = attribute.attr in plain or isinstance(outer, ast.FormattedValue)
            return Act.READS if is_plain else Act.LEAVES
        if attribute.attr in known("handles", "closed_by", sort):
            return Act.CLOSES
        if known("handles", "methods", sort) & {attribute.attr, "*"} or self.is_dropped(outer):
            return Act.READS
        if attribute.attr == "fileno":
            asked = self.facts.tree.parents[outer]
            qualified = self.facts.names.qualified(asked.func) if isinstance(asked, ast.Call) else None
            return Act.READS if qualified in known("handles", "consumed_by", "descriptor") else Act.LEAVES
        return Act.LEAVES

    def is_dropped(self, value: ast.AST) -> bool:
        """Whether nothing takes what an expression gives."""
        parent = self.facts.tree.parents[value]
        if isinstance(parent, ast.Await):
            parent = self.facts.tree.parents[parent]
        return isinstance(parent, ast.Expr)

    def argument_uses(
        self, call: ast.AST, value: ast.AST, sort: str, name: ast.Name | None, followed: frozenset[Binding]
    ) -> Iterator[Use]:
        """What a call does with a handle that it gets: a known one, or a function of this file."""
        assert isinstance(call, ast.Call)
        seen = name or ast.Name("")
        qualified = self.facts.names.qualified(call.func) or ""
        parameter = self.facts.escape.parameter(call, value)
        if qualified in known("handles", "consumed_by", "eager"):
            yield Use(Act.READS, seen, call)
        elif qualified in known("handles", "consumed_by", "lazy"):
            yield from self.uses(call, "wrapper", name, followed)
        elif qualified in known("handles", "consumed_by", "closing"):
            if sort == "wrapper":
                yield from self.uses(call, sort, name, followed)
                return
            is_entered = isinstance(self.facts.tree.parents[call], ast.withitem)
            yield Use(Act.CLOSES if is_entered else Act.LEAVES, seen, call)
        elif parameter and not is_starred(value) and self.is_plain(parameter):
            yield from self.parameter_uses(parameter, call, sort, seen, followed)
        else:
            yield Use(Act.LEAVES, seen, call)

    def is_plain(self, parameter: Binding) -> bool:
        """Whether the function of a parameter runs when it is called, and has the parameter to itself."""
        function = parameter.scope.node
        is_late = any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in ast.walk(function))
        return not is_late and all(self.facts.names.scope_of(use).owner is parameter.scope for use in parameter.uses)

    def parameter_uses(
        self, parameter: Binding, call: ast.Call, sort: str, name: ast.Name, followed: frozenset[Binding]
    ) -> Iterator[Use]:
        """What a function of this file does with its parameter, told of the call."""
        yield Use(Act.READS, name, call)
        for inner in parameter.uses if parameter not in followed else ():
            for use in self.uses(inner, sort, inner, followed | {parameter}):
                yield Use(use.act, name, call)

    def entered_uses(
        self, item: ast.withitem, sort: str, name: ast.Name | None, followed: frozenset[Binding]
    ) -> Iterator[Use]:
        """What a `with` does: it closes a handle, but no connection to SQLite and nothing that lives on a handle."""
        seen = name or ast.Name("")
        if sort not in ("sqlite", "wrapper"):
            yield Use(Act.CLOSES, seen, item)
            return
        yield Use(Act.READS, seen, item)
        if item.optional_vars is not None:
            yield from self.alias_uses(item.optional_vars, item, sort, seen, followed)

    def alias_uses(
        self, target: ast.expr | None, by: ast.AST, sort: str, name: ast.Name, followed: frozenset[Binding]
    ) -> Iterator[Use]:
        """What is done under a further local name, which holds nothing else."""
        binding = self.facts.names.binding(target) if isinstance(target, ast.Name) else None
        if (
            binding is None
            or not isinstance(target, ast.Name)
            or not binding.sole
            or not self.is_own(binding, target)
            or any(self.facts.names.scope_of(use).owner is not binding.scope for use in binding.uses)
        ):
            yield Use(Act.LEAVES, name, by)
            return
        for inner in binding.uses if binding not in followed else ():
            yield from self.uses(inner, sort, inner, followed | {binding})


def optional(section: str, key: str) -> frozenset[str]:
    """A list of the table, empty where it has none of that name."""
    return known("handles", section, key) if key in table("handles")[section] else frozenset()


def is_indexed(parent: ast.AST, value: ast.AST) -> bool:
    return isinstance(parent, ast.Subscript) and parent.value is value


def is_lent(keyword: ast.keyword) -> bool:
    """Whether a client is given connections that are another's, or told to keep none."""
    if keyword.arg == "poolclass":
        return getattr(keyword.value, "attr", getattr(keyword.value, "id", "")) == "NullPool"
    return keyword.arg in known("handles", "consumed_by", "lending")


def is_true(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is True


def is_npz(call: ast.Call) -> bool:
    """Whether the path that a call opens is written to end in `.npz`."""
    last: ast.AST | None = call.args[0] if call.args else None
    while isinstance(last, (ast.BinOp, ast.JoinedStr)):
        last = last.right if isinstance(last, ast.BinOp) else last.values[-1] if last.values else None
    return isinstance(last, ast.Constant) and isinstance(last.value, str) and last.value.endswith(".npz")
