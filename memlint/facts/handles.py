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

from memlint.facts.branches import walk
from memlint.facts.names import Binding, Definition, DefinitionKind, ScopeKind
from memlint.facts.remembered import remembered
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

    @property
    def method(self) -> str:
        """The method of the handle that is called; empty where something else is done."""
        function = self.by.func if isinstance(self.by, ast.Call) else None
        return function.attr if isinstance(function, ast.Attribute) and function.value is self.name else ""


class Handles:
    """Asks of calls whether they open a handle, and of handles what becomes of them."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

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
        if is_of_kernel(call.func):
            return "kernel"
        sort = openers.get(self.facts.names.qualified(call.func) or "")
        if (
            sort is None
            and isinstance(call.func, ast.Attribute)
            and any(each.arg == "stream" for each in call.keywords)
        ):
            sort = "response" if self.is_client(call.func.value) else None
        if sort == "response":
            return sort if any(each.arg == "stream" and is_true(each.value) for each in call.keywords) else None
        if sort is None or (sort == "arrays" and not is_npz(call)) or self.is_inner(call):
            return None
        return sort

    def is_inner(self, call: ast.Call) -> bool:
        """Whether what a call opens lies in memory, or in a file or connection that somebody else has opened."""
        files = known("handles", "opened_by", "memory") | known("handles", "opened_by", "file")
        if any(each.arg == "fileobj" or is_lent(each) for each in call.keywords):
            return True
        first = call.args[0] if call.args else None
        if first is not None and self.facts.names.qualified(first) == "os.devnull":
            return True
        binding = self.facts.names.binding(first) if isinstance(first, ast.Name) else None
        givers = binding.definitions if binding else ()
        if any(self.is_in_memory(each) for each in givers) or (binding is not None and self.is_file(binding)):
            return True
        if any(each.kind in (DefinitionKind.WITH, DefinitionKind.LOOP) for each in givers):
            return any(each.kind is DefinitionKind.WITH for each in givers)
        made = [first, *(each.value for each in givers if each.value is not call)]
        calls = (each for each in made if isinstance(each, ast.Call))
        return any((self.facts.names.qualified(each.func) or "") in files for each in calls)

    @remembered
    def is_file(self, binding: Binding) -> bool:
        """Whether a parameter is used as a file that is open, and so is its giver's."""
        parents = (self.facts.tree.parents[use] for use in binding.uses)
        is_given = any(each.kind is DefinitionKind.PARAMETER for each in binding.definitions)
        return is_given and any(isinstance(each, ast.Attribute) and each.attr in ("read", "seek") for each in parents)

    def is_in_memory(self, definition: Definition) -> bool:
        """Whether a parameter takes a file in memory, by its annotation."""
        annotation = getattr(definition.node, "annotation", None)
        parts = walk(annotation) if definition.kind is DefinitionKind.PARAMETER and annotation is not None else ()
        files = known("handles", "opened_by", "memory")
        return any(isinstance(each, ast.expr) and self.facts.names.qualified(each) in files for each in parts)

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

    def is_left_early(self, user: ast.AST) -> bool:
        """Whether what runs over an iterator may end before that does: by a jump, or by a call that raises."""
        if isinstance(user, ast.Call):
            return self.facts.names.qualified(user.func) in ("builtins.all", "builtins.any", "builtins.next")
        loop = user if isinstance(user, (ast.For, ast.AsyncFor)) else getattr(user, "generators", [None])[0]
        if loop is None:
            return False
        entries = {node.id for node in walk(loop.target) if isinstance(node, ast.Name)}
        inside = [node for part in getattr(loop, "body", [user]) for node in walk(part)]
        jumps = (ast.Break, ast.Return, ast.Raise, ast.Yield, ast.YieldFrom, ast.Await)
        calls = (node.func for node in inside if isinstance(node, ast.Call) and node is not loop.iter)
        owners = (getattr(getattr(each, "value", None), "id", "") for each in calls)
        return any(isinstance(node, jumps) for node in inside) or any(owner not in entries for owner in owners)

    def is_own(self, binding: Binding, target: ast.Name) -> bool:
        """Whether a variable is one of the function that binds it here, and no other function's too."""
        scope = self.facts.names.scope_of(target)
        is_entered = isinstance(self.facts.tree.parents[target], ast.withitem)
        return binding.scope is scope and (scope.kind is ScopeKind.FUNCTION or is_entered)

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
        is_late = any(isinstance(each, (ast.Yield, ast.YieldFrom)) for each in walk(function))
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


def is_of_kernel(function: ast.expr) -> bool:
    """Whether a call asks the kernel of Windows itself for a handle: `kernel32.OpenProcess`."""
    if not isinstance(function, ast.Attribute) or function.attr not in known("handles", "opened_by", "kernel"):
        return False
    library = function.value
    return getattr(library, "attr", getattr(library, "id", "")).strip("_") == "kernel32"


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
