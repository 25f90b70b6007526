from __future__ import annotations

import ast

from memlint.api import (
    Binding,
    Effect,
    Facts,
    Fix,
    Place,
    Rule,
    Safety,
    Severity,
    Slice,
    all_of,
    cst,
    released,
    walk,
)

BLOCKS = (ast.stmt, ast.ExceptHandler, ast.match_case)


class ExceptionKeptInLocal(Rule):
    """An exception holds the frames that it went through; a local that holds the exception closes a cycle."""

    code = "ML106"
    name = "exception-kept-in-local"
    effect = Effect.LATE
    fixes = (Safety.UNSAFE,)
    gate = all_of(b"def", rb"except|raise|result", rb"=|\bin\b|\.append|\.add|\.insert|\.set_exception")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        exceptions = facts.exceptions
        if exceptions.raised(part.first, part.last) or exceptions.awaited(part.first, part.last):
            return True
        return any(exceptions.kept(each) for each in exceptions.within(part.first, part.last))

    def visit_Raise(self, node: cst.Raise) -> None:
        statement = self.twin(node, ast.Raise)
        exceptions = self.facts.exceptions
        for raised, binding in exceptions.raised(self.slice.first, self.slice.last):
            if raised is not statement:
                continue
            held = [binding, *exceptions.sources(binding)]
            fix = self.raise_and_release(statement, held)
            self.report(
                statement,
                f"`{binding.name}` still holds the exception that is raised, and its traceback holds the frame: a "
                "cycle, so all locals here are freed only by the garbage collector; "
                f"write `finally: {release(held)}` around the `raise`",
                severity=Severity.INFO,
                fix=fix,
                unfixed="" if fix else f"`{binding.name}` is read elsewhere too, or the line holds more",
                optional=True,
            )

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        for awaited, binding in self.facts.exceptions.awaited(self.slice.first, self.slice.last):
            if awaited is call and binding.sole:
                self.report(
                    binding.sole.statement,
                    f"`{binding.name}` keeps the exception that `{self.text(call.func)}` raises, and its traceback "
                    "holds the frame: a cycle, so all locals here are freed only by the garbage collector; "
                    f"write `finally: {release([binding])}` around it",
                    severity=Severity.INFO,
                    related=[(call, "raised here")],
                    optional=True,
                )

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        function = self.twin(node, ast.FunctionDef) or self.twin(node, ast.AsyncFunctionDef)
        if function is None:
            return
        places = self.facts.exceptions.kept(function)
        for binding in dict.fromkeys(binding for _, binding in places):
            place, *others = [place for place, same in places if same is binding]
            fates = self.facts.exception_fates
            is_returned = fates.is_returned(binding)
            fix, unfixed = released(self.facts, place, function, binding)
            if place.is_put and self.facts.exceptions.is_looped_over(binding):
                fix, unfixed = None, f"a loop over `{binding.name}` leaves an exception in a name of its own"
            self.report(
                self.facts.tree.statement(place.by) or place.by,
                f"`{binding.name}` still holds {described(place)} when `{function.name}` ends, and its traceback holds "
                "the frame: a cycle, so all its locals are freed only by the garbage collector; "
                + advice(place, binding, is_returned),
                related=[(other.by, f"`{binding.name}` is given another one here") for other in others],
                fix=fix._replace(safety=Safety.UNSAFE) if fix else None,
                unfixed=unfixed,
                optional=place.is_inside
                or is_returned
                or fates.is_given_away(binding)
                or fates.is_given_away_by(place.handler)
                or fates.is_of_keeping_library(place.handler)
                or self.facts.population.is_run_once(function),
            )

    def raise_and_release(self, statement: ast.Raise, held: list[Binding]) -> Fix | None:
        """Put the `raise` into `try`, and let go of the names in `finally`."""
        function, block = held[0].scope.node, self.facts.tree.parents[statement]
        assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and isinstance(block, BLOCKS)
        inner, outer, text = self.indentation(statement), self.indentation(block), self.text(statement)
        flow = self.facts.flow(function)
        if any(flow.is_live_after(statement, each.name) for each in held):
            return None
        if self.facts.source.lines[statement.lineno - 1].strip() != text or "\n" in text:
            return None
        step = inner[len(outer) :]
        lines = ["try:", f"{inner}{step}{text}", f"{inner}finally:", f"{inner}{step}{release(held)}"]
        edit = self.replace(statement, "\n".join(lines))
        return Fix(f"write `{release(held)}` once it is raised", Safety.UNSAFE, (edit,))


def release(held: list[Binding]) -> str:
    return " = ".join([*(binding.name for binding in held), "None"])


def described(place: Place) -> str:
    return "a caught exception" if place.is_inside else "the caught exception"


def advice(place: Place, binding: Binding, is_returned: bool) -> str:
    release = f"write `finally: {binding.name} = None`"
    if not isinstance(place.value, ast.Name):
        return release
    if place.is_put:
        return f"put in `{place.value.id}.with_traceback(None)`, or {release}"
    if is_returned and not is_raised_on(place.handler):
        return f"give it `{place.value.id}.with_traceback(None)`, as it is returned, or {release}"
    return release


def is_raised_on(handler: ast.ExceptHandler) -> bool:
    return any(isinstance(node, ast.Raise) for each in handler.body for node in walk(each))
