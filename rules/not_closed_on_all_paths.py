from __future__ import annotations

import ast
import re
from functools import cache

from memlint.api import Called, Effect, Facts, Rule, Safety, Scan, Slice, WithAround, all_of, cst, known

SORTS = frozenset({"file", "kernel", "sqlite", "connection", "socket"})

JUMP = rb"(?:return|raise|break|continue)\b"
WITHIN = rb"(?:(?:\1[ \t]+[^\s#)\]}][^\n]*|[ \t]*(?:[)\]}#][^\n]*)?)\n)*"
"""Lines that go on with a statement, by their depth or their bracket, or say nothing."""
ODD = rb"[^\n]*(?:[(\[{,\\]|\"\"\"|''')[ \t]*(?:#[^\n]*)?\n(?!\1[ \t]|[ \t]*[)\]}#\n])"
BEHIND_JUMP = re.compile(rb"\n([ \t]*)" + JUMP + rb"(?:[^\n]*\n" + WITHIN + rb"\1[^\s)\]}#][^\n]*[(\\]|" + ODD + rb")")
"""A jump with a call behind it in its block, or one that goes on in lines less deep, so that nobody knows."""


@cache
def releases() -> tuple[frozenset[bytes], re.Pattern[bytes]]:
    """The parts of names of calls that give something back; and such a call, or a jump, behind a semicolon."""
    parts = known("handles", "released_by", "parts")
    behind = rb";(?:[^;\n]*(?i:" + "|".join(sorted(parts)).encode() + rb")\w*[\s\\)]*\(|[ \t\\]*" + JUMP + rb")"
    return frozenset(map(str.encode, parts)), re.compile(behind)


@cache
def openers() -> Called:
    """What opens something; `open` of a path as well."""
    return Called(["pathlib.open", *(name for sort in SORTS for name in known("handles", "opened_by", sort))])


def is_left(scan: Scan) -> bool:
    """Whether a file may bind a new handle to a name, or calls something that is given back where that may not run."""
    calls = openers().spelled(scan)
    if calls is not None:
        is_bound = calls.assigned.search(scan.data) is not None or calls.are_renamed(scan)
        if is_bound or (b"pathlib" in scan.words and calls.are_unmanaged(scan)):
            return True
    if scan.words >= {b"None", b"close", b"pass", b"shutdown", b"try"}:
        return True
    parts, behind = releases()
    names = b" ".join(scan.words).lower()
    if not any(part in names for part in parts):
        return False
    return behind.search(scan.data) is not None or BEHIND_JUMP.search(scan.data) is not None


class NotClosedOnAllPaths(Rule):
    """A local handle that the function may leave open: nobody else has it, so nobody can close it any more."""

    code = "ML802"
    name = "not-closed-on-all-paths"
    effect = Effect.KEPT
    also = ("SIM115",)
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\b(?:def|try)\b", rb"\(", file=(rb"=", is_left))

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
        until = "the process ends: give it to `CloseHandle`" if is_number else "it is collected: open it in a `with`"
        fix, unfixed = WithAround(self.facts, handle).fix() if not is_number else (None, "the handle is a number")
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
