from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Severity, Slice, all_of, cst

SORTS = frozenset({"archive", "client", "connection", "engine", "executor", "file", "pool", "socket", "sqlite"})


class OwnerWithoutClose(Rule):
    """An instance opens something for itself, and its class has no way to close it."""

    code = "ML803"
    name = "owner-without-close"
    effect = Effect.KEPT
    severity = Severity.INFO
    default = False
    gate = all_of(
        rb"\bclass\b",
        rb"\.",
        rb"=",
        rb"\(",
        file=(rb"open|File|connect|socket|FTP|SMTP|IMAP|POP|Telnet|SSH|HTTP|Pool|Session|session|Client|engine|Redis",),
    )

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(cls.kept(facts, call) for call in part.nodes(ast.Call))

    @classmethod
    def kept(cls, facts: Facts, call: ast.Call) -> ast.Attribute | None:
        """The attribute that keeps a handle which no method closes, or only one that an event calls."""
        if facts.handles.sort(call) not in SORTS:
            return None
        return facts.owned_handles.unclosed(call) or facts.owned_handles.closed_by_event(call)

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        kept = self.kept(self.facts, call) if call else None
        if call is None or kept is None:
            return
        owned = self.facts.owned_handles
        if owned.closed_by_event(call):
            self.report(
                call,
                f"{self.quoted(kept)} is closed by an event alone, and stays open where that does not come: close it "
                "in `__del__` or `close` too",
                optional=True,
            )
            return
        self.report(
            call,
            f"{self.quoted(kept)} is opened here and closed nowhere; it stays open until the instance is collected: "
            "close it in a method of the class",
            optional=not owned.is_sure(kept) or owned.is_idle(call, kept) or owned.is_timed(call),
        )
