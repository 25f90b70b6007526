"""Copies of containers that are made to be run over once, while nothing changes the container."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.escape import Role
from memlint.facts.kinds import CONTAINERS
from memlint.facts.layout import FUNCTIONS
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts
    from memlint.facts.names import Binding

VIEWS = frozenset({"items", "keys", "values"})
HANDED_ON = frozenset({Role.ALIASED, Role.PASSED, Role.STORED, Role.YIELDED})


class IteratedCopies:
    """Questions about a copy that a loop or a function runs over."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree
        self.names = facts.names

    def needless(self, copy: ast.Call | ast.Subscript) -> ast.expr | None:
        """What could be run over itself, in the place of its copy; None where it may be changed meanwhile."""
        source = self.source(copy)
        if source is None:
            return None
        parent = self.tree.parents[copy]
        if isinstance(parent, ast.Call) and self.is_eager(parent, copy):
            return source
        if isinstance(parent, ast.For) and copy is parent.iter:
            return source if self.is_left_alone(source, parent, parent.body) else None
        comprehension = self.tree.parents[parent] if isinstance(parent, ast.comprehension) else None
        if not isinstance(comprehension, (ast.ListComp, ast.SetComp, ast.DictComp)) or parent.iter is not copy:  # type: ignore[attr-defined]
            return None
        is_first = comprehension.generators[0] is parent
        return source if is_first and self.is_left_alone(source, comprehension, [comprehension]) else None

    def source(self, copy: ast.Call | ast.Subscript) -> ast.expr | None:
        """The container, or the view of a mapping, that a copy is of."""
        if isinstance(copy, ast.Subscript):
            cut = copy.slice
            is_whole = isinstance(cut, ast.Slice) and not (cut.lower or cut.upper or cut.step)
            return copy.value if is_whole and self.facts.kind(copy.value) == "list" else None
        if copy.keywords:
            return None
        if isinstance(copy.func, ast.Attribute) and copy.func.attr == "copy" and not copy.args:
            is_container = self.facts.kind(copy.func.value) in CONTAINERS
            return copy.func.value if is_container else None
        if len(copy.args) != 1 or self.names.qualified(copy.func) not in known("copies", "iterated", "by"):
            return None
        source = copy.args[0]
        if source is not self.root(source) and self.facts.kind(self.root(source)) in ("dict", "defaultdict"):
            return source
        return source if self.facts.kind(source) in CONTAINERS else None

    def root(self, source: ast.expr) -> ast.expr:
        """The mapping of a view, else the container itself."""
        is_view = isinstance(source, ast.Call) and isinstance(source.func, ast.Attribute) and source.func.attr in VIEWS
        return source.func.value if is_view and not source.args else source  # type: ignore[attr-defined]

    def is_eager(self, call: ast.Call, copy: ast.expr) -> bool:
        """Whether a function runs over its one argument, calls nothing on the way, and keeps none of it."""
        is_sole = call.args == [copy] and not call.keywords
        return is_sole and self.names.qualified(call.func) in known("copies", "iterated", "over")

    def is_left_alone(self, source: ast.expr, loop: ast.For | ast.expr, body: Sequence[ast.AST]) -> bool:
        """Whether nothing that the loop runs changes the container."""
        root = self.root(source)
        binding = self.names.binding(root) if isinstance(root, ast.Name) else None
        inside = {node for part in body for node in walk(part)} - set(walk(root))
        if binding is None or not isinstance(root, ast.Name):
            return False
        if self.is_touched(binding, inside) or binding.scope.node is not self.tree.function(loop):
            return False
        if self.is_alone(binding):
            return True
        return isinstance(loop, ast.For) and self.facts.purity.is_confined(body, loop)

    def is_touched(self, binding: Binding, inside: set[ast.AST]) -> bool:
        """Whether the loop does anything to the container but look at it."""
        looks = (Role.READ, Role.ELEMENT_MUTATED)
        fates = list(self.facts.escape.own_fates(binding))
        return any(fate.use in inside and fate.role not in looks for fate in fates)

    def is_alone(self, binding: Binding) -> bool:
        """Whether a container is made in this function and nobody else gets hold of it."""
        body = binding.scope.node
        if not isinstance(body, FUNCTIONS) or not binding.definitions:
            return False
        if any(self.tree.function(use) is not body for use in binding.uses):
            return False
        if not all(self.facts.kinds.made(each.value) in CONTAINERS for each in binding.definitions):
            return False
        if any(len(getattr(each.statement, "targets", ())) > 1 for each in binding.definitions):
            return False
        return not any(fate.role in HANDED_ON for fate in self.facts.escape.own_fates(binding))
