from __future__ import annotations

import ast
from collections.abc import Iterator

from memlint.api import (
    Binding,
    DefinitionKind,
    Effect,
    Facts,
    Function,
    Grip,
    Place,
    Rule,
    Safety,
    Slice,
    all_of,
    cst,
    released,
    walk,
)


class TracebackKept(Rule):
    """A traceback holds the frame that caught the exception; a local of that frame closes a cycle."""

    code = "ML108"
    name = "traceback-kept"
    effect = Effect.LATE
    fixes = (Safety.SAFE,)
    gate = all_of(b"def", rb"except|raise", b"=", file=(b"exc_info|__traceback__",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        if any(kept(facts, each) for each in facts.exceptions.within(part.first, part.last)):
            return True
        functions = part.nodes(ast.FunctionDef, ast.AsyncFunctionDef)
        return any(True for function in functions for _ in raised_again(facts, function))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        function = self.twin(node, ast.FunctionDef) or self.twin(node, ast.AsyncFunctionDef)
        found = kept(self.facts, function) if function else []
        for handler in dict.fromkeys(place.handler for place, _ in found):
            assert function is not None
            here = [each for each in found if each[0].handler is handler]
            (place, binding), *others = here
            held = "what `sys.exc_info()` gives" if place.grip is Grip.TRIPLE else "the traceback"
            fates = self.facts.exception_fates
            raised = list(self.raised(function))
            names = dict.fromkeys([*self.holding(here, function), *raised])
            fix, unfixed = released(self.facts, place, function, *names)
            holding = [*self.holding([*here, *found], function), *raised]
            release = " = ".join(name.name for name in dict.fromkeys(holding))
            self.report(
                self.facts.tree.statement(place.by) or place.by,
                f"`{binding.name}` still holds {held} when `{function.name}` ends, and with it the frame: a cycle, so "
                f"all its locals are freed only by the garbage collector; write `finally: {release} = None`",
                fix=fix,
                related=[(other.by, f"`{same.name}` holds one as well") for other, same in others],
                unfixed=unfixed,
                optional=self.is_kept_elsewhere(place, function)
                or any(map(fates.is_returned, names))
                or any(map(fates.is_given_away, names))
                or fates.is_of_keeping_library(handler)
                or self.facts.population.is_run_once(function),
            )
        for target in raised_again(self.facts, function) if function else ():
            assert function is not None
            self.report(
                self.facts.tree.statement(target) or target,
                f"`{target.id}` holds the traceback that `{function.name}` raises with, and that then holds its frame: "
                "a cycle, so all its locals are freed only by the garbage collector; "
                f"write `finally: {target.id} = None`",
                optional=True,
            )

    def holding(self, found: list[tuple[Place, Binding]], function: Function) -> list[Binding]:
        """The variables of the function that hold a traceback, and what the same assignments bind of the exception."""
        beside = (other for each, _ in found for _, other in self.facts.exceptions.beside(each, function))
        return list(dict.fromkeys([*(binding for _, binding in found), *beside]))

    def raised(self, function: Function) -> Iterator[Binding]:
        """The locals with exceptions that the function makes and raises: each holds the frame as well."""
        for node in walk(function):
            raised = node.exc if isinstance(node, ast.Raise) else None
            if isinstance(raised, ast.Call) and isinstance(raised.func, ast.Attribute):
                raised = raised.func.value if raised.func.attr == "with_traceback" else None
            binding = self.facts.names.binding(raised) if isinstance(raised, ast.Name) else None
            is_own = binding is not None and binding.scope.node is function
            if binding and is_own and any(isinstance(each.value, ast.Call) for each in binding.definitions):
                yield binding

    def is_kept_elsewhere(self, place: Place, function: Function) -> bool:
        """Whether the handler gives the exception to an attribute or another local too, so that the traceback lives on
        anyway."""
        places = self.facts.exceptions.places(function)
        if any(isinstance(each.target, ast.Attribute) for each in places if each.handler is place.handler):
            return True
        return any(each.handler is place.handler for each, _ in self.facts.exceptions.kept(function))


def raised_again(facts: Facts, function: Function) -> Iterator[ast.Name]:
    """The names of a function that hold the traceback of an exception which it was given, and with which it raises."""
    raising: set[str] = set()
    for node in walk(function):
        called = node.func if isinstance(node, ast.Call) else None
        name = getattr(called, "attr", getattr(called, "id", ""))
        if isinstance(node, ast.Call) and name in ("reraise", "with_traceback"):
            raising.update(each.id for each in node.args if isinstance(each, ast.Name))
    for node in walk(function) if raising else ():
        value = node.value if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        if not isinstance(node, ast.Assign) or not isinstance(value, ast.Attribute) or value.attr != "__traceback__":
            continue
        target = node.targets[0]
        given = facts.names.binding(value.value) if isinstance(value.value, ast.Name) else None
        is_given = given is not None and given.sole is not None and given.sole.kind is DefinitionKind.PARAMETER
        if not isinstance(target, ast.Name) or target.id not in raising or not is_given:
            continue
        is_own = facts.tree.function(target) is function
        if is_own and target in facts.flow_of_objects(function).reaching_exit(target.id, raising=True):
            yield target


def kept(facts: Facts, function: Function) -> list[tuple[Place, Binding]]:
    """The places of a function that hold a traceback when it ends, with the variable of each."""
    exceptions = facts.exceptions
    found: list[tuple[Place, Binding]] = []
    for place in exceptions.places(function) if not exceptions.is_of_program(function) else ():
        if place.grip is Grip.EXCEPTION or place.is_put or exceptions.is_cleared(place, function):
            continue
        binding = exceptions.local(place, function)
        is_known = any(same is binding and other.handler is place.handler for other, same in found)
        if binding and not is_known and exceptions.is_kept(place, function, binding):
            found.append((place, binding))
    return found
