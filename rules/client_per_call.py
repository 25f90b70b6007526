from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst

SORTS = frozenset({"client", "engine"})
ONCE = frozenset({"cli", "lifespan", "main", "run", "setup", "shutdown", "startup"})
"""What a function is called that runs once."""


class ClientPerCall(Rule):
    """A function makes a client with a pool of connections at each call, and never closes it."""

    code = "ML806"
    name = "client-per-call"
    effect = Effect.KEPT
    gate = all_of(rb"\bdef\b", rb"\(", file=(rb"Session|Client|session|engine|Redis",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(cls.name_of(facts, call) for call in part.nodes(ast.Call))

    @classmethod
    def name_of(cls, facts: Facts, call: ast.Call) -> str:
        """The name of a client that nobody closes."""
        function = facts.tree.function(call)
        if facts.handles.sort(call) not in SORTS or getattr(function, "name", "").strip("_") in ONCE:
            return ""
        handle = facts.local_handles.of(call)
        if handle is None or handle.closings or not any(facts.local_handles.missed(handle, raising=True)):
            return ""
        return handle.name.id if facts.local_handles.is_used_once(handle) else ""

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        name = self.name_of(self.facts, call) if call else ""
        if call is None or not name:
            return
        self.report(
            call,
            f"`{name}` is made at each call and never closed; its connections stay open until it is collected: "
            "make it once and share it, or open it in a `with`",
        )
