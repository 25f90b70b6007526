from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Safety, Slice, WithAround, all_of, cst

SORTS = frozenset({"file", "kernel", "sqlite", "connection", "socket"})


class NotClosedOnAllPaths(Rule):
    """A local handle that the function may leave open: nobody else has it, so nobody can close it any more."""

    code = "ML802"
    name = "not-closed-on-all-paths"
    effect = Effect.KEPT
    also = ("SIM115",)
    fixes = (Safety.UNSAFE,)
    gate = all_of(
        rb"\bdef\b|\btry\b",
        rb"=",
        rb"\(",
        file=(
            rb"open|File|connect|socket|FTP|SMTP|IMAP|POP|Telnet|SSH|HTTP|kernel32"
            rb"|(?i:close|decref|destroy|dispose|free|release|unref)",
        ),
    )

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        ways = facts.local_handles
        return any(cls.left(facts, call) or ways.unreached(call) or ways.skipped(call) for call in part.nodes(ast.Call))

    @classmethod
    def left(cls, facts: Facts, call: ast.Call) -> str:
        """How a handle is left open, in words."""
        if facts.handles.sort(call) not in SORTS or isinstance(facts.tree.parents[call], ast.withitem):
            return ""
        handle = facts.local_handles.of(call)
        return facts.local_handles.unclosed(handle) if handle else ""

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        if call is not None:
            self.check_release(call)
        how = self.left(self.facts, call) if call else ""
        handle = self.facts.local_handles.of(call) if call else None
        if call is None or not how or handle is None:
            return
        is_number = handle.sort == "kernel"
        around = WithAround(self.facts, handle)
        opened = "`with closing(…)`" if around.is_unmanaged() else "a `with`"
        until = "the process ends: give it to `CloseHandle`" if is_number else f"it is collected: open it in {opened}"
        fix, unfixed = around.fix() if not is_number else (None, "the handle is a number")
        self.report(
            call,
            f"`{handle.name.id}` {how}; what it holds is kept until {until}",
            related=[(use.name, "a close") for use in handle.closings],
            fix=fix,
            unfixed=unfixed,
            optional=self.facts.local_handles.is_brief(call, how),
        )

    def check_release(self, call: ast.Call) -> None:
        """A call that gives something back, and that never runs, or not where the one before it raises."""
        jump, shutdown = self.facts.local_handles.unreached(call), self.facts.local_handles.skipped(call)
        if jump is not None:
            word = type(jump).__name__.lower()
            self.report(
                call,
                f"{self.quoted(call) or 'this'} never runs, the `{word}` is in front of it: what it gives back is "
                "kept; give it back first, or in a `finally`",
                related=[(jump, f"the `{word}`")],
            )
        elif shutdown is not None:
            self.report(
                call,
                f"{self.quoted(call) or 'this'} is skipped where `shutdown` raises, as it does once the other end has "
                "gone; close it in a `finally`, or in a `try` of its own",
                related=[(shutdown, "what may raise")],
                optional=True,
            )
