from __future__ import annotations

import ast

from memlint.api import Binding, Effect, Facts, Function, Grip, Place, Rule, Safety, Slice, all_of, cst, released


class TracebackKept(Rule):
    """A traceback holds the frame that caught the exception; a local of that frame closes a cycle."""

    code = "ML108"
    name = "traceback-kept"
    effect = Effect.LATE
    fixes = (Safety.SAFE,)
    gate = all_of(b"def", b"except", b"=", file=(b"exc_info|__traceback__",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(kept(facts, each) for each in facts.exceptions.within(part.first, part.last))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        function = self.twin(node, ast.FunctionDef) or self.twin(node, ast.AsyncFunctionDef)
        for place, binding in kept(self.facts, function) if function else ():
            assert function is not None
            held = "what `sys.exc_info()` gives" if place.grip is Grip.TRIPLE else "the traceback"
            names = [binding, *(other for _, other in self.facts.exceptions.beside(place, function))]
            fix, unfixed = released(self.facts, place, function, *names)
            release = " = ".join(name.name for name in names)
            self.report(
                self.facts.tree.statement(place.by) or place.by,
                f"`{binding.name}` still holds {held} when `{function.name}` ends, and with it the frame: a cycle, so "
                f"all its locals are freed only by the garbage collector; write `finally: {release} = None`",
                fix=fix,
                unfixed=unfixed,
            )


def kept(facts: Facts, function: Function) -> list[tuple[Place, Binding]]:
    """The places of a function that hold a traceback when it ends, with the variable of each."""
    exceptions = facts.exceptions
    found: list[tuple[Place, Binding]] = []
    for place in exceptions.places(function):
        if place.grip is Grip.EXCEPTION or place.is_put or exceptions.is_cleared(place, function):
            continue
        binding = exceptions.local(place, function)
        is_known = any(same is binding and other.handler is place.handler for other, same in found)
        if binding and not is_known and exceptions.is_kept(place, function, binding):
            found.append((place, binding))
    return found
