"""Which frameworks a file uses."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts


class Frameworks:
    """Asks what a file imports."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @cached_property
    def modules(self) -> frozenset[str]:
        """The absolute modules that a file imports, or imports from, with all that hold them."""
        found: set[str] = set()
        for node in self.facts.tree.parents:
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.update(f"{node.module}.{alias.name}" for alias in node.names)
        return frozenset(part for name in found for part in prefixes(name))

    def uses(self, framework: str) -> bool:
        """Whether the file imports a module that says so."""
        return not self.modules.isdisjoint(known("frameworks", "imported", framework))


def prefixes(name: str) -> list[str]:
    """`a.b.c` and what holds it: `a.b`, `a`."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]
