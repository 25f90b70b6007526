from __future__ import annotations

import ast

from memlint.api import Binding, Effect, Facts, Fix, Rule, Safety, Severity, Slice, all_of, cst, known, walk

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
LOOPS = (ast.For, ast.AsyncFor, ast.While)


class CallbackCapturesSubject(Rule):
    """A callback that an object keeps, and that holds this very object."""

    code = "ML110"
    name = "callback-captures-subject"
    effect = Effect.LATE
    default = False
    fixes = (Safety.SAFE, Safety.UNSAFE)
    gate = all_of(file=(rb"add_done_callback|weakref",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.links.about_itself, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        found = self.facts.links.about_itself(call) if call else None
        if call is None or found is None:
            return
        subject, callback, binding = found
        if not isinstance(call.func, ast.Attribute) or call.func.value is not subject:
            self.report(
                call,
                f"the callback of `{self.text(call.func)}` holds `{subject.id}`, which thus lives as long as the "
                f"reference: take what the callback needs out of `{subject.id}` before",
            )
            return
        keeps = known("calls", "futures", "keeping") | known("calls", "futures", "executors")
        function = self.facts.links.function(callback)
        parameter = first_parameter(function) if function else None
        unfixed = self.obstacle(callback, function, parameter, binding)
        until = "" if self.maker(binding) in keeps else " until it is done"
        is_direct = function is not None and binding in self.facts.links.cells(function)
        advice = (
            f"use the parameter `{parameter.arg}`"
            if parameter and is_direct
            else "use the argument that the callback gets"
        )
        self.report(
            call,
            f"`{subject.id}` keeps a callback that holds `{subject.id}`{until}: a cycle, which only the garbage "
            f"collector frees{' if it is dropped before' if until else ''}; {advice}",
            severity=Severity.INFO if until else None,
            related=[(function, "the callback")] if function and function is not callback else [],
            fix=self.renamed(function, parameter, binding) if function and parameter and not unfixed else None,
            unfixed=unfixed,
            optional=bool(until) and self.is_of_loop(binding),
        )

    def is_of_loop(self, binding: Binding) -> bool:
        """Whether a call made the future, and none that gives work to a pool: an event loop, which brings it to its end
        and drops its callbacks then."""
        value = binding.sole.value if binding.sole else None
        return isinstance(value, ast.Call) and getattr(value.func, "attr", "") != "submit"

    def maker(self, binding: Binding) -> str:
        """What made a future: the qualified name of a function, or the class of the executor that it was given to."""
        value = binding.sole.value if binding.sole else None
        if not isinstance(value, ast.Call):
            return ""
        if (
            isinstance(value.func, ast.Attribute)
            and value.func.attr == "submit"
            and isinstance(value.func.value, ast.Name)
        ):
            return self.maker(executor) if (executor := self.facts.names.binding(value.func.value)) else ""
        return self.facts.names.qualified(value.func) or ""

    def obstacle(
        self, callback: ast.expr, function: ast.AST | None, parameter: ast.arg | None, binding: Binding
    ) -> str:
        """Why the parameter cannot stand for the captured variable; empty where it can."""
        names = self.facts.names
        own = names.binding_of(parameter) if parameter else None
        registered = names.binding(callback) if isinstance(callback, ast.Name) else None
        if function is None or parameter is None or own is None or (registered and len(registered.uses) > 1):
            return "the callback is not a function of this call alone that takes the future"
        if self.facts.links.defaults(function) or binding not in self.facts.links.cells(function) or own.sole is None:
            return "the callback does not read the variable itself, or binds its parameter anew"
        definition = binding.sole.node if binding.sole else function
        if isinstance(self.facts.tree.enclosing(definition, *LOOPS, *FUNCTIONS), LOOPS):
            return f"`{binding.name}` is another object in the next round of the loop"
        for use in self.captured(function, binding):
            is_seen = names.lookup(names.scope_of(use), parameter.arg) is own
            if not is_seen or isinstance(self.facts.tree.enclosing(use, ast.JoinedStr, *FUNCTIONS), ast.JoinedStr):
                return f"`{parameter.arg}` means something else there, or the variable stands in a string"
        return ""

    def renamed(self, function: ast.AST, parameter: ast.arg, binding: Binding) -> Fix:
        """Read the parameter in place of the captured variable, which is the same object."""
        is_known = self.maker(binding) in known_makers()
        return Fix(
            f"use `{parameter.arg}` in place of `{binding.name}`",
            Safety.SAFE if is_known else Safety.UNSAFE,
            tuple(self.replace(use, parameter.arg) for use in self.captured(function, binding)),
        )

    def captured(self, function: ast.AST, binding: Binding) -> list[ast.Name]:
        inside = set(walk(function))
        return [use for use in binding.uses if use in inside]


def known_makers() -> frozenset[str]:
    return frozenset().union(*(known("calls", "futures", key) for key in ("keeping", "executors", "dropping")))


def first_parameter(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> ast.arg | None:
    return next(iter([*function.args.posonlyargs, *function.args.args]), None)
