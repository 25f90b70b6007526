"""Shallow copies and what they share with their originals: the writes that go through a copy into an inner object."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from memlint.facts.copy_aims import is_on_one_branch, is_run_over
from memlint.facts.elements import HANDED_OUT
from memlint.facts.escape import Role
from memlint.facts.instance_copies import InstanceCopies
from memlint.facts.kinds import IN_PLACE, MUTABLE
from memlint.facts.layout import FUNCTIONS
from memlint.facts.names import Binding, DefinitionKind
from memlint.facts.shapes import end, place
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts
    from memlint.facts.elements import Elements
    from memlint.facts.kinds import Kinds
    from memlint.facts.names import Names
    from memlint.facts.nesting import Nesting

Keys: TypeAlias = "tuple[ast.expr | None, ...]"

SPELLED = re.compile("copy|dict|list|deque|Dict")
"""What the names of copying calls have in them; one under quite another name is not followed."""
COPYING = frozenset({ast.BinOp, ast.Call, ast.Dict, ast.List, ast.Subscript})
FOLLOWED = (ast.AnnAssign, ast.Assign, ast.Attribute, ast.BoolOp, ast.IfExp, ast.NamedExpr, ast.Subscript)
PLACES = (ast.Name, ast.Attribute, ast.Subscript)
MAPPINGS = ("dict", "defaultdict")
ORDERING = frozenset({"move_to_end", "reverse", "sort"})
"""Methods that change a container and leave every element under its key, or under another."""
ADDING = frozenset({"append", "extend"})
"""Methods that leave what is counted from the front where it is."""
DEEPEST = 4


class Fault(NamedTuple):
    """A write through a shallow copy into an object that the original holds, too."""

    copy: ast.expr
    original: ast.expr
    write: ast.AST
    is_instance: bool = False
    """Whether it is an instance that is copied, attribute by attribute."""


class Reach(NamedTuple):
    """An expression that reads the copy, or what lies in it under some keys."""

    expression: ast.expr
    keys: Keys


class Sharing:
    """Finds shallow copies and follows them to writes into what they share."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree
        self.known: dict[ast.expr, Fault | None] = {}

    @cached_property
    def names(self) -> Names:
        return self.facts.names

    @cached_property
    def kinds(self) -> Kinds:
        return self.facts.kinds

    @cached_property
    def elements(self) -> Elements:
        return self.facts.elements

    @cached_property
    def instances(self) -> InstanceCopies:
        return InstanceCopies(self.facts)

    @cached_property
    def nesting(self) -> Nesting:
        return self.facts.nesting

    def faults(self, first: int, last: int) -> Iterator[Fault]:
        """The faults of the copies that begin on one of these lines."""
        lines, copies = self.copies
        for copy in copies[bisect_left(lines, first) : bisect_right(lines, last)]:
            if fault := self.fault(copy):
                yield fault

    @cached_property
    def copies(self) -> tuple[list[int], list[ast.expr]]:
        """The expressions of the file that may be shallow copies which something is done with, by line."""
        found = [node for node in self.tree.nodes(*COPYING) if self.is_followed(node)]
        found.sort(key=place)
        return [place(node)[0] for node in found], found

    def is_followed(self, node: ast.AST) -> bool:
        """Whether an expression may be a copy, and goes where it can be followed."""
        if isinstance(node, ast.Call) and len(node.args) != 1:
            return not node.args and getattr(node.func, "attr", "") == "copy" and self.is_followed(node.func)
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice):
            return False
        if isinstance(node, ast.Dict) and None not in node.keys:
            return False
        parent = self.tree.parents[node]
        if isinstance(parent, ast.Assign) and any(isinstance(each, (ast.List, ast.Tuple)) for each in parent.targets):
            return False
        return isinstance(parent, FOLLOWED) or (isinstance(parent, ast.Call) and parent.func is node)

    def fault(self, copy: ast.expr) -> Fault | None:
        """The first write through a copy that changes the original as well; None where that is not certain."""
        if copy not in self.known:
            found = (self.of(copy, original) for original in self.originals(copy))
            self.known[copy] = next((fault for fault in found if fault), None)
        return self.known[copy]

    def of(self, copy: ast.expr, original: ast.expr) -> Fault | None:
        if not isinstance(original, PLACES) or is_run_over(self.tree, copy):
            return None
        is_instance = self.copied_instance(copy, original)
        if is_instance:
            model = self.instances.model(original)
            writes = self.instances.writes(copy, model) if model else []
        else:
            writes = self.writes(copy, original) if self.is_container(copy, original) else []
        alive = [write for write in writes if self.lives_on(original, copy, write)]
        alive = [write for write in alive if not is_on_one_branch(self.tree, copy, original, write)]
        if not alive and not is_instance and isinstance(original, ast.Name) and self.is_container(copy, original):
            alive = list(self.writes_behind(copy, original))
        return Fault(copy, original, min(alive, key=place), is_instance) if alive else None

    def originals(self, node: ast.expr) -> list[ast.expr]:
        """What an expression makes a shallow copy of."""
        if isinstance(node, ast.Call):
            return self.called(node)
        if isinstance(node, ast.Subscript):
            is_cut = isinstance(node.value, PLACES) and isinstance(node.ctx, ast.Load)
            return [node.value] if is_cut and self.kinds.of(node.value) == "list" else []
        if isinstance(node, ast.Dict):
            return [value for key, value in zip(node.keys, node.values, strict=True) if key is None]
        if isinstance(node, ast.List):
            return [each.value for each in node.elts if isinstance(each, ast.Starred)] if len(node.elts) == 1 else []
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            sides = [node.left, node.right]
            if not any(self.kinds.of(side) in MAPPINGS for side in sides):
                return []
            return [each for side in sides for each in ([side] if isinstance(side, PLACES) else self.originals(side))]
        return []

    def called(self, call: ast.Call) -> list[ast.expr]:
        if isinstance(call.func, ast.Attribute) and call.func.attr == "copy" and not call.args and not call.keywords:
            return [call.func.value] if self.facts.kind(call.func.value) in MUTABLE else []
        called = getattr(call.func, "id", "") or getattr(call.func, "attr", "")
        if len(call.args) != 1 or isinstance(call.args[0], ast.Starred) or not SPELLED.search(called):
            return []
        return call.args if self.names.qualified(call.func) in known("kinds", "copied", "shallow") else []

    def copied_instance(self, copy: ast.expr, original: ast.expr) -> bool:
        is_copy = isinstance(copy, ast.Call) and self.names.qualified(copy.func) == "copy.copy"
        return is_copy and self.facts.kind(original) not in MUTABLE

    def is_container(self, copy: ast.expr, original: ast.expr) -> bool:
        """Whether the copy is for certain a builtin container with the very elements of the original."""
        kind = self.facts.kind(original)
        if isinstance(copy, ast.Call) and self.names.qualified(copy.func) in ("builtins.list", "collections.deque"):
            return kind in ("list", "tuple", "deque") or (kind is None and self.facts.nesting.element(original) is None)
        return kind is None or kind in MUTABLE

    def reaches(self, copy: ast.expr, original: ast.expr) -> Iterator[Reach]:
        """Where the copy is read, and what is read out of it."""
        waiting = [Reach(copy, ())]
        seen: set[ast.expr] = set()
        while waiting:
            reach = waiting.pop()
            if reach.expression in seen:
                continue
            seen.add(reach.expression)
            yield reach
            waiting += [Reach(each, reach.keys) for each in self.elements.same(reach.expression)]
            if len(reach.keys) < DEEPEST:
                is_mapping = self.is_mapping(reach, original)
                for inner in self.elements.elements(reach.expression, is_mapping):
                    waiting.append(Reach(inner, (*reach.keys, self.key(inner, reach.expression))))

    def is_mapping(self, reach: Reach, original: ast.expr) -> bool:
        """Whether what is read is a mapping, by what is known of it, else by how it is used."""
        kind = self.nesting.at(original, reach.keys) if reach.keys else self.facts.kind(original)
        if kind is not None:
            return kind in MAPPINGS
        parent = self.tree.parents[reach.expression]
        return isinstance(parent, ast.Attribute) and parent.attr in (HANDED_OUT - {"pop"} | {"items", "values"})

    def key(self, inner: ast.expr, container: ast.expr) -> ast.expr | None:
        """The key under which an element is read, where the expression says it."""
        if isinstance(inner, ast.Subscript) and inner.value is container:
            return inner.slice
        is_method = (
            isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute) and inner.func.value is container
        )
        return inner.args[0] if is_method and inner.args else None  # type: ignore[attr-defined]

    def writes(self, copy: ast.expr, original: ast.expr) -> list[ast.AST]:
        """The writes into inner objects that are still the original's."""
        reaches = list(self.reaches(copy, original))
        replaced = [*self.overriding(copy, original)]
        for reach in reaches:
            if not reach.keys:
                replaced += self.replacing(reach.expression)
        return [
            by
            for reach in reaches
            if reach.keys and (by := self.write(reach, original))
            if not any(self.replaces(each, reach, by, original) for each in replaced)
        ]

    def writes_behind(self, copy: ast.expr, original: ast.Name) -> Iterator[ast.AST]:
        """The writes into shared objects by the original's name, where the copy is read after them."""
        assignment, binding = self.tree.parents[copy], self.names.binding(original)
        target = assignment.targets[0] if isinstance(assignment, ast.Assign) and len(assignment.targets) == 1 else None
        body = self.tree.function(copy)
        if not isinstance(target, ast.Name) or binding is None or binding.scope.node is not body:
            return
        flow, kept = self.facts.flow(body), self.names.binding(target)
        replaced = [*self.overriding(copy, original)]
        same = [use for use in binding.uses if self.tree.function(use) is body and place(use) > end(copy)]
        for use in [use for use in same if flow.reaching(use) == flow.reaching(original)]:
            replaced += self.replacing(use)
            waiting = [Reach(use, ())]
            while waiting:
                read, keys = waiting.pop()
                outer = self.tree.parents[read]
                if isinstance(outer, ast.Subscript) and read is outer.value and len(keys) < DEEPEST:
                    waiting.append(Reach(outer, (*keys, outer.slice)))
                reach = Reach(read, keys)
                by = self.write(reach, original) if keys and self.nesting.holds_mutable(original, keys) else None
                if by is None or any(self.replaces(each, reach, by, original) for each in replaced):
                    continue
                later = [each for each in kept.uses if place(each) > end(by)] if kept else []
                if any(self.tree.function(each) is body and flow.reaching(each) == {target} for each in later):
                    yield by

    def write(self, reach: Reach, original: ast.expr) -> ast.AST | None:
        """What changes the object that is read there."""
        change = self.tree.parents[reach.expression]
        inner = self.nesting.under(original, reach.keys)
        kinds = {self.nesting.kind(each) for each in inner}
        if self.may_be_new(reach, original, bool(inner)):
            return None
        if isinstance(change, ast.AugAssign) and reach.expression is change.target:
            is_in_place = any(isinstance(change.op, IN_PLACE.get(kind, ())) for kind in kinds)
            return change if is_in_place else None
        for role, by in self.facts.escape.roles(reach.expression):
            if role is Role.MUTATED and not isinstance(by, ast.Attribute):
                stores = isinstance(by, ast.Subscript)
                if kinds & set(IN_PLACE) or (stores and not inner):
                    return by
        return None

    def may_be_new(self, reach: Reach, original: ast.expr, is_known: bool) -> bool:
        """Whether reading puts a new object there: `setdefault`, or a key that a `defaultdict` has not got."""
        if isinstance(reach.expression, ast.Call) and getattr(reach.expression.func, "attr", "") == "setdefault":
            return not is_known or not isinstance(reach.keys[-1], ast.Constant)
        container = self.nesting.at(original, reach.keys[:-1]) if reach.keys[:-1] else self.facts.kind(original)
        return container == "defaultdict" and reach.keys[-1] is not None

    def overriding(self, copy: ast.expr, original: ast.expr) -> Iterator[tuple[ast.expr | None, ast.AST]]:
        """The keys that the copying expression itself gives other values: `{**x, "a": 1}`, `dict(x, a=1)`."""
        if isinstance(copy, ast.Call):
            for keyword in copy.keywords:
                yield (ast.Constant(keyword.arg) if keyword.arg else None), copy
        elif isinstance(copy, ast.Dict):
            later = list(zip(copy.keys, copy.values, strict=True))[copy.values.index(original) + 1 :]
            yield from ((key, copy) for key, _ in later)
        elif isinstance(copy, ast.BinOp) and original is not copy.right:
            yield from self.keys_of(copy.right, copy)

    def keys_of(self, mapping: ast.expr, by: ast.AST) -> Iterator[tuple[ast.expr | None, ast.AST]]:
        if isinstance(mapping, ast.Dict):
            yield from ((key, by) for key in mapping.keys)
        else:
            yield None, by

    def replacing(self, container: ast.expr) -> Iterator[tuple[ast.expr | None, ast.AST]]:
        """The keys under which a use of a container puts other objects, None for any key."""
        parent = self.tree.parents[container]
        if isinstance(parent, ast.Subscript) and container is parent.value:
            if isinstance(parent.ctx, ast.Store) and not isinstance(self.tree.parents[parent], ast.AugAssign):
                yield parent.slice, parent
        elif isinstance(parent, ast.AugAssign) and container is parent.target:
            yield from self.keys_of(parent.value, parent)
        elif isinstance(parent, ast.Attribute) and isinstance(call := self.tree.parents[parent], ast.Call):
            if parent.attr in ("update", "__init__"):
                for keyword in call.keywords:
                    yield (ast.Constant(keyword.arg) if keyword.arg else None), call
                for argument in call.args:
                    yield from self.keys_of(argument, call)
            elif parent.attr in known("containers", "methods", "grow") - ADDING or parent.attr == "clear":
                yield (call.args[0] if parent.attr == "setdefault" and call.args else None), call
            elif parent.attr in ADDING:
                yield ast.Constant(-1), call

    def replaces(
        self, replaced: tuple[ast.expr | None, ast.AST], reach: Reach, write: ast.AST, original: ast.expr
    ) -> bool:
        """Whether what is read under the first key may be no longer, or never was, what the original holds there."""
        key, by = replaced
        if by is not self.tree.parents.get(reach.expression) and not self.elements.comes_before(by, write):
            return False
        first = reach.keys[0]
        if isinstance(key, ast.Constant) and isinstance(first, ast.Constant):
            return bool(key.value == first.value)
        if key is None and isinstance(first, ast.Constant):
            return not self.nesting.holds_mutable(original, [first])
        return True

    def lives_on(self, original: ast.expr, copy: ast.expr, write: ast.AST) -> bool:
        """Whether someone may still read the original after the write."""
        while isinstance(original, ast.Subscript):
            original = original.value
        if isinstance(original, ast.Attribute):
            return self.attribute_lives_on(original, copy)
        binding = self.names.binding(original) if isinstance(original, ast.Name) else None
        if binding is None or not isinstance(original, ast.Name):
            return False
        body = self.tree.function(copy)
        if binding.scope.node is not body:
            is_fixed = all(self.tree.function(made.node) is binding.scope.node for made in binding.definitions)
            return is_fixed and binding.scope is self.names.module
        made = self.facts.flow(body).reaching(original)
        if any(isinstance(node, ast.arg) for node in made):
            return self.parameter_lives_on(binding, original)
        sole = binding.sole
        if sole and isinstance(sole.value, ast.Attribute) and self.attribute_lives_on(sole.value, copy):
            return True
        return any(self.is_read_after(use, write, binding, made) for use in binding.uses if use is not original)

    def parameter_lives_on(self, binding: Binding, original: ast.Name) -> bool:
        """Whether the caller of a function has the original: it is no `*args` or `**kwargs`, made for this call."""
        arguments = getattr(binding.scope.node, "args", None)
        first = binding.definitions[0].node
        return isinstance(arguments, ast.arguments) and first not in (arguments.vararg, arguments.kwarg)

    def is_read_after(self, use: ast.Name, write: ast.AST, binding: Binding, made: frozenset[ast.AST]) -> bool:
        """Whether a use reads the same value once the write is done."""
        if self.tree.function(use) is not binding.scope.node:
            return True
        if not made & self.facts.flow(self.tree.function(use)).reaching(use):
            return False
        if place(use) > end(write):
            return True
        loops = [outer for outer in self.tree.ancestors(write) if isinstance(outer, (ast.For, ast.AsyncFor, ast.While))]
        around = set(self.tree.ancestors(use))
        return any(
            loop in around and not any(loop in set(self.tree.ancestors(node)) for node in made) for loop in loops
        )

    def attribute_lives_on(self, attribute: ast.Attribute, copy: ast.expr) -> bool:
        """Whether an attribute of an instance or class of this file keeps what was copied: nothing here replaces it."""
        results = self.kinds.results
        model = results.model(attribute.value) if results else None
        if model is None or self.local_instance(attribute.value):
            return False
        lineage = list(model.local_lineage())
        in_body = any(attribute.attr in self.names.inner(each.node).bindings for each in lineage)
        stores = [store for each in lineage for store in each.stores_of(attribute.attr)]
        if in_body:
            return all(store.value is copy for store in stores)
        body = self.tree.function(copy)
        return bool(stores) and not any(store.method is body for store in stores)

    def local_instance(self, owner: ast.expr) -> bool:
        """Whether an object was made in this function, and may not outlive it."""
        binding = self.names.binding(owner) if isinstance(owner, ast.Name) else None
        if binding is None:
            return not isinstance(owner, (ast.Name, ast.Attribute))
        if any(made.kind in (DefinitionKind.CLASS, DefinitionKind.PARAMETER) for made in binding.definitions):
            return False
        return isinstance(binding.scope.node, FUNCTIONS)
