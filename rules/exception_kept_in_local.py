from __future__ import annotations

import ast

from memlint.api import Binding, Effect, Facts, Function, Grip, Place, Rule, Slice, all_of, cst, known


class ExceptionKeptInLocal(Rule):
    """A caught exception holds the frame that caught it; a local of that frame closes a cycle."""

    code = "ML106"
    name = "exception-kept-in-local"
    effect = Effect.LATE
    gate = all_of(b"def", b"except|raise", rb"=|\bin\b|\.append|\.add|\.insert|\.set_exception")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        exceptions = facts.exceptions
        if exceptions.found_and_raised(part.first, part.last):
            return True
        return any(kept(facts, each) for each in exceptions.within(part.first, part.last))

    def visit_Raise(self, node: cst.Raise) -> None:
        statement = self.twin(node, ast.Raise)
        for raised, binding in self.facts.exceptions.found_and_raised(self.slice.first, self.slice.last):
            if raised is statement:
                self.report(
                    statement,
                    f"`{binding.name}` still holds the exception that is raised, and its traceback holds the frame: a "
                    f"cycle, so all locals of `{function_name(self.facts, raised)}` are freed only by the garbage "
                    f"collector; write `try: raise {binding.name}` with `finally: {binding.name} = None`",
                )

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        function = self.twin(node, ast.FunctionDef) or self.twin(node, ast.AsyncFunctionDef)
        if function is None:
            return
        reported: set[Binding] = set()
        places = kept(self.facts, function)
        for place, binding in places:
            if binding in reported:
                continue
            reported.add(binding)
            others = [other for other, same in places if same is binding and other is not place]
            self.report(
                self.facts.tree.statement(place.by) or place.by,
                f"`{binding.name}` still holds {described(place)} when `{function.name}` ends, and its traceback holds "
                f"the frame: a cycle, so all its locals are freed only by the garbage collector; {advice(place, binding)}",
                related=[(other.by, f"`{binding.name}` is given another exception") for other in others],
            )


def kept(facts: Facts, function: Function) -> list[tuple[Place, Binding]]:
    """The places of a function that hold an exception when it ends, with the variable of each."""
    exceptions = facts.exceptions
    found: list[tuple[Place, Binding]] = []
    for place in exceptions.places(function):
        binding = exceptions.local(place, function) if place.grip is Grip.EXCEPTION else None
        if binding is None or exceptions.is_cleared(place, function) or not is_held(facts, place, binding):
            continue
        if isinstance(place.value, ast.Name) and facts.names.binding(place.value) in [same for _, same in found]:
            continue
        if exceptions.is_kept(place, function, binding) and not exceptions.is_beside_traceback(place, function):
            found.append((place, binding))
    return found


def function_name(facts: Facts, node: ast.AST) -> str:
    return getattr(facts.tree.function(node), "name", "")


def is_held(facts: Facts, place: Place, binding: Binding) -> bool:
    """Whether the variable itself is the exception, a container made here, or a future made here."""
    if not place.is_put:
        return True
    values = [made.value for made in binding.definitions if made.value]
    if place.is_future:
        return bool(values) and all(is_future(facts, value) for value in values)
    return place.is_container and any(facts.classes.writes.makes_container(value) for value in values)


def is_future(facts: Facts, value: ast.expr) -> bool:
    if not isinstance(value, ast.Call):
        return False
    called = facts.names.qualified(value.func)
    is_made = isinstance(value.func, ast.Attribute) and value.func.attr == "create_future"
    return is_made or called in known("exceptions", "futures", "made_by")


def described(place: Place) -> str:
    return "a caught exception" if place.is_inside else "the caught exception"


def advice(place: Place, binding: Binding) -> str:
    if place.is_put:
        return f"put in `{place.handler.name}.with_traceback(None)`" if place.handler.name else "put in its text"
    return f"write `finally: {binding.name} = None`"
