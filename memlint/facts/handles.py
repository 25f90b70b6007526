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
from memlint.facts.names import Binding, ScopeKind
from memlint.facts.paths import Paths, Ways
from memlint.facts.shapes import is_starred
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
        return openers.get(self.facts.names.qualified(call.func) or "")

    def inline(self, call: ast.Call) -> ast.AST | None:
        """What is through with a handle right where it is made, so that no name has it and nobody can close it.

        That is a call of a method of it, a call that gets it as an argument, or a loop.
        """
        sort = self.sort(call)
        if sort is None or isinstance(self.facts.tree.parents[call], ast.Expr):
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
        if isinstance(statement, ast.Await):
            value, statement = statement, self.facts.tree.parents[statement]
        targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is not value or len(targets) != 1:
            return None
        return targets[0] if isinstance(targets[0], ast.Name) else None

    def is_own(self, binding: Binding, target: ast.Name) -> bool:
        """Whether a variable is one of the function that binds it here, and no other function's too."""
        scope = self.facts.names.scope_of(target)
        return binding.scope is scope and scope.kind is ScopeKind.FUNCTION

    def missed(self, handle: Handle, *, also: frozenset[ast.Name] = frozenset()) -> Ways:
        """On which ways a handle is left behind unclosed; `also` are further reads that settle it."""
        body = self.facts.tree.function(handle.name)
        if body not in self._paths:
            self._paths[body] = Paths(body)
        stops = {use.name for use in handle.closings} | also
        beside = {each for stop in stops for each in ast.walk(self.whole(stop)) if isinstance(each, ast.Name)}
        return self._paths[body].missed(handle.name, stops, beside)

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
        if isinstance(parent, ast.Attribute):
            yield Use(self.attribute_act(parent, sort), seen, self.facts.tree.parents[parent])
        elif isinstance(parent, ast.withitem):
            yield Use(Act.READS if sort == "sqlite" else Act.CLOSES, seen, parent)
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
            yield from self.alias_uses(parent, sort, name, followed)
        else:
            is_read = isinstance(parent, (ast.For, ast.AsyncFor, ast.Expr, *TESTS)) or is_indexed(parent, value)
            yield Use(Act.READS if is_read else Act.LEAVES, seen, parent)

    def attribute_act(self, attribute: ast.Attribute, sort: str) -> Act:
        if not isinstance(attribute.ctx, ast.Load):
            return Act.READS
        outer = self.facts.tree.parents[attribute]
        if not self.facts.tree.is_called(attribute):
            plain = known("handles", "attributes", "any") | optional("attributes", sort)
            return Act.CLOSES if attribute.attr == "closed" else Act.READS if attribute.attr in plain else Act.LEAVES
        if attribute.attr in known("handles", "closed_by", sort):
            return Act.CLOSES
        if attribute.attr in known("handles", "methods", sort) or self.is_dropped(outer):
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

    def alias_uses(
        self, assignment: ast.Assign, sort: str, name: ast.Name, followed: frozenset[Binding]
    ) -> Iterator[Use]:
        """What is done under a further local name."""
        target = assignment.targets[0]
        binding = self.facts.names.binding(target) if isinstance(target, ast.Name) else None
        if (
            binding is None
            or not isinstance(target, ast.Name)
            or len(assignment.targets) > 1
            or not binding.sole
            or not self.is_own(binding, target)
            or any(self.facts.names.scope_of(use).owner is not binding.scope for use in binding.uses)
        ):
            yield Use(Act.LEAVES, name, assignment)
            return
        for inner in binding.uses if binding not in followed else ():
            yield from self.uses(inner, sort, inner, followed | {binding})


def optional(section: str, key: str) -> frozenset[str]:
    """A list of the table, empty where it has none of that name."""
    return known("handles", section, key) if key in table("handles")[section] else frozenset()


def is_indexed(parent: ast.AST, value: ast.AST) -> bool:
    return isinstance(parent, ast.Subscript) and parent.value is value
