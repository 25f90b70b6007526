"""What becomes of a value: is it only looked at, changed in place, or does it leave the function?"""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from typing import NamedTuple

from memlint.facts.branches import walk
from memlint.facts.layout import Tree
from memlint.facts.names import Binding, DefinitionKind, Names
from memlint.facts.shapes import is_starred
from memlint.facts.writes import HOLDING
from memlint.knowledge import names as known

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Role(enum.Enum):
    """What one use does with a value."""

    READ = "read"
    MUTATED = "mutated"
    ELEMENT_MUTATED = "has an element mutated"
    ALIASED = "aliased"
    RETURNED = "returned"
    YIELDED = "yielded"
    STORED = "stored"
    PASSED = "passed"


LEAVES = frozenset({Role.RETURNED, Role.YIELDED, Role.STORED})
"""The roles in which a value certainly leaves the function; what an unknown call does with it nobody knows."""


class Fate(NamedTuple):
    """A role, the name that had it, and the node that gave it: the call, the assignment, the return."""

    role: Role
    use: ast.Name
    by: ast.AST


class Escape:
    """Follows values through the uses of the names that they are bound to."""

    def __init__(self, tree: Tree, names: Names) -> None:
        self.tree = tree
        self.names = names
        self._summaries: dict[Binding, frozenset[Role] | None] = {}
        self._looped: set[Binding] = set()
        """The loop variables whose fates are being worked out: `for x in x` would ask for them for ever."""

    def fates(self, binding: Binding) -> Iterator[Fate]:
        """What becomes of the value of a variable, also under the plain local names that it is given."""
        followed: set[Binding] = set()
        waiting = [binding]
        while waiting:
            current = waiting.pop()
            if current in followed:
                continue
            followed.add(current)
            for fate in self.own_fates(current):
                yield fate
                if fate.role is Role.ALIASED:
                    waiting += self.aliases(fate)

    def own_fates(self, binding: Binding) -> Iterator[Fate]:
        """The fates of one variable; `x += …` counts as a change in place of what it is bound to."""
        for definition in binding.definitions:
            if definition.kind is DefinitionKind.AUGMENTED and isinstance(definition.node, ast.Name):
                yield Fate(Role.MUTATED, definition.node, definition.statement)
        for use in binding.uses:
            yield from (Fate(role, use, by) for role, by in self.roles(use))

    def aliases(self, fate: Fate) -> Iterator[Binding]:
        """The variables that an aliasing assignment gives the value to, where each has no other value."""
        for target in self.aliased_names(fate.use, fate.by):
            if (other := self.names.binding(target)) and other.sole:
                yield other

    def aliased_names(self, value: ast.AST, assignment: ast.AST) -> Iterator[ast.Name]:
        """The names that an assignment binds to a value in it, or to a display that holds it."""
        for target in self.given_to(value, assignment):
            if isinstance(target, ast.Name):
                yield target

    def given_to(self, value: ast.AST, assignment: ast.AST) -> Iterator[ast.expr]:
        """The targets that get a value in an assignment: of `a, b = x, y` each its own."""
        targets = assignment.targets if isinstance(assignment, ast.Assign) else [getattr(assignment, "target", None)]
        whole = getattr(assignment, "value", None)
        for target in targets:
            position = self.paired(whole, value) if isinstance(target, (ast.Tuple, ast.List)) else None
            if isinstance(target, (ast.Tuple, ast.List)) and position is not None:
                yield target.elts[position]
            elif isinstance(target, ast.expr):
                yield target

    def target(self, value: ast.AST, assignment: ast.AST) -> ast.expr | None:
        """The first target outside the local names that gets a value in an assignment."""
        targets = self.given_to(value, assignment)
        return next((each for each in targets if not isinstance(each, ast.Name) or self.is_shared(each)), None)

    def paired(self, display: ast.AST | None, value: ast.AST) -> int | None:
        """The place in `x, y` of the part that a value is in, where an assignment unpacks that display item by item."""
        if not isinstance(display, (ast.Tuple, ast.List)):
            return None
        assignment = self.tree.parents[display]
        if not isinstance(assignment, ast.Assign) or display is not assignment.value:
            return None
        if not any(unpacks(target, display) for target in assignment.targets):
            return None
        inside = {value, *self.tree.ancestors(value)}
        return next((place for place, item in enumerate(display.elts) if item in inside), None)

    def roles(self, value: ast.AST) -> Iterator[tuple[Role, ast.AST]]:
        """What the code right around an expression does with its value."""
        parent = self.tree.parents[value]
        if isinstance(parent, ast.Attribute):
            yield self.method_role(parent)
        elif isinstance(parent, ast.Subscript):
            yield from self.element_roles(parent, value)
        elif isinstance(parent, ast.Call) and value is not parent.func:
            if self.is_changed_by(parent, value):
                yield Role.MUTATED, parent
            else:
                yield from self.argument_roles(parent, value)
        elif isinstance(parent, ast.keyword):
            call = self.tree.parents[parent]
            assert isinstance(call, (ast.Call, ast.ClassDef))
            copied = parent.arg is None or isinstance(call, ast.ClassDef)
            if copied or isinstance(call, ast.ClassDef):
                yield Role.READ, call
            else:
                yield from self.argument_roles(call, value)
        elif isinstance(parent, ast.Return):
            yield Role.RETURNED, parent
        elif isinstance(parent, ast.Yield):
            yield Role.YIELDED, parent
        elif isinstance(parent, (ast.Assign, ast.AnnAssign, ast.NamedExpr)):
            yield from self.assignment_roles(parent, value)
        elif isinstance(parent, (ast.For, ast.AsyncFor, ast.comprehension)) and value is parent.iter:
            yield self.iteration_role(parent), parent
        elif isinstance(parent, ast.Lambda) and value is parent.body:
            yield Role.RETURNED, parent
        elif isinstance(parent, (ast.Tuple, ast.List, ast.Set, ast.Dict)) and self.passes_on(parent, value):
            yield from self.display_roles(parent, value)
        elif self.passes_on(parent, value):
            yield from self.roles(parent)
        else:
            yield Role.READ, parent

    def display_roles(self, display: ast.expr, value: ast.AST) -> Iterator[tuple[Role, ast.AST]]:
        """The roles of an item of a display: changed where an element of that is, and going where that goes."""
        if self.paired(display, value) is not None:
            assignment = self.tree.parents[display]
            for target in self.given_to(value, assignment):
                yield self.target_role(target), assignment
            return
        for role, by in self.roles(display):
            if role is Role.MUTATED:
                yield Role.READ, by
            else:
                yield (Role.MUTATED if role is Role.ELEMENT_MUTATED else role), by

    def passes_on(self, parent: ast.AST, value: ast.AST) -> bool:
        """Whether the value of `parent` is, or holds, the value of its part."""
        if isinstance(parent, ast.IfExp):
            return value is not parent.test
        if isinstance(parent, ast.Dict):
            return any(value is item for key, item in zip(parent.keys, parent.values, strict=True) if key is not None)
        return isinstance(parent, (ast.BoolOp, ast.Await, ast.Tuple, ast.List, ast.Set))

    def method_role(self, attribute: ast.Attribute) -> tuple[Role, ast.AST]:
        """The role of `x` in `x.attribute`: changed, where that is a method that changes a container."""
        if not isinstance(attribute.ctx, ast.Load):
            return Role.MUTATED, attribute
        call = self.tree.parents[attribute]
        by = call if isinstance(call, ast.Call) and call.func is attribute else attribute
        return (Role.MUTATED if changes(attribute.attr) else Role.READ), by

    def element_roles(self, subscript: ast.Subscript, value: ast.AST) -> Iterator[tuple[Role, ast.AST]]:
        """The roles of `x` in `x[…]`."""
        if value is not subscript.value:
            yield Role.READ, subscript
        elif not isinstance(subscript.ctx, ast.Load):
            yield Role.MUTATED, subscript
        elif isinstance(subscript.slice, ast.Slice):
            yield Role.READ, subscript
        else:
            for role, by in self.roles(subscript):
                changed = role in (Role.MUTATED, Role.ELEMENT_MUTATED)
                yield (Role.ELEMENT_MUTATED if changed else Role.READ), by

    def argument_roles(self, call: ast.Call, value: ast.AST) -> Iterator[tuple[Role, ast.AST]]:
        """The roles of an argument: those of the parameter that gets it, where a function of this file is called."""
        parameter = self.parameter(call, value)
        summary = self.summary(parameter) if parameter else None
        if summary is None:
            yield self.argument_role(call), call
            return
        for role in summary - {Role.RETURNED}:
            yield role, call
        if Role.RETURNED in summary:
            yield from self.roles(call)

    def parameter(self, call: ast.Call, value: ast.AST) -> Binding | None:
        """The parameter that an argument becomes, of a plain undecorated function of this file."""
        binding = self.names.binding(call.func) if isinstance(call.func, ast.Name) else None
        function = binding.sole.node if binding and binding.sole else None
        if not isinstance(function, ast.FunctionDef) or function.decorator_list or any(map(is_starred, call.args)):
            return None
        positional = [*function.args.posonlyargs, *function.args.args]
        named = {each.arg: each for each in (*function.args.args, *function.args.kwonlyargs)}
        pairs = [
            *zip(call.args, positional, strict=False),
            *((each.value, named.get(each.arg or "")) for each in call.keywords),
        ]
        found = next((parameter for argument, parameter in pairs if argument is value), None)
        return self.names.binding_of(found) if found else None

    def summary(self, parameter: Binding) -> frozenset[Role] | None:
        """What a function does with a parameter, whatever it is given; None where that cannot be told: in a generator,
        or where a function within uses it. A function that calls itself adds nothing by that."""
        if parameter not in self._summaries:
            self._summaries[parameter] = frozenset()
            self._summaries[parameter] = self._summarized(parameter)
        return self._summaries[parameter]

    def _summarized(self, parameter: Binding) -> frozenset[Role] | None:
        function = parameter.scope.node
        own = (node for node in walk(function) if isinstance(node, (ast.Yield, ast.YieldFrom)))
        is_late = any(self.tree.function(node) is function for node in own)
        if is_late or any(self.names.scope_of(use).owner is not parameter.scope for use in parameter.uses):
            return None
        return frozenset({Role.READ, *(fate.role for fate in self.fates(parameter))} - {Role.ALIASED})

    def argument_role(self, call: ast.Call) -> Role:
        """The role of an argument: stored, where the call puts it into a container; read, where a builtin gets it."""
        if isinstance(call.func, ast.Attribute) and call.func.attr in known("containers", "methods", "grow"):
            return Role.STORED if call.func.attr in HOLDING else Role.READ
        qualified = self.names.qualified(call.func) or ""
        if qualified == "builtins.setattr":
            return Role.STORED
        return Role.READ if qualified.startswith("builtins.") else Role.PASSED

    def is_changed_by(self, call: ast.Call, value: ast.AST) -> bool:
        """Whether a function changes its first argument, as `heapq.heappush` does, or runs code in a namespace."""
        qualified = self.names.qualified(call.func)
        if qualified in ("builtins.eval", "builtins.exec"):
            return value in call.args[1:]
        known_to = qualified in known("containers", "functions", "grow") | known("containers", "functions", "change")
        return known_to and value in call.args[:1]

    def assignment_roles(
        self, assignment: ast.Assign | ast.AnnAssign | ast.NamedExpr, value: ast.AST
    ) -> Iterator[tuple[Role, ast.AST]]:
        if value is not assignment.value:
            yield Role.READ, assignment
            return
        for target in assignment.targets if isinstance(assignment, ast.Assign) else [assignment.target]:
            yield self.target_role(target), assignment
        if isinstance(assignment, ast.NamedExpr):
            yield from self.roles(assignment)

    def target_role(self, target: ast.expr) -> Role:
        """The role of what an assignment gives to one target."""
        if isinstance(target, (ast.Tuple, ast.List, ast.Starred)):
            return Role.READ
        if isinstance(target, ast.Name) and not self.is_shared(target):
            return Role.ALIASED
        return Role.STORED

    def is_shared(self, target: ast.Name) -> bool:
        """Whether a name assigned here belongs to another scope, by `global` or `nonlocal`."""
        binding = self.names.binding(target)
        return binding is not None and binding.scope.owner is not self.names.scope_of(target).owner

    def iteration_role(self, loop: ast.For | ast.AsyncFor | ast.comprehension) -> Role:
        """The role of what is looped over: an element is changed where the loop's variable is."""
        binding = self.names.binding(loop.target) if isinstance(loop.target, ast.Name) else None
        if binding is None or binding in self._looped:
            return Role.READ
        inside = set(walk(loop))
        self._looped.add(binding)
        try:
            changed = any(
                fate.role is Role.MUTATED and fate.use in inside and not is_rebinding(fate)
                for fate in self.own_fates(binding)
            )
        finally:
            self._looped.remove(binding)
        return Role.ELEMENT_MUTATED if changed else Role.READ


def changes(method: str) -> bool:
    """Whether a method of this name changes the container that it is called on."""
    return method in known("containers", "methods", "grow") or method in known("containers", "methods", "change")


def unpacks(target: ast.expr, display: ast.Tuple | ast.List) -> bool:
    """Whether a target takes a display apart item by item."""
    if not isinstance(target, (ast.Tuple, ast.List)) or len(target.elts) != len(display.elts):
        return False
    return not any(isinstance(item, ast.Starred) for item in (*target.elts, *display.elts))


def is_rebinding(fate: Fate) -> bool:
    """Whether `x += …` may merely bind `x` anew, as it does for numbers, strings and tuples."""
    return isinstance(fate.by, ast.AugAssign)
