"""Deep copies that give nothing more than a shallow one, or none at all, would."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.evaluation import Comprehension
from memlint.facts.flow import UNBOUND
from memlint.facts.kinds import MUTABLE
from memlint.facts.layout import FUNCTIONS
from memlint.facts.reading import Deed, Touch
from memlint.facts.shapes import end, place
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts
    from memlint.facts.nesting import Source

IMMUTABLE = frozenset({"bool", "bytes", "class", "complex", "float", "function", "int", "NoneType", "str"})
"""Kinds of which a deep copy is the object itself."""
FEW = 8
"""Items that a deep copy goes through in no time."""
PLAIN = frozenset({"append", "pop", "setdefault"})
"""Methods that hardly anything but a container has."""


class Why(enum.Enum):
    """Why a deep copy is not needed."""

    IMMUTABLE = "immutable"
    FLAT = "flat"
    FRESH = "fresh"
    READ = "read"
    TOP = "top"
    REPEATED = "repeated"
    """Each pass of a loop copies the same object, and throws the copy away."""
    SPARE = "spare"
    """The container is made here and not read again; only what it holds may be shared."""


class Needless(NamedTuple):
    """A deep copy that is not needed as such; `by` are the changes at the top level of it."""

    original: ast.expr
    why: Why
    kind: str = ""
    by: tuple[ast.AST, ...] = ()
    certain: bool = True
    """Whether nobody else can have a use for what is deep about it."""


class Copies:
    """Questions about `copy.deepcopy`."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree
        self.names = facts.names

    def needless(self, call: ast.Call) -> Needless | None:
        """What a deep copy is of and why it is not needed; None for other calls, and where it may be."""
        if len(call.args) != 1 or call.keywords or isinstance(call.args[0], ast.Starred):
            return None
        if self.names.qualified(call.func) not in known("copies", "deep", "functions"):
            return None
        original = call.args[0]
        kind = self.facts.kind(original)
        if isinstance(self.tree.function(call), ast.Module) or self.is_only_made(call):
            return None
        if kind in IMMUTABLE and not self.is_flat_no_more(call, 0):
            return Needless(original, Why.IMMUTABLE, kind or "")
        if kind in MUTABLE and self.is_flat(original) and not self.is_flat_no_more(call, 1):
            return Needless(original, Why.FLAT, kind or "")
        if self.is_fresh(original, call):
            return Needless(original, Why.FRESH)
        return self.by_use(call, original) or self.spare(call, original)

    def by_use(self, call: ast.Call, original: ast.expr) -> Needless | None:
        """What the uses of the copy tell."""
        touches = list(self.facts.reading.touches(call))
        is_new = any(each.deed in (Deed.SET, Deed.UNKNOWN) for each in touches if each.depth <= 0)
        changes = tuple(each.by for each in touches if each.deed is Deed.CHANGED and each.depth == 0)
        if not any(self.is_of_container(each, original) for each in changes):
            changes = ()
        inner = [each for each in touches if each.depth > 0 and each.deed is not Deed.LEFT]
        leaving = [each for each in touches if each.deed is Deed.LEFT and each.depth >= 0]
        outward = [each for each in touches if each.deed is Deed.LEFT and each.depth <= 0]
        stays = not leaving and not outward
        if not is_new and not inner and stays and self.is_stable(original, call, bool(changes)):
            return Needless(original, Why.TOP if changes else Why.READ, by=changes)
        if not is_new and not outward and self.is_repeated(original, call):
            return Needless(original, Why.REPEATED, certain=False)
        if not is_new and not inner and not stays and changes and not any(map(self.is_unknown, leaving)):
            return Needless(original, Why.TOP, by=changes, certain=False)
        return None

    def is_of_container(self, change: ast.AST, original: ast.expr) -> bool:
        """Whether a change can only be one of a container: `x.update()` may be a method of any object."""
        if not isinstance(change, ast.Call):
            return isinstance(change, ast.Subscript)
        return self.facts.kind(original) in MUTABLE or getattr(change.func, "attr", "") in PLAIN

    def is_only_made(self, call: ast.Call) -> bool:
        """Whether nothing is done with the copy: it is made to see whether that works, or how long it takes."""
        parent = self.tree.parents[call]
        return isinstance(parent, (ast.Expr, ast.Compare)) or (
            isinstance(parent, ast.Assign)
            and all(isinstance(each, ast.Name) and each.id == "_" for each in parent.targets)
        )

    def is_flat_no_more(self, call: ast.Call, depth: int) -> bool:
        """Whether a use shows a container where an annotation promises none."""
        for each in self.facts.reading.followed(call):
            if each.depth != depth:
                continue
            if isinstance(each, Touch):
                if each.deed in (Deed.CHANGED, Deed.SET):
                    return True
            elif isinstance(parent := self.tree.parents[each.value], ast.Subscript) and parent.value is each.value:
                return True
        return False

    def is_unknown(self, touch: Touch) -> bool:
        """Whether others get the copy itself, to do with it what they want; to store it changes nothing in it."""
        return isinstance(touch.by, (ast.Call, ast.Return, ast.Yield, ast.YieldFrom, ast.Lambda))

    def is_flat(self, original: ast.expr) -> bool:
        """Whether a container certainly holds only what cannot be changed."""
        found = self.facts.nesting.under(original, [None])
        if not found or not all(map(self.is_immutable, found)):
            return False
        is_promised = isinstance(original, (ast.Attribute, ast.Name)) and all(each.promised for each in found)
        return is_promised or self.is_untouched(original)

    def is_short(self, original: ast.expr) -> bool:
        """Whether a container is written out with a handful of items, which are copied in no time."""
        binding = self.names.binding(original) if isinstance(original, ast.Name) else None
        made = [each.value for each in binding.definitions] if binding else [original]
        items = [getattr(each, "elts", getattr(each, "keys", None)) for each in made]
        return all(isinstance(each, list) and len(each) <= FEW and None not in each for each in items)

    def is_immutable(self, source: Source) -> bool:
        kind = self.facts.nesting.kind(source)
        if kind == "tuple" and not source.promised and isinstance(source.node, ast.Tuple):
            return all(self.facts.kind(each) in IMMUTABLE for each in source.node.elts)
        return kind in IMMUTABLE

    def is_untouched(self, original: ast.expr) -> bool:
        """Whether a container is as its literal says: no code of the file puts anything else into it."""
        if not isinstance(original, ast.Name):
            return isinstance(original, (ast.Dict, ast.List, ast.Set))
        binding = self.names.binding(original)
        if binding is None or any(not isinstance(each.value, ast.expr) for each in binding.definitions):
            return False
        copying = known("copies", "deep", "functions")
        touches = (
            each for made in binding.definitions if made.value for each in self.facts.reading.touches(made.value)
        )
        uses = (self.tree.parents[use] for use in binding.uses) if binding.scope is self.names.module else ()
        if any(not self.is_looked_at(parent) for parent in uses):
            return False
        if binding.scope is self.names.module:
            return True
        return all(
            each.deed is Deed.LEFT and isinstance(each.by, ast.Call) and self.names.qualified(each.by.func) in copying
            for each in touches
        )

    def is_looked_at(self, parent: ast.AST) -> bool:
        """Whether a use of a constant leaves it as it is."""
        if isinstance(parent, ast.Call):
            called = self.names.qualified(parent.func) or ""
            return (
                called.startswith("builtins.")
                or called in known("copies", "deep", "functions")
                or called == "copy.copy"
            )
        if isinstance(parent, ast.Attribute):
            return parent.attr in ("copy", "get", "items", "keys", "values", "index", "count")
        if isinstance(parent, ast.Subscript):
            return isinstance(parent.ctx, ast.Load)
        return isinstance(parent, (ast.Compare, ast.For, ast.comprehension, ast.Starred, ast.Dict))

    def is_fresh(self, value: ast.expr, copy: ast.Call) -> bool:
        """Whether an expression makes a new object of which nobody else has a part, and the copy is its only use."""
        if isinstance(value, ast.Call):
            if self.names.qualified(value.func) in known("copies", "fresh", "functions"):
                return True
            is_list = isinstance(value.func, ast.Attribute) and value.func.attr == "tolist" and not value.args
            return is_list and self.facts.kind(value) == "list"
        if isinstance(value, (ast.List, ast.Set, ast.Tuple)):
            return self.are_fresh(value.elts, copy)
        if isinstance(value, ast.Dict):
            return all(value.keys) and self.are_fresh(value.values, copy)
        if isinstance(value, (ast.ListComp, ast.SetComp)):
            return self.are_fresh([value.elt], copy)
        if isinstance(value, ast.DictComp):
            return self.are_fresh([value.value], copy)
        made = self.made(value, copy)
        return made is not None and self.is_fresh(made, copy) and not self.others(made, copy)

    def are_fresh(self, parts: Iterable[ast.expr], copy: ast.Call) -> bool:
        return all(self.facts.kind(each) in IMMUTABLE or self.is_fresh(each, copy) for each in parts)

    def made(self, value: ast.expr, copy: ast.Call) -> ast.expr | None:
        """What a local variable was given that is not read again behind the copy."""
        binding = self.names.binding(value) if isinstance(value, ast.Name) else None
        body = self.tree.function(copy)
        if binding is None or not isinstance(value, ast.Name) or binding.scope.node is not body:
            return None
        reaching = self.facts.flow(body).reaching(value) - {UNBOUND}
        made = next((each for each in binding.definitions if {each.node} == reaching), None)
        if made is None or made.value is None or not isinstance(made.statement, (ast.Assign, ast.AnnAssign)):
            return None
        if not isinstance(body, FUNCTIONS) or any(self.tree.function(use) is not body for use in binding.uses):
            return None
        flow = self.facts.flow(body)
        reads = [use for use in binding.uses if use is not value and made.node in flow.reaching(use)]
        if any(place(use) > place(copy) for use in reads) or self.facts.flow(body).loops(copy) != flow.loops(made.node):
            return None
        return made.value

    def others(self, made: ast.expr, copy: ast.Call) -> list[Touch]:
        """What is done to a value besides giving it to the copy."""
        return [each for each in self.facts.reading.touches(made) if each.by is not copy]

    def spare(self, call: ast.Call, original: ast.expr) -> Needless | None:
        """A container made here of what calls give, and not read again: the copy makes all of it a second time."""
        made = self.made(original, call)
        if not isinstance(made, Comprehension) or isinstance(made, ast.GeneratorExp):
            return None
        part = made.value if isinstance(made, ast.DictComp) else made.elt
        if not isinstance(part, ast.Call) or any(each.deed is not Deed.CHANGED for each in self.others(made, call)):
            return None
        return Needless(original, Why.SPARE, certain=False)

    def is_repeated(self, original: ast.expr, copy: ast.Call) -> bool:
        """Whether each pass of a loop copies one object, which the loop leaves alone."""
        binding = self.names.binding(original) if isinstance(original, ast.Name) else None
        body = self.tree.function(copy)
        loops = self.facts.flow(body).loops(copy)
        if binding is None or not isinstance(original, ast.Name) or not loops or binding.scope.node is not body:
            return False
        inside = set(walk(loops[-1]))
        if any(made in inside for made in self.facts.flow(body).reaching(original)):
            return False
        return not any(use in inside and use is not original and self.may_change(use) for use in binding.uses)

    def is_stable(self, original: ast.expr, copy: ast.Call, is_changed: bool) -> bool:
        """Whether nobody changes what is inside the original while the copy is in use."""
        behind = self.behind(copy)
        if isinstance(original, ast.Name):
            binding = self.names.binding(original)
            if binding is None or any(isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom)) for node in behind):
                return False
            body = self.tree.function(copy)
            flow = self.facts.flow(body)
            uses = [use for use in binding.uses if use is not original and use in behind]
            uses = [
                use
                for use in uses
                if self.tree.function(use) is not body or flow.reaching(original) & flow.reaching(use)
            ]
            if binding.scope.node is not body or any(map(self.may_change, uses)):
                return False
            return (is_changed and not uses) or self.is_quiet(behind)
        return self.is_quiet(behind)

    def behind(self, copy: ast.Call) -> set[ast.AST]:
        """What may run while the copy is there: all that follows it, and the loops around it."""
        body = self.tree.function(copy)
        loops = self.facts.flow(body).loops(copy)
        first = place(loops[0]) if loops else end(copy)
        return {node for node in walk(body) if isinstance(node, ast.expr) and place(node) >= first}

    def is_quiet(self, behind: set[ast.AST]) -> bool:
        """Whether nothing there may run code that reaches the original by another way."""
        for node in behind:
            if isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom)):
                return False
            if not isinstance(node, ast.Call) or self.facts.purity.is_pure_call(node):
                continue
            if self.names.qualified(node.func) in known("copies", "deep", "functions") | known("copies", "read", "by"):
                continue
            changed = node.func.value if isinstance(node.func, ast.Attribute) else None
            if isinstance(changed, ast.Name) and self.facts.kind(changed) in MUTABLE:
                continue
            return False
        return True

    def may_change(self, use: ast.expr) -> bool:
        """Whether a use of the original may change it, or hand it on."""
        return any(True for _ in self.facts.reading.touches(use))
