"""The way of one default through its function: under which names it goes, and which tests it passes."""

from __future__ import annotations

import ast
import builtins
import collections
import collections.abc
import operator
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

from memlint.facts.branches import walk
from memlint.facts.defaults import TYPES, Default, Function, Touch
from memlint.facts.escape import COMPREHENSIONS, LEAVES, Role
from memlint.facts.flow import Flow
from memlint.facts.kinds import CONTAINERS
from memlint.facts.layout import FUNCTIONS
from memlint.facts.names import Binding
from memlint.facts.shapes import is_empty_display, place

if TYPE_CHECKING:
    from memlint.facts import Facts

CLASSES: dict[str, ModuleType] = {
    "builtins": builtins,
    "collections": collections,
    "collections.abc": collections.abc,
    "typing": collections.abc,
}
"""Where the classes are found that `isinstance` is asked about."""

PASSING = frozenset(f"builtins.{name}" for name in "enumerate iter list reversed set sorted tuple zip".split())
"""Functions whose result has no items where their first argument has none."""

COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
OPERATORS: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    **COMPARISONS,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda item, container: item in container,
    ast.NotIn: lambda item, container: item not in container,
}
ASKING = frozenset({"count", "get", "index"})
"""Methods that tell what a container or a text holds."""
MIRRORED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.LtE: ast.GtE,
    ast.Gt: ast.Lt,
    ast.GtE: ast.LtE,
}


