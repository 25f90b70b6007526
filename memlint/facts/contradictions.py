"""Where the code shows the opposite of what a comment claims: that a container stays small, that a class has one
instance.

A claim is the word of somebody who knows the program, so only what is plain counts here: a key that whoever sends a
request chooses, a constructor call that a loop or a route repeats.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from memlint.facts.branches import walk
from memlint.facts.growth_model import Home
from memlint.facts.origins import spelled_in
from memlint.facts.population import FURTHEST, LEAVING, LOOPS
from memlint.knowledge import names as known
from memlint.model import Position

if TYPE_CHECKING:
    from memlint.facts import Facts

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
Shown: TypeAlias = "tuple[Facts, ast.expr]"
NEAR = 3
"""Local names that are followed from a key to what it was made of."""


class Contradictions:
    """Looks for the opposite of claims."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def of_singleton(self, owner: ast.ClassDef) -> Shown | None:
        """A call that makes instances of a class time and again."""
        for facts, call in self.facts.population.places(self.facts, owner):
            found = facts.find(call.func)
            is_it = found is not None and (found.node.name, found.node.lineno) == (owner.name, owner.lineno)
            if is_it and self.is_again(facts, call, FURTHEST):
                return facts, call
        return None

    def is_again(self, facts: Facts, call: ast.Call, further: int) -> bool:
        """Whether a call runs several times: in a loop that nothing leaves, in a route, or in a function whose calls
        do."""
        loop = facts.tree.enclosing(call, *LOOPS, *FUNCTIONS, ast.Lambda)
        if isinstance(loop, LOOPS):
            return not any(isinstance(each, LEAVING) for each in walk(loop)) and not is_picked(facts, call, loop)
        function = facts.tree.enclosing(call, *FUNCTIONS, ast.Lambda)
        if not isinstance(function, FUNCTIONS) or facts.population.is_kept_for_all(facts, call):
            return False
        if is_route(facts, function):
            return True
        if not isinstance(facts.tree.parents[function], ast.Module) or function.decorator_list or not further:
            return False
        return any(
            isinstance(outer.func, ast.Name) and self.is_again(home, outer, further - 1)
            for home, outer in facts.population.calls_of(facts, function)
        )

    def of_bounded(self, start: Position, end: Position) -> Shown | None:
        """A key or an argument straight from a request, for the container or the cache that a finding there is
        about."""
        for key, container in self.keys(start, end):
            if is_sent(self.facts, key) and not is_asked(self.facts, key, container):
                return self.facts, key
        for function in self.facts.tree.nodes(*FUNCTIONS):
            first = min([function.lineno, *(each.lineno for each in function.decorator_list)])
            if not first <= start.line < function.body[0].lineno:
                continue
            for facts, call in self.facts.population.calls_of(self.facts, function):
                for argument in (*call.args, *(each.value for each in call.keywords)):
                    if facts.find(call.func) and is_sent(facts, argument) and not is_asked(facts, argument):
                        return facts, argument
        return None

    def keys(self, start: Position, end: Position) -> Iterator[tuple[ast.expr, str]]:
        """What is put into the container that grows at a place, or is made there, with how that is written; or what
        stands there itself."""
        for container in self.facts.growths.of(*Home):
            about = (container.statement, *(growth.by for growth in container.growths))
            if any(self.facts.tree.span(each) == (start, end) for each in about):
                for growth in container.growths:
                    told = growth.key if growth.key is not None else growth.value
                    if told is not None:
                        yield told, ast.unparse(growth.use)
        for node in self.facts.tree.nodes(ast.Attribute, ast.Name, ast.Subscript):
            if node.lineno == start.line and self.facts.tree.span(node) == (start, end):
                is_lookup = isinstance(node, ast.Subscript)
                yield (node.slice, ast.unparse(node.value)) if is_lookup else (node, "")


def is_picked(facts: Facts, call: ast.Call, loop: ast.AST) -> bool:
    """Whether a loop comes to a call for one of the values that it runs over: `if key == "pool"`."""
    for outer in facts.tree.ancestors(call):
        if outer is loop:
            return False
        tests = walk(outer.test) if isinstance(outer, (ast.If, ast.IfExp)) else ()
        if isinstance(outer, ast.match_case) or any(
            isinstance(each, ast.Compare) and ast.Eq in map(type, each.ops) for each in tests
        ):
            return True
    return False


def is_route(facts: Facts, function: Function) -> bool:
    """Whether a framework that the file imports calls a function for each request."""
    return facts.growths.has_framework and any(map(facts.growths.is_route, function.decorator_list))


def is_sent(facts: Facts, value: ast.expr, further: int = NEAR) -> bool:
    """Whether whoever sends a request chooses a value, or a part of it."""
    for node in walk(value):
        whole = (
            node.value if isinstance(node, ast.Attribute) and node.attr in known("growth", "requests", "sent") else None
        )
        if whole and not known("metrics", "labels", "request").isdisjoint(spelled_in(whole)):
            return True
        binding = facts.names.binding(node) if isinstance(node, ast.Name) else None
        made = binding.sole if binding else None
        if binding is None or made is None or binding.scope.node is not facts.tree.function(node):
            continue
        if isinstance(made.node, ast.arg) and is_sent_to_route(facts, made.node):
            return True
        if isinstance(made.value, ast.expr) and further and is_sent(facts, made.value, further - 1):
            return True
    return False


def is_sent_to_route(facts: Facts, parameter: ast.arg) -> bool:
    """Whether a parameter of a route takes what the request holds, and not what the program makes for it."""
    arguments = facts.tree.parents[parameter]
    function = facts.tree.parents[arguments]
    if not isinstance(arguments, ast.arguments) or not isinstance(function, FUNCTIONS):
        return False
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = dict(zip(reversed(positional), reversed(arguments.defaults), strict=False))
    defaults |= {each: value for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if value}
    is_made = isinstance(defaults.get(parameter), ast.Call) or facts.growths.origins.is_of_few(parameter)
    is_whole = parameter.arg in ("self", *known("metrics", "labels", "request"))
    return parameter in (*positional, *arguments.kwonlyargs) and not (is_made or is_whole) and is_route(facts, function)


def is_asked(facts: Facts, value: ast.expr, container: str = "") -> bool:
    """Whether the function tests whether a value is among those that are known: `if tenant not in TENANTS`; those that
    the container has already do not count."""
    told = ast.unparse(value)
    return any(
        isinstance(test.ops[0], (ast.In, ast.NotIn))
        and ast.unparse(test.left) == told
        and ast.unparse(test.comparators[0]) != container
        for test in walk(facts.tree.function(value))
        if isinstance(test, ast.Compare)
    )
