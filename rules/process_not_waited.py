from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst, known

STOPS = frozenset({"kill", "send_signal", "terminate"})
LIMITED = {"wait": 0, "communicate": 1}
"""The methods that wait, and which of their arguments is the limit."""


class ProcessNotWaited(Rule):
    """A child process that nobody waits for stays in the system's table, and its pipes stay open."""

    code = "ML808"
    name = "process-not-waited"
    effect = Effect.KEPT
    gate = all_of(rb"\(", file=(rb"subprocess", rb"Popen"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(cls.fault(facts, call) for call in part.nodes(ast.Call))

    @classmethod
    def fault(cls, facts: Facts, call: ast.Call) -> str:
        """What is wrong with how a process is left, in words."""
        if facts.handles.sort(call) != "process" or is_detached(call):
            return ""
        if facts.handles.inline(call):
            return "is read from, but has no name and is never waited for; it stays a zombie: use `subprocess.run`"
        handle = facts.local_handles.of(call)
        if handle is None or not handle.uses:
            return ""
        if not handle.closings:
            return f"is never waited for as `{handle.name.id}`; it stays a zombie: call `{handle.name.id}.wait()`"
        stops = {use.method for use in handle.uses}
        waits = [use.by for use in handle.closings]
        if (
            stops & STOPS
            or not all(map(is_limited, waits))
            or any(facts.local_handles.is_repeated(each) for each in waits)
        ):
            return ""
        return f"runs on when the time limit is over: kill `{handle.name.id}` and wait for it again"

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        fault = self.fault(self.facts, call) if call else ""
        if call is None or not fault:
            return
        self.report(call, f"the process {fault}")


def is_detached(call: ast.Call) -> bool:
    """Whether a process is meant to outlive its parent, or may be."""
    return any(each.arg is None or each.arg in known("handles", "consumed_by", "detaching") for each in call.keywords)


def is_limited(call: ast.AST) -> bool:
    """Whether a call waits for a process only so long."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr not in LIMITED:
        return False
    limits = [each.value for each in call.keywords if each.arg == "timeout"] + call.args[LIMITED[call.func.attr] :]
    return bool(limits) and not (isinstance(limits[0], ast.Constant) and limits[0].value is None)
