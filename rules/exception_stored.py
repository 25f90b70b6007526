from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Function, Grip, Place, Rule, Slice, all_of, cst, known


class ExceptionStored(Rule):
    """A stored exception holds, by its traceback, all locals of the frames that it went through."""

    code = "ML107"
    name = "exception-stored"
    effect = Effect.KEPT
    gate = all_of(b"def", b"except", rb"=|\.append|\.add|\.insert|\.setdefault|\.put")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(stored(facts, each) for each in facts.exceptions.within(part.first, part.last))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        function = self.twin(node, ast.FunctionDef) or self.twin(node, ast.AsyncFunctionDef)
        for place in stored(self.facts, function) if function else ():
            held = "the traceback" if place.grip is Grip.TRACEBACK else "the exception"
            self.report(
                self.facts.tree.statement(place.by) or place.by,
                f"`{self.text(place.target)}` keeps {held}, and with it all locals of the frames that it went through; "
                f"store {advice(place)}",
            )


def stored(facts: Facts, function: Function) -> list[Place]:
    """The places outside the function that hold an exception for good."""
    exceptions = facts.exceptions
    return [
        place
        for place in exceptions.places(function)
        if exceptions.lasts(place, function) and not exceptions.is_cleared(place, function)
    ]


def advice(place: Place) -> str:
    if place.grip is Grip.EXCEPTION and place.handler.name:
        return f"`{place.handler.name}.with_traceback(None)` or its text"
    return "its text"
