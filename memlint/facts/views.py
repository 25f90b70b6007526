"""Small parts of large buffers that hold all of it: slices of arrays and of memory views, and matches in a text."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.escape import Role
from memlint.facts.names import Binding
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

MOST = 1_000
"""Elements of a slice that is small beside a large array."""
KEPT = frozenset({Role.RETURNED, Role.STORED})


class Retained(NamedTuple):
    """A part that outlives the function, the buffer that it keeps, and what returns or stores it."""

    part: ast.expr
    buffer: ast.Name
    kind: str
    """`slice`, `view` or `match`."""
    by: ast.AST


class Views:
    """Questions about what a module keeps of its large buffers."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names
        self.tree = facts.tree

    def retained(self, part: ast.Subscript | ast.Call) -> Retained | None:
        """The buffer that a part keeps alive behind the end of the function that made it."""
        kind, buffer = self.buffer(part)
        binding = self.names.binding(buffer) if buffer is not None else None
        if buffer is None or binding is None or binding.scope.node is not self.tree.function(buffer):
            return None
        if isinstance(binding.scope.node, ast.Module) or self.is_mapped(binding):
            return None
        by = self.kept_by(part)
        large = self.facts.producers.held(buffer) if by is not None else None
        if by is None or large is None or (kind == "slice" and large.kind not in ("array", "tensor")):
            return None
        return None if self.outlives(binding) else Retained(part, buffer, kind, by)

    def buffer(self, part: ast.Subscript | ast.Call) -> tuple[str, ast.Name | None]:
        """The name of the buffer that something is a part of, and how."""
        if isinstance(part, ast.Call):
            is_match = self.names.qualified(part.func) in known("transfers", "views", "matched_by")
            text = part.args[1] if is_match and len(part.args) > 1 else None
            return "match", text if isinstance(text, ast.Name) else None
        if not isinstance(part.ctx, ast.Load) or not is_short(part.slice):
            return "", None
        base = part.value
        binding = self.names.binding(base) if isinstance(base, ast.Name) else None
        made = binding.sole.value if binding and binding.sole else None
        for each in (base, made):
            if isinstance(each, ast.Call) and self.names.qualified(each.func) == "builtins.memoryview":
                of = each.args[0] if each.args else None
                return "view", of if isinstance(of, ast.Name) else None
        return "slice", base if isinstance(base, ast.Name) else None

    def is_mapped(self, binding: Binding) -> bool:
        """Whether a buffer is a map of a file, which is not in memory."""
        made = (each.value for each in binding.definitions if isinstance(each.value, ast.Call))
        return any(keyword.arg in (None, "mmap_mode") for call in made for keyword in call.keywords)

    def kept_by(self, part: ast.expr) -> ast.AST | None:
        """What returns or stores a part, itself or under the one name that it is bound to."""
        for role, by in self.facts.escape.roles(part):
            if role in KEPT:
                return by
            if role is not Role.ALIASED or not isinstance(by, ast.Assign) or by.value is not part:
                continue
            bindings = [self.names.binding(each) for each in by.targets if isinstance(each, ast.Name)]
            for binding in bindings:
                fates = self.facts.escape.own_fates(binding) if binding and binding.sole else ()
                found = next((fate.by for fate in fates if fate.role in KEPT), None)
                if found is not None:
                    return found
        return None

    def outlives(self, binding: Binding) -> bool:
        """Whether the buffer itself may be kept as well, so that the part makes no difference."""
        return any(
            fate.role in (*KEPT, Role.YIELDED, Role.ALIASED) or (fate.role is Role.PASSED and not self.is_read(fate.by))
            for fate in self.facts.escape.own_fates(binding)
        )

    def is_read(self, by: ast.AST) -> bool:
        """Whether a call is one of a library that keeps no argument."""
        qualified = self.names.qualified(by.func) if isinstance(by, ast.Call) else None
        return (qualified or "").partition(".")[0] in known("transfers", "views", "read_by")


def is_short(cut: ast.expr) -> bool:
    """Whether a slice has a constant end near its constant start: `[:10]`, `[5:8]`, `[-3:]`, `[:4, :]`."""
    if isinstance(cut, ast.Tuple):
        return bool(cut.elts) and is_short(cut.elts[0])
    if not isinstance(cut, ast.Slice):
        return False
    lower, upper = number(cut.lower), number(cut.upper)
    if (cut.lower is not None and lower is None) or (cut.upper is not None and upper is None):
        return False
    if upper is None:
        return lower is not None and -MOST <= lower < 0
    return 0 < upper - (lower or 0) <= MOST and upper > 0 and (lower or 0) >= 0


def number(bound: ast.expr | None) -> int | None:
    """The value of a constant bound."""
    try:
        value = ast.literal_eval(bound) if bound is not None else None
    except (TypeError, ValueError):
        return None
    return value if isinstance(value, int) else None
