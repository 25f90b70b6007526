from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Function, Grip, Place, Rule, Safety, Slice, all_of, cst, walk

LOOKING = frozenset({"exception", "exc_info", "format_exc", "print_exc", "print_exception", "format_exception"})
"""Calls, and their arguments, that look at the traceback."""


class ExceptionStored(Rule):
    """A stored exception holds, by its traceback, all locals of the frames that it went through."""

    code = "ML107"
    name = "exception-stored"
    effect = Effect.KEPT
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(b"def", b"except", rb"=|\.append|\.add|\.insert|\.setdefault")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(stored(facts, each) for each in facts.exceptions.within(part.first, part.last))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        function = self.twin(node, ast.FunctionDef) or self.twin(node, ast.AsyncFunctionDef)
        groups: dict[str, list[Place]] = {}
        for place in stored(self.facts, function) if function else ():
            groups.setdefault(self.text(place.target), []).append(place)
        for target, places in groups.items():
            assert function is not None
            first = places[0]
            fix = self.without_traceback(places)
            held = "the traceback" if first.grip is Grip.TRACEBACK else "the exception"
            self.report(
                self.facts.tree.statement(first.by) or first.by,
                f"`{target}` keeps {held}, and with it all locals of the frames that it went through; "
                f"store {advice(first)}",
                related=[(place.by, f"`{target}` is given another one here") for place in places[1:]],
                fix=fix,
                unfixed="" if fix else "the handler still needs the traceback, or stores more than the exception",
                optional=all(self.facts.exceptions.is_handed_over(place, function) for place in places),
            )

    def without_traceback(self, places: list[Place]) -> Fix | None:
        """Take the traceback off the exceptions as they are stored."""
        edits = []
        for place in places:
            value = place.value
            if not isinstance(value, ast.Name) or value.id != place.handler.name or needs_traceback(place):
                return None
            edits.append(self.replace(value, f"{value.id}.with_traceback(None)"))
        return Fix("take the traceback off the stored exception", Safety.UNSAFE, tuple(edits))


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
    for node in (node for statement in place.handler.body for node in walk(statement)):
        name = getattr(node, "attr", getattr(node, "id", getattr(node, "arg", "")))
        if isinstance(node, ast.Raise) or name in LOOKING:
            return True
        if isinstance(node, ast.Name) and node.id == place.handler.name and node is not place.value:
            return True
    return False


def advice(place: Place) -> str:
    if any(isinstance(node, ast.Raise) for statement in place.handler.body for node in walk(statement)):
        return "its text, as the handler raises it on with its traceback"
    if place.grip is Grip.EXCEPTION and isinstance(place.value, ast.Name):
        return f"`{place.value.id}.with_traceback(None)` or its text"
    return "its text"
