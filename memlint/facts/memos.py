"""Defaults and other containers that serve as caches: a key is looked up in them and entered."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.defaults import Default, Function, Touch
from memlint.facts.escape import LEAVES, Role
from memlint.facts.names import Binding
from memlint.facts.shapes import last_name
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

KEYED = frozenset({"dict", "defaultdict"})


class Memos:
    """Tells what a function keeps in a container on purpose."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.defaults = facts.defaults

    def is_memo(self, default: Default) -> bool:
        """Whether the function keeps something in the default on purpose, and hands the default itself to nobody.

        It looks a key up and enters it; or it sets the one item of a list, as a variable that outlives the call; or the
        parameter's name begins with `_`. A set that fills in a loop or a recursion belongs to the one call.
        """
        changes = self.defaults.changes(default)
        if not changes or any(touch.role in LEAVES for touch in self.defaults.touches(default)):
            return False
        return self.defaults.is_private(default) or self.is_cell(default, changes) or self.is_keyed(default, changes)

    def is_keyed(self, default: Default, changes: list[Touch]) -> bool:
        """Whether every change enters a key that is looked up as well, or takes entries of a mapping out again."""
        if default.kind == "set" and (self.defaults.is_handed_down(default) or any(map(self.is_in_loop, changes))):
            return False
        looked_up = {ast.dump(key) for touch in self.defaults.touches(default) for key in self.looked_up(touch)}
        entering = [touch for touch in changes if default.kind not in KEYED or not is_shrinking(touch)]
        entered = [self.entered(touch) for touch in entering]
        return bool(entered) and all(
            key is not None and has_name(key) and (is_setdefault(touch.by) or ast.dump(key) in looked_up)
            for key, touch in zip(entered, entering, strict=True)
        )

    def endless(self, default: Default) -> Touch | None:
        """Where a function enters a result under a key that its caller gives, into a default that only ever grows.

        The default of a nested function goes with it, and is none."""
        outer = self.facts.tree.function(default.function)
        if (
            default.kind not in ("dict", "defaultdict")
            or not isinstance(outer, ast.Module)
            or self.defaults.is_exempt(default)
        ):
            return None
        changes = self.defaults.changes(default)
        if not self.is_memo(default) or not self.is_keyed(default, changes) or self.is_limited(default):
            return None
        return next((touch for touch in changes if self.is_open(default, self.entered(touch))), None)

    def is_limited(self, default: Default) -> bool:
        """Whether the function takes entries out again, or looks how many there are; or another function may.

        All uses of the parameter count, not only those that an empty default comes to.
        """
        binding = self.facts.names.binding_of(default.parameter)
        fates = self.facts.escape.fates(binding) if binding else ()
        touches = [Touch(fate.role, fate.use, fate.by) for fate in fates]
        return any(
            is_shrinking(touch)
            or self.is_counted(touch)
            or (touch.role is Role.PASSED and last_name(getattr(touch.by, "func", touch.by)) != self.own_name(default))
            for touch in touches
        )

    def own_name(self, default: Default) -> str:
        return getattr(default.function, "name", "")

    def is_counted(self, touch: Touch) -> bool:
        call = self.facts.tree.parents[touch.use]
        return isinstance(call, ast.Call) and self.facts.names.qualified(call.func) == "builtins.len"

    def is_open(self, default: Default, key: ast.expr | None) -> bool:
        """Whether a key depends on a parameter that callers may give ever new values: not on a class or a truth."""
        if key is None or isinstance(default.function, ast.Lambda):
            return key is not None
        names = [node for node in walk(key) if isinstance(node, ast.Name)]
        return any(self.is_from_caller(node, default.function, set()) for node in names)

    def is_from_caller(self, name: ast.Name, function: Function, followed: set[Binding]) -> bool:
        """Whether a local name holds what a parameter gave, or something made of it."""
        binding = self.facts.names.binding(name)
        if binding is None or binding in followed or binding.scope.node is not function:
            return False
        followed.add(binding)
        for definition in binding.definitions:
            if isinstance(definition.node, ast.arg):
                if not is_of_few(definition.node):
                    return True
            elif definition.value is not None and not self.is_of_class(definition.value):
                inner = (node for node in walk(definition.value) if isinstance(node, ast.Name))
                if any(self.is_from_caller(each, function, followed) for each in inner):
                    return True
        return False

    def is_of_class(self, value: ast.expr) -> bool:
        """Whether a value is the class of something: there are only so many classes."""
        if isinstance(value, ast.Attribute):
            return value.attr == "__class__"
        return isinstance(value, ast.Call) and self.facts.names.qualified(value.func) == "builtins.type"

    def entered(self, touch: Touch) -> ast.expr | None:
        """The key that a change enters; None where it does anything else."""
        by = touch.by
        parent = self.facts.tree.parents[by]
        if isinstance(by, ast.Subscript):
            return by.slice if isinstance(parent, (ast.Assign, ast.AnnAssign)) else None
        if isinstance(by, ast.Call) and isinstance(by.func, ast.Attribute) and by.args:
            changed = isinstance(parent, (ast.Attribute, ast.Subscript))
            return by.args[0] if by.func.attr in ("add", "setdefault") and not changed else None
        return None

    def looked_up(self, touch: Touch) -> Iterator[ast.expr]:
        """The keys that a use of the default looks up: `k in d`, `d[k]`, `d.get(k)`."""
        parent = self.facts.tree.parents[touch.use]
        if isinstance(parent, ast.Compare) and isinstance(parent.ops[-1], (ast.In, ast.NotIn)):
            yield parent.left
        elif isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Load) and parent.value is touch.use:
            yield parent.slice
        elif isinstance(parent, ast.Attribute) and parent.attr == "get":
            call = self.facts.tree.parents[parent]
            if isinstance(call, ast.Call) and call.args:
                yield call.args[0]

    def is_cell(self, default: Default, changes: list[Touch]) -> bool:
        """Whether the default is a list of one item that is only ever set anew."""
        is_one = default.kind == "list" and default.size == 1
        return is_one and all(isinstance(each.by, ast.Subscript) and is_fixed(each.by.slice) for each in changes)

    def is_in_loop(self, touch: Touch) -> bool:
        return bool(self.facts.tree.enclosing(touch.use, ast.For, ast.AsyncFor, ast.While, ast.comprehension))


def is_setdefault(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setdefault"


def is_fixed(index: ast.expr) -> bool:
    """Whether an index is a constant, or all items."""
    return isinstance(index, ast.Constant) or (isinstance(index, ast.Slice) and not (index.lower or index.upper))


def has_name(key: ast.expr) -> bool:
    return any(isinstance(node, ast.Name) for node in walk(key))


def is_shrinking(touch: Touch) -> bool:
    """Whether a touch takes something out of a container."""
    if isinstance(touch.by, ast.Call) and isinstance(touch.by.func, ast.Attribute):
        return touch.by.func.attr in known("containers", "methods", "change")
    return isinstance(touch.by, ast.Subscript) and isinstance(touch.by.ctx, ast.Del)


def is_of_few(parameter: ast.arg) -> bool:
    """Whether a parameter can only take a few values: a class, a truth, a member of an enumeration."""
    if parameter.arg in ("cls", "klass", "self", "type_"):
        return True
    written = ast.unparse(parameter.annotation) if parameter.annotation else ""
    return written.startswith(("bool", "type", "Type", "typing.Type", "Literal", "typing.Literal"))
