"""Makes a copy of a small part that would keep a large buffer.

The rewrite is refused wherever the code in sight may write to the part or, later, to the buffer: it would reach the
other no more.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from memlint.facts import Facts
from memlint.facts.escape import Role
from memlint.facts.views import Retained
from memlint.knowledge import names as known
from memlint.model import Edit, Fix, Safety

LOOPS = (ast.For, ast.AsyncFor, ast.While, ast.comprehension)
COPIES = {"numpy": "copy", "torch": "clone"}
"""How a library's arrays copy themselves."""
BYTES = ("bytearray", "bytes")
"""Buffers whose memory view has bytes as its elements, as the copy has."""


class CopiedPart:
    """The rewrite for a part of a buffer that is kept."""

    def __init__(self, facts: Facts, found: Retained) -> None:
        self.facts = facts
        self.found = found
        self.position = facts.tree.span(found.part)[1]

    def fix(self) -> tuple[Fix | None, str]:
        """The fix, or why there is none."""
        part, kind, buffer = self.found.part, self.found.kind, self.found.buffer
        if kind == "match":
            return None, "a match has more than its text, and only its uses tell which of it is wanted"
        reason = self.later_use() or self.written() or (self.other_type() if kind == "view" else "")
        if reason:
            return None, reason
        start, end = self.facts.tree.span(part)
        edits: tuple[Edit, ...] = (Edit(start, start, "bytes("), Edit(end, end, ")"))
        if kind == "slice":
            copies = {COPIES.get(each) for each in self.makers()}
            if len(copies) != 1 or None in copies:
                return None, f"how `{buffer.id}` is copied is not known"
            edits = (Edit(end, end, f".{min(filter(None, copies))}()"),)
        return Fix(f"keep a copy of the part of `{buffer.id}`", Safety.UNSAFE, edits), ""

    def makers(self) -> Iterator[str]:
        """The libraries whose functions make the buffer."""
        binding = self.facts.names.binding(self.found.buffer)
        for definition in binding.definitions if binding else ():
            made: ast.expr | None = definition.value
            while isinstance(made, ast.Call) and isinstance(made.func, ast.Attribute):
                if self.facts.names.qualified(made.func) is not None:
                    break
                made = made.func.value
            name = self.facts.names.qualified(made.func) if isinstance(made, ast.Call) else None
            yield (name or "").partition(".")[0]

    def other_type(self) -> str:
        """Why bytes would not do instead of a view of memory; empty where they do, as far as is seen."""
        buffer = self.found.buffer
        if self.facts.kinds.of(buffer) not in BYTES:
            return f"the elements of a view of `{buffer.id}` may be other than bytes"
        if self.facts.names.lookup(self.facts.names.scope_of(self.found.part), "bytes") is not None:
            return "`bytes` means something else here"
        kept = {*self.places(self.found.by), *self.places(self.facts.tree.parents[self.found.part])}
        for node in self.facts.tree.parents:
            if isinstance(node, ast.Attribute) and node.attr in known("transfers", "views", "of_memory"):
                name = root(node.value)[1]
                if name in kept:
                    return f"`{name}.{node.attr}` needs a view"
        return ""

    def later_use(self) -> str:
        """Why the buffer may change when the part is made; empty where it is only read from then on."""
        for name in self.names():
            binding = self.facts.names.binding(name)
            for use in binding.uses if binding else ():
                if self.facts.tree.function(use) is not self.facts.tree.function(name):
                    return f"a function inside uses `{name.id}`"
                if self.follows(use) and not self.is_reading(use):
                    return f"`{name.id}` is used later, and the part may change with it"
        return ""

    def names(self) -> Iterator[ast.Name]:
        """The names of the buffer, and of the view of it that the part is one of."""
        yield self.found.buffer
        base = self.found.part.value if isinstance(self.found.part, ast.Subscript) else None
        if isinstance(base, ast.Name) and base is not self.found.buffer:
            yield base

    def follows(self, use: ast.Name) -> bool:
        """Whether a use may come after the part is made."""
        loop = any(isinstance(each, LOOPS) for each in self.facts.tree.ancestors(self.found.part))
        return loop or self.facts.tree.span(use)[0] >= self.position

    def is_reading(self, use: ast.Name) -> bool:
        """Whether a use certainly leaves the buffer as it is, and makes no other way to it than parts that are kept."""
        parent = self.facts.tree.parents[use]
        if isinstance(parent, ast.Subscript):
            return isinstance(parent.ctx, ast.Load) and self.is_unchanged(parent)
        if isinstance(parent, ast.Attribute):
            call = self.facts.tree.parents[parent]
            is_called = isinstance(call, ast.Call) and call.func is parent
            return isinstance(parent.ctx, ast.Load) and (
                not is_called or parent.attr in known("transfers", "views", "reading")
            )
        if isinstance(parent, ast.Call):
            made = self.facts.names.qualified(parent.func)
            outer = self.facts.tree.parents[parent]
            is_cut = isinstance(outer, ast.Subscript) and made == "builtins.memoryview"
            return made in ("builtins.bytes", "builtins.len") or is_cut
        return isinstance(parent, ast.Compare)

    def is_unchanged(self, part: ast.expr) -> bool:
        """Whether nothing in sight changes another part of the buffer."""
        for role, by in self.facts.escape.roles(part):
            if role in (Role.MUTATED, Role.ELEMENT_MUTATED):
                return False
            targets = by.targets if role is Role.ALIASED and isinstance(by, ast.Assign) else []
            bindings = [self.facts.names.binding(each) for each in targets if isinstance(each, ast.Name)]
            fates = [fate for each in bindings if each for fate in self.facts.escape.own_fates(each)]
            if any(fate.role in (Role.MUTATED, Role.ELEMENT_MUTATED) for fate in fates):
                return False
        return True

    def written(self) -> str:
        """Why the part may be written; empty where nothing in sight does so."""
        if not self.is_unchanged(self.found.part):
            return "the part is written, and the buffer with it"
        kept = set(self.places(self.found.by))
        for node in self.facts.tree.parents:
            for written in changed(node):
                depth, name = root(written)
                is_replaced = isinstance(node, ast.Subscript) and depth == 1 and self.is_item(name)
                if name in kept and not is_replaced:
                    return f"`{name}` is written to, and the buffer with it"
        return ""

    def places(self, by: ast.AST) -> Iterator[str]:
        """The last names of where the part is kept."""
        targets = by.targets if isinstance(by, ast.Assign) else [getattr(by, "target", None)]
        if isinstance(by, ast.Call) and isinstance(by.func, ast.Attribute):
            targets = [by.func.value]
        for target in targets:
            for each in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
                name = root(each)[1] if isinstance(each, ast.expr) else ""
                if name:
                    yield name

    def is_item(self, name: str) -> bool:
        """Whether the part is an item of what it is kept in, so that writing an item there is no write to a part."""
        by = self.found.by
        targets = by.targets if isinstance(by, ast.Assign) else []
        return isinstance(by, ast.Call) or any(
            isinstance(each, ast.Subscript) and root(each) == (1, name) for each in targets
        )


def root(place: ast.expr) -> tuple[int, str]:
    """The attribute or variable whose element, of an element, a place is, and how deep."""
    depth = 0
    while isinstance(place, ast.Subscript):
        place, depth = place.value, depth + 1
    name = place.attr if isinstance(place, ast.Attribute) else getattr(place, "id", "")
    return depth, name


def changed(node: ast.AST) -> Iterator[ast.expr]:
    """What a node writes the elements of."""
    if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        yield node
    elif isinstance(node, ast.AugAssign):
        yield node.target
    elif isinstance(node, ast.keyword) and node.arg == "out":
        yield node.value
    elif isinstance(node, ast.Call) and root(node.func)[1] in known("transfers", "views", "writing"):
        if isinstance(node.func, ast.Attribute):
            yield node.func.value
        yield from node.args[:1]
