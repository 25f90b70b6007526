"""What happens to the elements of a container whose places all hold one object: who changes it through one of them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.escape import Role
from memlint.facts.kinds import IN_PLACE
from memlint.facts.names import Binding, DefinitionKind, ScopeKind
from memlint.facts.shapes import last_name, place

if TYPE_CHECKING:
    from memlint.facts import Facts

HANDED_OUT = frozenset({"__getitem__", "get", "pop", "setdefault"})
"""Methods of a mapping whose result is one of its values."""

KEEPING = frozenset(
    {"discard", "move_to_end", "pop", "popitem", "popleft", "remove", "reverse", "rotate", "setdefault", "sort"}
)
"""Methods that change a container and leave the elements that it has as they are."""


class Touch(NamedTuple):
    """One thing that is done to a container, or to one of its elements, and the node that does it."""

    role: Role
    by: ast.AST
    is_element: bool


class Elements:
    """Follows a container through names, attributes of `self` and loops to where an element of it is used."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.parents = facts.tree.parents

    def write(self, container: ast.expr, element: ast.expr, *, is_mapping: bool = False) -> ast.AST | None:
        """The first place that changes an element of the container that an expression makes, one object in all places.

        None where elements may have been replaced by then. Of an element of unknown kind only what no number, string or
        tuple would bear counts: a store into it.
        """
        touches = list(self.touches(container, is_mapping=is_mapping))
        kind = self.kind(element)
        replaced = [touch.by for touch in touches if self.replaces(touch)]
        written = [
            touch.by
            for touch in touches
            if self.changes(touch, kind, element) and not any(self.comes_before(each, touch.by) for each in replaced)
        ]
        return min(written, key=place, default=None)

    def touches(self, container: ast.expr, *, is_mapping: bool = False) -> Iterator[Touch]:
        """All that is done to the value of an expression and to its elements, under whatever local name."""
        waiting: list[tuple[ast.expr, bool]] = [(container, False)]
        seen: set[ast.expr] = set()
        while waiting:
            expression, is_element = waiting.pop()
            if expression in seen:
                continue
            seen.add(expression)
            change = self.parents[expression]
            if isinstance(change, ast.AugAssign) and expression is change.target:
                yield Touch(Role.MUTATED, change, is_element)
                continue
            followed = [(each, is_element) for each in self.same(expression)]
            if not is_element:
                followed += [(each, True) for each in self.elements(expression, is_mapping)]
            waiting += followed
            for role, by in self.facts.escape.roles(expression):
                named = role is Role.ALIASED and expression is getattr(by, "value", None)
                if role is Role.STORED or not (followed or named):
                    yield Touch(role, by, is_element)

    def kind(self, element: ast.expr) -> str | None:
        """The kind of an element's value, also of a repeat and of an array that a known call makes."""
        if isinstance(element, ast.BinOp):
            sides = {self.facts.kinds.of(element.left), self.facts.kinds.of(element.right)}
            return "list" if "list" in sides else None
        return self.facts.kinds.of(element)

    def changes(self, touch: Touch, kind: str | None, element: ast.expr) -> bool:
        """Whether a touch certainly changes the object that is the element."""
        if not touch.is_element:
            return False
        if touch.role is Role.ELEMENT_MUTATED:
            return kind == "defaultdict" or makes_all(element)
        if touch.role is not Role.MUTATED:
            return False
        if isinstance(touch.by, ast.AugAssign):
            return isinstance(touch.by.op, IN_PLACE.get(kind, ()))
        return kind in IN_PLACE or isinstance(getattr(touch.by, "ctx", None), (ast.Store, ast.Del))

    def replaces(self, touch: Touch) -> bool:
        """Whether a touch may put other objects into the container."""
        if touch.is_element or touch.role is not Role.MUTATED:
            return False
        called = touch.by.func if isinstance(touch.by, ast.Call) else touch.by
        return not (isinstance(called, ast.Attribute) and called.attr in KEEPING)

    def unrepeatable(self, element: ast.expr) -> str:
        """Why an expression must not be evaluated once a place; empty where that makes a new object and no more."""
        scope = self.facts.names.scope_of(element)
        for node in walk(element):
            if isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)):
                return "the element binds or awaits something"
            if isinstance(node, ast.Call) and not self.only_makes(node):
                return f"`{ast.unparse(node.func)}` may do more than make an object"
            if isinstance(node, ast.Name) and scope.kind is ScopeKind.CLASS:
                return f"a comprehension in a class body may not see `{node.id}`"
        return ""

    def only_makes(self, call: ast.Call) -> bool:
        """Whether a call is of a class or of another maker of objects, by what is known of it or by its spelling."""
        if self.facts.kinds.made(call) is not None:
            return True
        if (self.facts.names.qualified(call.func) or "") in PURE:
            return True
        binding = self.facts.names.binding(call.func) if isinstance(call.func, ast.Name) else None
        if binding is not None and binding.sole is not None and binding.sole.kind is DefinitionKind.CLASS:
            return True
        return isinstance(call.func, (ast.Name, ast.Attribute)) and bool(CLASS_NAME.fullmatch(last_name(call.func)))

    def comes_before(self, one: ast.AST, other: ast.AST) -> bool:
        """Whether one place may run before another: by its line, in a loop around both, or in another function."""
        tree = self.facts.tree
        if place(one) < place(other) or tree.function(one) is not tree.function(other):
            return True
        around = {outer for outer in tree.ancestors(one) if isinstance(outer, (ast.For, ast.AsyncFor, ast.While))}
        return any(outer in around for outer in tree.ancestors(other))

    def same(self, expression: ast.expr) -> Iterator[ast.expr]:
        """The expressions that read the value from where its context puts it: a name, an attribute of `self`."""
        parent = self.parents[expression]
        if (isinstance(parent, ast.IfExp) and expression is not parent.test) or isinstance(parent, ast.BoolOp):
            yield parent
        elif isinstance(parent, ast.NamedExpr):
            yield parent
            yield from self.reads(parent.target)
        elif isinstance(parent, (ast.Assign, ast.AnnAssign)) and expression is parent.value:
            for target in parent.targets if isinstance(parent, ast.Assign) else [parent.target]:
                if isinstance(target, ast.Name):
                    yield from self.reads(target)
                elif isinstance(target, ast.Attribute):
                    yield from self.attribute_reads(target)

    def elements(self, container: ast.expr, is_mapping: bool) -> Iterator[ast.expr]:
        """The expressions that read an element out of a container where it is used."""
        parent = self.parents[container]
        if isinstance(parent, ast.Subscript) and container is parent.value:
            replaced = isinstance(parent.ctx, ast.Store) and not isinstance(self.parents[parent], ast.AugAssign)
            if not (replaced or isinstance(parent.ctx, ast.Del) or isinstance(parent.slice, ast.Slice)):
                yield parent
        elif isinstance(parent, ast.Attribute):
            call = self.parents[parent]
            if isinstance(call, ast.Call) and parent is call.func:
                if parent.attr in HANDED_OUT if is_mapping else parent.attr == "pop":
                    yield call
                elif is_mapping and parent.attr in ("items", "values"):
                    yield from self.looped(call, [1] if parent.attr == "items" else [])
        elif isinstance(parent, ast.Assign) and not is_mapping:
            for target in parent.targets:
                if isinstance(target, (ast.Tuple, ast.List)):
                    unpacked = [list(self.reads(each)) for each in target.elts]
                    if sum(map(bool, unpacked)) > 1:
                        yield from chain.from_iterable(unpacked)
        elif not is_mapping:
            yield from self.looped(container, [])

    def looped(self, iterated: ast.expr, path: list[int]) -> Iterator[ast.expr]:
        """The reads of the name that gets the items in a loop over an expression, also by `enumerate` and `zip`."""
        while isinstance(call := self.parents[iterated], ast.Call) and iterated in call.args:
            passed = self.facts.names.qualified(call.func)
            if passed == "builtins.zip" and not any(isinstance(each, ast.Starred) for each in call.args):
                path = [call.args.index(iterated), *path]
            elif passed == "builtins.enumerate":
                path = [1, *path]
            elif passed not in ("builtins.iter", "builtins.list", "builtins.reversed", "builtins.tuple"):
                return
            iterated = call
        loop = self.parents[iterated]
        if isinstance(loop, (ast.For, ast.AsyncFor, ast.comprehension)) and iterated is loop.iter:
            target = loop.target
            for step in path:
                if not isinstance(target, (ast.Tuple, ast.List)) or step >= len(target.elts):
                    return
                if any(isinstance(each, ast.Starred) for each in target.elts):
                    return
                target = target.elts[step]
            yield from self.reads(target)

    def reads(self, target: ast.expr) -> Iterator[ast.Name]:
        """Where a name that is bound here may still have this value: reads of it, and the targets of `x += …`."""
        binding = self.facts.names.binding(target) if isinstance(target, ast.Name) else None
        if binding is None or not isinstance(target, ast.Name):
            return
        augmented = [each.node for each in binding.definitions if each.kind is DefinitionKind.AUGMENTED]
        for use in (*binding.uses, *augmented):
            if isinstance(use, ast.Name) and self.reaches(target, use, binding):
                yield use

    def reaches(self, target: ast.Name, use: ast.Name, binding: Binding) -> bool:
        """Whether a read may see the value that this target was given; in another function, where it has no other."""
        if binding.scope.kind is ScopeKind.COMPREHENSION:
            return True
        scope_of = self.facts.names.scope_of
        body = binding.scope.node
        if binding.scope.kind in BODIES and all(scope_of(each).owner is binding.scope for each in (target, use)):
            assert isinstance(body, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.Module))
            return target in self.facts.flow(body).reaching(use)
        unset = (DefinitionKind.ANNOTATION, DefinitionKind.AUGMENTED, DefinitionKind.DELETE)
        return all(each.node is target for each in binding.definitions if each.kind not in unset)

    def attribute_reads(self, target: ast.Attribute) -> Iterator[ast.expr]:
        """The reads of an attribute of `self` in its class, where nothing but None is stored there besides."""
        model = self.facts.classes.instance(target.value)
        if model is None or len(model.stores_of(target.attr)) != 1 or model.intercepts(target.attr):
            return
        for node in walk(model.node):
            if isinstance(node, ast.Attribute) and node.attr == target.attr and node is not target:
                augmented = isinstance(self.parents[node], ast.AugAssign)
                if (isinstance(node.ctx, ast.Load) or augmented) and self.facts.classes.instance(node.value) is model:
                    yield node


BODIES = (ScopeKind.FUNCTION, ScopeKind.LAMBDA, ScopeKind.MODULE)


def makes_all(element: ast.expr) -> bool:
    """Whether an expression makes a container and all that can be changed in it, so that it alone holds its parts."""
    if isinstance(element, ast.BinOp):
        return makes_all(element.left) or makes_all(element.right)
    parts = element.elts if isinstance(element, (ast.List, ast.Set)) else []
    if isinstance(element, ast.Dict):
        parts = element.values
    parts = [part for part in parts if not isinstance(part, ast.Constant)]
    return bool(parts) and all(isinstance(part, (*DISPLAYS, ast.BinOp)) for part in parts)


DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)


PURE = frozenset(f"builtins.{name}" for name in "bool float int len max min object range str tuple".split())
CLASS_NAME = re.compile(r"_*[A-Z]\w*[a-z]\w*")
