"""Keeps what a method without arguments gives in the instance: `cached_property` in the place of a cache of the class.

The rewrite is refused wherever a call of the method may stand that is not seen here, or an instance may have no room.
"""

from __future__ import annotations

import ast
import re

from memlint.facts import Facts
from memlint.facts.caching import Cached
from memlint.facts.class_kinds import ClassKind
from memlint.facts.class_model import ClassModel
from memlint.facts.slots import is_open
from memlint.fixes.imports import is_told, reachable
from memlint.model import Edit, Fix, Safety

CACHES = frozenset({"functools.cache", "functools.lru_cache"})
FIRST = (3, 8)
"""The first Python with `cached_property`."""
BEHIND = frozenset({"__wrapped__", "cache_clear", "cache_info", "cache_parameters", "fget"})
"""What a property or a cached function has, and `cached_property` has not."""
COPYING = frozenset({"__copy__", "__deepcopy__", "__getstate__", "__reduce__", "__reduce_ex__", "__getattribute__"})
READING = frozenset(
    {"builtins.vars", "copy.copy", "copy.deepcopy", "copy.replace", "pickle.dump", "pickle.dumps", "pickle.Pickler"}
)
"""Functions that see all that an instance holds."""


class CachedAttribute:
    """The rewrite for a method, or the function of a property, with a cache of the standard library around it."""

    def __init__(self, facts: Facts, model: ClassModel, found: Cached) -> None:
        self.facts = facts
        self.tree = facts.tree
        self.model = model
        self.found = found
        self.method = found.function
        self.name = found.function.name

    def fix(self) -> tuple[Fix | None, str]:
        """The fix, or why there is none."""
        decorators = [self.facts.names.qualified(plain(each)) for each in self.method.decorator_list]
        is_property = len(decorators) == 2 and decorators[0] == "builtins.property"
        if decorators[-1] not in CACHES or len(decorators) != 1 + is_property:
            return None, "another decorator, or a cache of another kind, stands at the method"
        reason = self.unfit() or self.watched()
        calls: list[ast.Call] | None = []
        if not reason and not is_property:
            calls = self.calls()
            reason = self.called_elsewhere() or ("" if calls is not None else self.unseen)
        if reason or calls is None:
            return None, reason
        named = reachable(self.facts, "functools", "cached_property", self.found.by)
        if named is None:
            return None, "nowhere to import `cached_property`"
        written, edits = named
        start = self.tree.span(self.method.decorator_list[0])[0]
        edits += (Edit(start, self.tree.span(self.found.by)[1], written),)
        edits += tuple(Edit(self.tree.span(call.func)[1], self.tree.span(call)[1], "") for call in calls)
        return Fix(f"keep what `{self.name}` gives in the instance", Safety.UNSAFE, edits), ""

    @property
    def unseen(self) -> str:
        return f"`{self.name}` is used for more than calls on the instance itself"

    def unfit(self) -> str:
        """Why instances cannot keep a value of their own under the name; empty where they can."""
        if self.facts.project.target < FIRST:
            return "`cached_property` is newer than the Python of the project"
        if self.facts.class_kinds.of(self.model) not in (ClassKind.PLAIN, ClassKind.DATACLASS):
            return f"what makes the instances of `{self.model.node.name}` may leave them no room for it"
        if any({"__eq__", "__hash__"} & set(each.methods) for each in self.model.lineage()):
            return "equal instances share what the cache knows"
        if not self.has_room():
            return f"an instance of `{self.model.node.name}` may have no `__dict__`"
        others = [each for each in self.facts.classes.related(self.model) if each is not self.model]
        if any(self.name in {*each.methods, *each.home.names.inner(each.node).bindings} for each in others):
            return f"another class defines `{self.name}` as well"
        own = self.facts.names.inner(self.model.node).bindings.get(self.name)
        return "" if own and own.sole and not own.uses else f"the class body uses `{self.name}`"

    def has_room(self) -> bool:
        """Whether every instance has a dictionary: no slots, no unknown base, and no decorator but that of
        dataclasses, without slots."""
        has_slots = "__slots__" in self.facts.names.inner(self.model.node).bindings
        if has_slots or self.facts.class_kinds.has_hidden_makers(self.model):
            return False
        decorators = self.model.node.decorator_list
        told = [keyword.arg for each in decorators if isinstance(each, ast.Call) for keyword in each.keywords]
        return not {"slots", None}.intersection(told) and all(map(is_open, self.model.lineage()))

    def watched(self) -> str:
        """Why a value in the instance would be seen; empty where it would not."""
        if any(COPYING.intersection(each.methods) for each in self.facts.classes.related(self.model)):
            return "the class says how it is copied or read"
        for node in self.tree.parents:
            if isinstance(node, ast.Attribute) and node.attr == "__dict__":
                return "the file reads the `__dict__` of an object"
            if isinstance(node, ast.Call) and self.facts.names.qualified(node.func) in READING:
                return "the file copies objects, with all that they hold"
            if isinstance(node, ast.Attribute) and node.attr in BEHIND and getattr(node.value, "attr", "") == self.name:
                return f"`{node.attr}` of `{self.name}` is used"
        return ""

    def called_elsewhere(self) -> str:
        """Why a call may stand in another file; empty where that would be against the name."""
        if not self.name.startswith("_") or self.name.startswith("__"):
            return f"`{self.name}` is public: what calls it elsewhere would call its result"
        word = re.compile(rb"\b%s\b" % self.name.encode())
        return f"another file uses `{self.name}`" if any(self.facts.project.beside(self.facts, word)) else ""

    def calls(self) -> list[ast.Call] | None:
        """All calls of the method in the file; None where it is used for anything else, or on what may be another."""
        found: list[ast.Call] = []
        related = [self.model, *self.facts.classes.derived[self.model]]
        if is_told(self.facts, self.name):
            return None
        for read in self.tree.parents:
            if not isinstance(read, ast.Attribute) or read.attr != self.name:
                continue
            call = self.tree.parents[read]
            if not isinstance(call, ast.Call) or call.func is not read or call.args or call.keywords:
                return None
            if self.facts.classes.instance(read.value) not in related or isinstance(self.tree.parents[call], ast.Expr):
                return None
            begin, middle = self.tree.span(read)
            last = self.tree.span(call)[1]
            between = self.facts.source.between
            if not between(begin, middle).endswith(self.name) or "".join(between(middle, last).split()) != "()":
                return None
            found.append(call)
        return found


def plain(decorator: ast.expr) -> ast.expr:
    """A decorator without what it is called with."""
    return decorator.func if isinstance(decorator, ast.Call) else decorator
