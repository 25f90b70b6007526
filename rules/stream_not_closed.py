from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Safety, Slice, WithAround, all_of, cst


class StreamNotClosed(Rule):
    """A streamed response that is neither read to its end nor closed keeps its connection out of the pool."""

    code = "ML805"
    name = "stream-not-closed"
    effect = Effect.KEPT
    fixes = (Safety.UNSAFE,)
    gate = all_of(
        rb"\bdef\b",
        rb"stream(?:\s|\\\n)*=(?:\s|\\\n|#[^\n]*\n|\()*True",
        file=(rb"requests|aiohttp|httpx|pymongo|motor|redis",),
    )

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(cls.is_left(facts, call) for call in part.nodes(ast.Call))

    @classmethod
    def is_left(cls, facts: Facts, call: ast.Call) -> bool:
        """Whether the function may end with the response unread and open."""
        handle = facts.local_handles.of(call) if facts.handles.sort(call) == "response" else None
        return handle is not None and facts.local_handles.missed(handle).ends

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        handle = self.facts.local_handles.of(call) if call and self.is_left(self.facts, call) else None
        if call is None or handle is None:
            return
        where = "on a way to the end of the function" if handle.closings else "anywhere"
        fix, unfixed = WithAround(self.facts, handle).fix()
        self.report(
            call,
            f"`{handle.name.id}` is neither read to its end nor closed {where}; its connection is lost to the pool: "
            "open it in a `with`",
            related=[(use.name, "read or closed") for use in handle.closings],
            fix=fix,
            unfixed=unfixed,
        )
