from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Function, Grip, Place, Rule, Safety, Slice, all_of, cst

LOOKING = frozenset({"exception", "exc_info", "format_exc", "print_exc", "print_exception", "format_exception"})
"""Calls, and their arguments, that look at the traceback."""


class ExceptionStored(Rule):
    """A stored exception holds, by its traceback, all locals of the frames that it went through."""

    code = "ML107"
    name = "exception-stored"
    effect = Effect.KEPT
    fixes = (Safety.UNSAFE,)
    gate = all_of(b"def", b"except", rb"=|\.append|\.add|\.insert|\.setdefault")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(stored(facts, each) for each in facts.exceptions.within(part.first, part.last))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        function = self.twin(node, ast.FunctionDef) or self.twin(node, ast.AsyncFunctionDef)
        for place in stored(self.facts, function) if function else ():
            held = "the traceback" if place.grip is Grip.TRACEBACK else "the exception"
            fix = self.without_traceback(place)
            self.report(
                self.facts.tree.statement(place.by) or place.by,
                f"`{self.text(place.target)}` keeps {held}, and with it all locals of the frames that it went through; "
                f"store {advice(place)}",
                fix=fix,
                unfixed="" if fix else "the handler still needs the traceback, or stores more than the exception",
            )

    def without_traceback(self, place: Place) -> Fix | None:
        """Take the traceback off the exception as it is stored."""
        if not isinstance(place.value, ast.Name) or place.value.id != place.handler.name or needs_traceback(place):
            return None
        edit = self.replace(place.value, f"{place.value.id}.with_traceback(None)")
        return Fix(f"take the traceback off `{place.value.id}`", Safety.UNSAFE, (edit,))


def stored(facts: Facts, function: Function) -> list[Place]:
    """The places outside the function that hold an exception for good."""
    exceptions = facts.exceptions
    return [
        place
        for place in exceptions.places(function)
        if exceptions.lasts(place, function) and not exceptions.is_cleared(place, function)
    ]


def needs_traceback(place: Place) -> bool:
    """Whether the handler raises, logs or keeps the traceback, or uses the exception once more."""
    for node in (node for statement in place.handler.body for node in ast.walk(statement)):
        name = getattr(node, "attr", getattr(node, "id", getattr(node, "arg", "")))
        if isinstance(node, ast.Raise) or name in LOOKING:
            return True
        if isinstance(node, ast.Name) and node.id == place.handler.name and node is not place.value:
            return True
    return False


def advice(place: Place) -> str:
    if place.grip is Grip.EXCEPTION and isinstance(place.value, ast.Name):
        return f"`{place.value.id}.with_traceback(None)` or its text"
    return "its text"
