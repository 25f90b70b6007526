from __future__ import annotations

import ast

from memlint.api import Edit, Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst, known, reachable, walk

FETCHED = frozenset({"fetchall", "fetchmany", "fetchone", "lastrowid", "rowcount"})
"""What is asked of a cursor and does not hold it."""


class SqliteWithNotClosing(Rule):
    """`with` on a connection to SQLite ends the transaction, and leaves the connection open."""

    code = "ML804"
    name = "sqlite-with-not-closing"
    effect = Effect.KEPT
    fixes = (Safety.SAFE,)
    gate = all_of(rb"\bwith\b", rb"\(", file=(rb"sqlite|sqlcipher", rb"connect"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(cls.is_left(facts, call) for call in part.nodes(ast.Call))

    @classmethod
    def is_left(cls, facts: Facts, call: ast.Call) -> bool:
        """Whether a `with` enters what this call connects, and nothing can close it any more."""
        item = facts.tree.parents[call]
        if not isinstance(item, ast.withitem) or facts.handles.sort(call) != "sqlite":
            return False
        if item.optional_vars is None:
            return True
        handle = facts.local_handles.of(call)
        return handle is not None and not handle.closings

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        if call is None or not self.is_left(self.facts, call):
            return
        opened = self.quoted(call) or f"`{ast.unparse(call.func)}(…)`"
        fix, unfixed = self.closed(call)
        self.report(
            call,
            f"`with` ends the transaction of {opened} and leaves the connection open until it is collected: "
            "put it into `contextlib.closing` and enter both",
            fix=fix,
            unfixed=unfixed,
        )

    def closed(self, call: ast.Call) -> tuple[Fix | None, str]:
        """Close the connection behind the end of its transaction; or why that is not offered."""
        item = self.facts.tree.parents[call]
        name = item.optional_vars if isinstance(item, ast.withitem) else None
        statement = self.facts.tree.parents[item]
        binding = self.facts.names.binding(name) if isinstance(name, ast.Name) else None
        if not isinstance(name, ast.Name) or binding is None or not isinstance(statement, ast.With):
            return None, "the connection has no name, by which a second item could enter it"
        if binding.sole is None:
            return None, f"`{name.id}` is bound more than once"
        handle = self.facts.local_handles.of(call)
        inside = {node for each in (*statement.items, *statement.body) for node in walk(each)}
        uses = handle.uses if handle else []
        if not inside.issuperset([*binding.uses, *(use.name for use in uses)]):
            return None, f"`{name.id}`, or a cursor of it, is used behind the `with`"
        late = next((use.by for use in uses if not self.is_spent(use.by, inside)), None)
        if late is not None:
            return None, f"what {self.quoted(late) or 'a cursor'} gives may be read behind the `with`"
        between = self.facts.source.between(self.slice.span(call)[1], self.slice.span(name)[0])
        if between.split() != ["as"]:
            return None, "the call stands in parentheses of its own"
        found = reachable(self.facts, "contextlib", "closing", call)
        if found is None:
            return None, "`contextlib.closing` cannot be imported here"
        closing, edits = found
        start, end = self.slice.span(call)
        behind = self.slice.span(name)[1]
        changes = (Edit(start, start, f"{closing}("), Edit(end, end, ")"), Edit(behind, behind, f", {name.id}"))
        return Fix("close the connection behind its transaction", Safety.SAFE, (*edits, *changes)), ""

    def is_spent(self, by: ast.AST, inside: set[ast.AST]) -> bool:
        """Whether what one use gives is no cursor any more when the `with` ends."""
        if not isinstance(by, (ast.Call, ast.Attribute)):
            return not isinstance(by, ast.GeneratorExp)
        outer = self.facts.tree.parents[by]
        if isinstance(by, ast.Attribute) and isinstance(outer, ast.Call) and outer.func is by:
            by, outer = outer, self.facts.tree.parents[outer]
        function = by.func if isinstance(by, ast.Call) else by
        if isinstance(function, ast.Attribute) and (
            function.attr in FETCHED or function.attr in known("handles", "methods", "sqlite") or is_set(function)
        ):
            return True
        if isinstance(by, ast.Call) and (self.facts.names.qualified(by.func) or "") in known(
            "handles", "consumed_by", "eager"
        ):
            return not any(each.arg == "chunksize" for each in by.keywords)
        if isinstance(outer, ast.Attribute):
            return outer.attr in FETCHED or self.is_spent(outer, inside)
        if isinstance(outer, ast.comprehension):
            return not isinstance(self.facts.tree.parents[outer], ast.GeneratorExp)
        if isinstance(outer, ast.Assign):
            return all(self.is_kept_inside(target, inside) for target in outer.targets)
        if isinstance(outer, ast.withitem):
            return outer.optional_vars is None or self.is_kept_inside(outer.optional_vars, inside)
        if isinstance(outer, ast.Call) and by is not outer.func:
            return self.is_spent(outer, inside)
        return isinstance(outer, (ast.Expr, ast.For))

    def is_kept_inside(self, target: ast.expr, inside: set[ast.AST]) -> bool:
        """Whether a name that a cursor gets is read nowhere but in the `with`."""
        binding = self.facts.names.binding(target) if isinstance(target, ast.Name) else None
        return binding is not None and binding.sole is not None and inside.issuperset(binding.uses)


def is_set(attribute: ast.Attribute) -> bool:
    """Whether an attribute of the connection is written, or one that is no cursor is read."""
    return isinstance(attribute.ctx, ast.Store) or attribute.attr in known("handles", "attributes", "any")
