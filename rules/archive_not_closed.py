from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Handle, Rule, Safety, Severity, Slice, WithAround, all_of, cst

SORTS = frozenset({"archive", "arrays", "image"})


class ArchiveNotClosed(Rule):
    """A local archive or image that the function may leave open keeps its file open."""

    code = "ML810"
    name = "archive-not-closed"
    effect = Effect.KEPT
    severity = Severity.INFO
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\bdef\b", rb"=", rb"\(", file=(rb"npz|Image|ZipFile|[Tt]ar[Ff]ile",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(cls.left(facts, call) for call in part.nodes(ast.Call))

    @classmethod
    def left(cls, facts: Facts, call: ast.Call) -> str:
        """How an archive is left open, in words."""
        if facts.handles.sort(call) not in SORTS:
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
            f"`{handle.name.id}` {how}; its file stays open until it is collected: open it in a `with`",
            fix=fix,
            unfixed=unfixed,
            optional=self.is_minor(handle, how) or self.facts.local_handles.is_brief(call, how),
        )

    def is_minor(self, handle: Handle, how: str) -> bool:
        """Whether the file is most likely closed: some code loads the image, or closes the archive where nothing
        raises."""
        return how.startswith("stays open") or (handle.sort == "image" and bool(handle.closings))
