from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst


class SqliteWithNotClosing(Rule):
    """`with` on a connection to SQLite ends the transaction, and leaves the connection open."""

    code = "ML804"
    name = "sqlite-with-not-closing"
    effect = Effect.KEPT
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
        self.report(
            call,
            f"`with` ends the transaction of {opened} and leaves the connection open until it is collected: "
            "put it into `contextlib.closing` and enter both",
        )
