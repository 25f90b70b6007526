"""Django's querysets that keep an object of every row, for a loop that looks at each once, or for a count."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.names import DefinitionKind
from memlint.facts.origins import words_of
from memlint.facts.rows import RowLoop
from memlint.facts.shapes import last_name
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts


class Querysets:
    """Questions about querysets of models, `Book.objects…`."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree

    def iterated(self, loop: RowLoop) -> ast.expr | None:
        """The queryset of most rows of a table that a loop alone runs over, where it keeps none of them itself."""
        query = self.query(loop.iter)
        if query is None or bool(getattr(loop, "is_async", False)) or not self.is_of_many(query):
            return None
        is_shown = isinstance(query, (ast.Call, ast.Attribute))
        return query if is_shown and not self.facts.rows.keeps(loop) else None

    def query(self, source: ast.expr) -> ast.expr | None:
        """The queryset that a loop runs over: written there, or under a name that nothing else reads."""
        binding = self.facts.names.binding(source) if isinstance(source, ast.Name) else None
        if binding is None:
            return source
        sole = binding.sole if len(binding.uses) == 1 else None
        if sole is None or sole.kind is not DefinitionKind.ASSIGNMENT:
            return None
        is_here = self.tree.function(sole.node) is self.tree.function(source)
        return sole.value if is_here and not isinstance(binding.scope.node, (ast.Module, ast.ClassDef)) else None

    def is_of_many(self, query: ast.expr) -> bool:
        """Whether a queryset is of all rows of a model, or of those by tests that much of a table may pass."""
        while isinstance(query, ast.Call):
            if not isinstance(query.func, ast.Attribute):
                return False
            method = query.func.attr
            if method == "filter" and not self.is_wide(query):
                return False
            is_flat = any(each.arg in ("flat", None) for each in query.keywords)
            if is_flat or method not in known("transfers", "querysets", "whole"):
                return False
            query = query.func.value
        return self.is_manager(query)

    def is_wide(self, filtered: ast.Call) -> bool:
        """Whether a filter is by constants true and false, and by lookups of ranges."""
        ranges = known("transfers", "querysets", "ranges")
        return not filtered.args and all(
            (isinstance(each.value, ast.Constant) and isinstance(each.value.value, bool))
            or (each.arg or "").rpartition("__")[2] in ranges
            for each in filtered.keywords
        )

    def is_manager(self, manager: ast.expr) -> bool:
        """Whether an expression is `Model.objects`, of a model of which there are many."""
        if not isinstance(manager, ast.Attribute) or manager.attr not in known("transfers", "querysets", "managers"):
            return False
        name = last_name(manager.value)
        is_class = name[:1].isupper() and not name.isupper()
        return is_class and words_of(name).isdisjoint(known("transfers", "querysets", "small"))

    def writes(self, loop: RowLoop) -> bool:
        """Whether a loop writes to the database by the names of what it calls."""
        writing = known("transfers", "querysets", "writing")
        parts = self.facts.rows.parts(loop)
        return any(
            isinstance(node, ast.Call) and last_name(node.func) in writing for part in parts for node in walk(part)
        )

    def counted(self, call: ast.Call) -> ast.expr | None:
        """The queryset of `len(Book.objects.all())`, which makes an object of every row to count them."""
        is_length = len(call.args) == 1 and self.facts.names.qualified(call.func) == "builtins.len"
        query = call.args[0] if is_length else None
        if not isinstance(query, ast.Call):
            return None
        manager: ast.expr = query
        while isinstance(manager, ast.Call) and isinstance(manager.func, ast.Attribute):
            is_known = manager.func.attr in known("transfers", "querysets", "whole")
            if not is_known or self.is_by_key(manager):
                return None
            manager = manager.func.value
        return query if self.is_manager(manager) else None

    def is_by_key(self, filtered: ast.Call) -> bool:
        """Whether a filter chooses rows by their key."""
        keys = known("transfers", "querysets", "keys")
        return any((each.arg or "pk").partition("__")[0] in keys for each in filtered.keywords)
