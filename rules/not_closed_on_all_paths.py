from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Safety, Slice, WithAround, all_of, cst

SORTS = frozenset({"file", "sqlite", "connection", "socket"})


class NotClosedOnAllPaths(Rule):
    """A local handle that the function may leave open: nobody else has it, so nobody can close it any more."""

    code = "ML802"
    name = "not-closed-on-all-paths"
    effect = Effect.KEPT
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\bdef\b", rb"=", rb"\(", file=(rb"open|File|connect|socket|FTP|SMTP|IMAP|POP|Telnet|SSH|HTTP",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(cls.left(facts, call) for call in part.nodes(ast.Call))

    @classmethod
    def left(cls, facts: Facts, call: ast.Call) -> str:
        """How a handle is left open, in words."""
        if facts.handles.sort(call) not in SORTS or isinstance(facts.tree.parents[call], ast.withitem):
            return ""
        handle = facts.local_handles.of(call)
        return facts.local_handles.unclosed(handle) if handle else ""

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        how = self.left(self.facts, call) if call else ""
        handle = self.facts.local_handles.of(call) if call else None
        if call is None or not how or handle is None:
            return
        fix, unfixed = WithAround(self.facts, handle).fix()
        self.report(
            call,
            f"`{handle.name.id}` {how}; what it holds is kept until it is collected: open it in a `with`",
            related=[(use.name, "a close") for use in handle.closings],
            fix=fix,
            unfixed=unfixed,
        )