class Course:
    """Follows one default from its parameter on, for as long as nothing has changed it."""

    def __init__(self, facts: Facts, default: Default) -> None:
        self.facts = facts
        self.names = facts.names
        self.default = default
        self.scope = facts.names.inner(default.function)
        self.depths = self._definitions()
        self.flow = Flow(default.function, self._passes)

    def touches(self) -> Iterator[Touch]:
        """What is done to the default, and how local containers that hold it leave the function."""
        waiting: list[tuple[ast.AST, int, ast.AST]] = [(self.default.parameter, 0, self.default.parameter)]
        seen: set[ast.AST] = set()
        while waiting:
            definition, depth, since = waiting.pop()
            if definition in seen:
                continue
            seen.add(definition)
            for use in self._uses(definition):
                if (depth and place(use) < place(since)) or not self._may_be_default(definition, use):
                    continue
                inner = self._inner_function(use)
                for role, by in self._roles(use):
                    if depth == 0 and not self._arrives(use, by):
                        continue
                    if role is Role.ALIASED and inner is None:
                        waiting += [(each, depth + self._nesting(use, by), by) for each in self._targets(use, by)]
                    elif role is Role.STORED and (holder := self._local_holder(by)):
                        waiting += [(each, depth + 1, by) for each in self.flow.reaching(holder)]
                    elif depth == 0 or role in LEAVES:
                        yield Touch(role, use, by, inner)

    def _definitions(self) -> dict[ast.AST, int]:
        """The nodes that may bind the default, whatever the order of things, and in how many displays they wrap it."""
        depths: dict[ast.AST, int] = {self.default.parameter: 0}
        waiting: list[ast.AST] = [self.default.parameter]
        while waiting:
            definition = waiting.pop()
            for use in self._uses(definition):
                for role, by in self._roles(use):
                    for target in self._targets(use, by) if role is Role.ALIASED else ():
                        if target not in depths:
                            depths[target] = depths[definition] + self._nesting(use, by)
                            waiting.append(target)
        return depths

    def _binding(self, definition: ast.AST) -> Binding | None:
        return self.names.binding(definition) if isinstance(definition, ast.Name) else self.names.binding_of(definition)

    def _uses(self, definition: ast.AST) -> Iterator[ast.Name]:
        """Where the name that is bound there is read, `x += …` included."""
        binding = self._binding(definition)
        if binding is not None:
            yield from binding.uses
            for each in binding.definitions:
                if isinstance(each.node, ast.Name) and self._augmentation(each.node):
                    yield each.node

    def _augmentation(self, use: ast.Name) -> ast.AugAssign | None:
        parent = self.facts.tree.parents[use]
        return parent if isinstance(parent, ast.AugAssign) and use is parent.target else None

    def _roles(self, use: ast.Name) -> Iterator[tuple[Role, ast.AST]]:
        if augmented := self._augmentation(use):
            yield Role.MUTATED, augmented
        else:
            yield from self.facts.escape.roles(use)

    def _may_be_default(self, definition: ast.AST, use: ast.Name) -> bool:
        """Whether a use may see the default by this definition; an inner function sees what the name has in the end."""
        if self._inner_function(use) is None:
            return definition in self.flow.reaching(use) and not self._is_in_idle_loop(use)
        return definition in self.flow.reaching_exit(use.id, raising=False) and not self._is_ruled_out(use)

    def _inner_function(self, use: ast.Name) -> Function | None:
        """The function inside this one that a use belongs to."""
        owner = self.names.scope_of(use).owner
        return owner.node if owner is not self.scope and isinstance(owner.node, FUNCTIONS) else None

    def _is_in_idle_loop(self, use: ast.Name) -> bool:
        """Whether a use stands in the body of a loop over the default, which has no items."""
        if not self.default.is_empty:
            return False
        inner: ast.AST = use
        for outer in self.facts.tree.ancestors(use):
            if outer is self.default.function:
                break
            if isinstance(outer, COMPREHENSIONS) and self._is_over_default(outer.generators[0]):
                return inner is not outer.generators[0] or use not in walk(outer.generators[0].iter)
            if isinstance(outer, (ast.For, ast.AsyncFor)) and inner in outer.body and self._is_over_default(outer):
                return True
            inner = outer
        return False

    def _is_over_default(self, loop: ast.For | ast.AsyncFor | ast.comprehension) -> bool:
        iterated = loop.iter
        while isinstance(iterated, ast.Call):
            if isinstance(iterated.func, ast.Attribute) and iterated.func.attr in ("items", "keys", "values", "copy"):
                iterated = iterated.func.value
            elif self.names.qualified(iterated.func) in PASSING and iterated.args:
                iterated = iterated.args[0]
            else:
                return False
        return self._is_default(iterated)

    def _is_ruled_out(self, use: ast.Name) -> bool:
        """Whether a condition around a use in an inner function never holds for the default."""
        inner: ast.AST = use
        for outer in self.facts.tree.ancestors(use):
            if isinstance(outer, FUNCTIONS):
                break
            if isinstance(outer, (ast.If, ast.IfExp, ast.While)) and inner is not outer.test:
                taken = inner in outer.body if isinstance(outer.body, list) else inner is outer.body
                if self.truth(outer.test) is (not taken):
                    return True
            inner = outer
        return False

    def _arrives(self, use: ast.Name, by: ast.AST) -> bool:
        """Whether `x or …` and `x and …` between a use and what is done give the default on."""
        inner: ast.AST = use
        for outer in self.facts.tree.ancestors(use):
            if isinstance(outer, ast.BoolOp) and inner is not outer.values[-1]:
                if self.default.truth is isinstance(outer.op, ast.And):
                    return False
            elif outer is by or not isinstance(outer, (ast.BoolOp, ast.IfExp, ast.NamedExpr)):
                break
            inner = outer
        return True

    def _targets(self, use: ast.Name, by: ast.AST) -> list[ast.Name]:
        """The names of this function that an assignment binds to the value, or to a container that holds it."""
        bound = self.facts.escape.aliased_names(use, by)
        return [target for target in bound if self.names.scope_of(target).owner is self.scope]

    def _nesting(self, use: ast.Name, by: ast.AST) -> int:
        """How many displays stand between a use and the assignment that it is part of."""
        depth = 0
        for outer in self.facts.tree.ancestors(use):
            if outer is by:
                break
            is_display = isinstance(outer, (ast.Tuple, ast.List, ast.Set, ast.Dict))
            depth += is_display and self.facts.escape.paired(outer, use) is None
        return depth

    def _local_holder(self, by: ast.AST) -> ast.Name | None:
        """The local container, made by this very call or got from another, that a store puts the value into."""
        holder: ast.expr | None = None
        if isinstance(by, ast.Call) and isinstance(by.func, ast.Attribute):
            holder = by.func.value
        elif isinstance(by, ast.Assign) and len(by.targets) == 1 and isinstance(by.targets[0], ast.Subscript):
            holder = by.targets[0].value
        binding = self.names.binding(holder) if isinstance(holder, ast.Name) else None
        if binding is None or binding.scope is not self.scope or not isinstance(holder, ast.Name):
            return None
        arguments = self.default.function.args
        spread = binding.sole is not None and binding.sole.node in (arguments.vararg, arguments.kwarg)
        called = all(isinstance(definition.value, (ast.Call, ast.Await)) for definition in binding.definitions)
        made = all(self.facts.kinds.made(definition.value) in CONTAINERS for definition in binding.definitions)
        return holder if spread or called or made else None

    def _passes(self, definition: ast.AST, test: ast.expr, outcome: bool) -> bool:
        """Whether the default may still go by a definition once a test came out so."""
        if self.depths.get(definition) != 0:
            return True
        return self.truth(test, self._binding(definition)) in (None, outcome)

    def truth(self, test: ast.expr, binding: Binding | None = None) -> bool | None:
        """How a test comes out for the default, under any name or under that of one binding; None where it is open."""
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            inner = self.truth(test.operand, binding)
            return None if inner is None else not inner
        if isinstance(test, ast.BoolOp):
            deciding = isinstance(test.op, ast.Or)
            results = [self.truth(value, binding) for value in test.values]
            return deciding if deciding in results else None if None in results else not deciding
        if self._is_default(test, binding):
            return self.default.truth
        if isinstance(test, ast.Call) and test.args and self._is_default(test.args[0], binding):
            return self._truth_of_call(test)
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            found = self._truth_of_comparison(test.left, test.ops[0], test.comparators[0], binding)
            if found is not None:
                return found
        return worked_out(test, self.default.value, lambda value: self._is_default(value, binding))

    def _is_default(self, value: ast.expr, binding: Binding | None = None) -> bool:
        """Whether an expression is a name that the default goes by."""
        named = self.names.binding(value) if isinstance(value, ast.Name) else None
        if named is None or binding is not None:
            return named is not None and named is binding
        return any(depth == 0 and self._binding(node) is named for node, depth in self.depths.items())

    def _truth_of_call(self, call: ast.Call) -> bool | None:
        """Of `len(x)`, `isinstance(x, …)`, `callable(x)` and the like."""
        asked = self.names.qualified(call.func)
        if asked in ("builtins.bool", "builtins.len"):
            return self.default.truth
        if asked == "builtins.callable" or (asked == "builtins.any" and self.default.is_empty):
            return False
        if asked == "builtins.isinstance" and len(call.args) == 2:
            return self._is_instance(call.args[1])
        if asked == "builtins.hasattr" and len(call.args) == 2 and isinstance(call.args[1], ast.Constant):
            return hasattr(TYPES[self.default.kind], str(call.args[1].value))
        return None

    def _is_instance(self, classes: ast.expr) -> bool | None:
        """Whether the default is an instance of the class, or of one of the classes, that an expression names."""
        if isinstance(classes, ast.Tuple) or (isinstance(classes, ast.BinOp) and isinstance(classes.op, ast.BitOr)):
            several = classes.elts if isinstance(classes, ast.Tuple) else [classes.left, classes.right]
            results = [self._is_instance(each) for each in several]
            return True if True in results else None if None in results else False
        module, _, name = (self.names.qualified(classes) or "").rpartition(".")
        found = getattr(CLASSES.get(module), name, None)
        return issubclass(TYPES[self.default.kind], found) if isinstance(found, type) else None

    def _truth_of_comparison(
        self, left: ast.expr, comparison: ast.cmpop, right: ast.expr, binding: Binding | None
    ) -> bool | None:
        """Of `x is None`, `x == []`, `k in x`, `len(x) > 0`, also the other way round."""
        default = self.default
        if isinstance(comparison, (ast.In, ast.NotIn)):
            is_out = default.is_empty and self._is_default(right, binding)
            return isinstance(comparison, ast.NotIn) if is_out else None
        if not self._is_default(left, binding) and not self._is_length(left, binding):
            left, right = right, left
            comparison = MIRRORED.get(type(comparison), type(comparison))()
        if self._is_length(left, binding):
            return self._truth_of_length(comparison, right)
        if not self._is_default(left, binding) or isinstance(comparison, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)):
            return None
        differs = isinstance(comparison, (ast.IsNot, ast.NotEq))
        if isinstance(right, ast.Constant):
            return differs
        if not is_empty_display(right) or default.truth is None:
            return None
        is_equal = isinstance(comparison, (ast.Eq, ast.NotEq)) and default.is_empty
        return (is_equal and self.facts.kinds.of(right) == default.kind) is not differs

    def _is_length(self, value: ast.expr, binding: Binding | None) -> bool:
        if not isinstance(value, ast.Call) or len(value.args) != 1 or not self._is_default(value.args[0], binding):
            return False
        return self.names.qualified(value.func) == "builtins.len"

    def _truth_of_length(self, comparison: ast.cmpop, number: ast.expr) -> bool | None:
        compare = COMPARISONS.get(type(comparison))
        if compare is None or not isinstance(number, ast.Constant) or not isinstance(number.value, int):
            return None
        if self.default.size is not None:
            return compare(self.default.size, number.value)
        return compare(1, 0) if self.default.truth and number.value == 0 else None


def worked_out(test: ast.expr, default: ast.expr, is_default: Callable[[ast.expr], bool]) -> bool | None:
    """How a test comes out for a default, where it asks about what this literal holds and nothing else: `-1 in x`,
    `x["period"] is None`, `x.count("all")`."""
    try:
        literal = ast.literal_eval(default)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None

    def value(node: ast.expr) -> Any:
        if is_default(node):
            return literal
        if isinstance(node, ast.Subscript):
            return value(node.value)[value(node.slice)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ASKING:
            return getattr(value(node.func.value), node.func.attr)(*map(value, node.args))
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in OPERATORS:
            return OPERATORS[type(node.ops[0])](value(node.left), value(node.comparators[0]))
        return ast.literal_eval(node)

    try:
        return bool(value(test))
    except Exception:  # whatever a test of values may raise: it does not come out
        return None
