"""Models that are loaded again and again: by each request or task, or by each turn of a loop."""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.origins import words_of
from memlint.facts.shapes import last_name
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
FEW = 3
"""Turns of a loop for which it does not matter."""


class Load(NamedTuple):
    """What loads a model again and again: a loop, or the function that handles a request."""

    by: ast.For | ast.AsyncFor | ast.While | ast.FunctionDef | ast.AsyncFunctionDef
    """The loop or the handler."""


class Models:
    """Asks of a call whether it loads a model more often than is needed."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree

    @cached_property
    def are_used(self) -> bool:
        """Whether the file imports something that loads models."""
        loaders = known("requests", "models", "named") | known("requests", "models", "files")
        roots = {name.partition(".")[0] for name in loaders} | known("requests", "models", "modules")
        return not roots.isdisjoint(self.facts.frameworks.modules)

    def sort(self, call: ast.Call) -> str:
        """`named` or `files` of what loads a model; empty of other calls."""
        method = call.func
        qualified = self.facts.names.qualified(method) or ""
        if qualified in known("requests", "models", "named"):
            return "named"
        if qualified in known("requests", "models", "files"):
            return "files"
        if isinstance(method, ast.Attribute) and method.attr in known("requests", "models", "methods"):
            is_small = not words_of(last_name(method.value)).isdisjoint(known("requests", "models", "small"))
            return (
                "named"
                if not is_small and qualified.partition(".")[0] in known("requests", "models", "modules")
                else ""
            )
        return ""

    def load(self, call: ast.Call) -> Load | None:
        """What runs a loading call again and again, always for the same model."""
        sort = self.sort(call) if self.are_used else ""
        body = self.tree.function(call) if sort else None
        if body is None or isinstance(body, ast.Lambda) or self.is_kept(call, body):
            return None
        loops = self.facts.flow(body).loops(call)
        if loops:
            return Load(loops[-1]) if self.is_repeated(call, loops[-1], sort) else None
        handler = self.handler(body) if isinstance(body, FUNCTIONS) else None
        if handler is None or is_fresh(handler) or not self.is_given_the_same(call, handler):
            return None
        return Load(handler)

    def is_repeated(self, call: ast.Call, loop: ast.stmt, sort: str) -> bool:
        """Whether each turn of a loop loads the same, and does no more than use it."""
        if isinstance(loop, ast.While) and sort == "files":
            return False
        most = self.facts.sizes.most(loop.iter) if isinstance(loop, (ast.For, ast.AsyncFor)) else None
        if is_fresh(loop) or self.is_left(call, loop) or (most is not None and most <= FEW):
            return False
        return all(self.facts.invariance.is_same(each, loop) for each in self.facts.invariance.inputs(call))

    def is_left(self, call: ast.Call, loop: ast.AST) -> bool:
        """Whether a loop may end, or go to its next turn, by what stands behind the call in one of its blocks."""
        for outer in self.tree.ancestors(call):
            if outer is loop:
                blocks: list[ast.stmt] = getattr(loop, "body", [])
                return any(isinstance(each, (ast.Break, ast.Return)) for each in blocks)
            if isinstance(outer, (ast.If, ast.Try)) and any(
                isinstance(each, (ast.Break, ast.Return)) for each in walk(outer)
            ):
                return True
        return False

    def is_kept(self, call: ast.Call, body: ast.AST) -> bool:
        """Whether code looks first whether the model is there, or keeps it beyond its call."""
        statement = self.tree.statement(call)
        targets: list[ast.expr | None] = getattr(statement, "targets", [getattr(statement, "target", None)])
        made = [ast.unparse(target) for target in targets if target is not None]
        for outer in self.tree.ancestors(call):
            if outer is body:
                break
            if isinstance(outer, (ast.IfExp, ast.ExceptHandler, ast.BoolOp)) or (
                isinstance(outer, ast.If) and is_guard(outer.test, made)
            ):
                return True
        for target in targets:
            binding = self.facts.names.binding(target) if isinstance(target, ast.Name) else None
            is_local = binding is not None and binding.scope.node is body
            if target is not None and not is_local:
                return True
            if binding and any(isinstance(self.tree.parents[use], (ast.Return, ast.Yield)) for use in binding.uses):
                return True
        return isinstance(self.tree.parents[call], (ast.Return, ast.Yield, ast.withitem))

    def handler(self, body: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
        """The function itself, where a framework calls it for each request or task."""
        growths = self.facts.growths
        if len(body.decorator_list) != 1 or not growths.has_framework:
            return None
        return body if growths.is_route(body.decorator_list[0]) else None

    def is_given_the_same(self, call: ast.Call, body: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
        """Whether a call in a function is given nothing that a request brings."""
        arguments = body.args
        parameters = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        made = [each.arg for each in parameters if each is not None]
        return all(self.facts.invariance.is_same(each, body, made) for each in self.facts.invariance.inputs(call))


def is_fresh(code: ast.AST) -> bool:
    """Whether code trains, converts or saves a model, by the names that it uses, so that it needs one of its own."""
    listed = known("requests", "models", "fresh")
    name = getattr(code, "name", "")
    called = (last_name(node.func) for node in walk(code) if isinstance(node, ast.Call))
    loading = {*known("requests", "models", "methods"), "load", "load_model"}
    words = {word for each in (name, *called) if each not in loading for word in words_of(each)}
    return not words.isdisjoint(listed)


def is_guard(test: ast.expr, made: list[str]) -> bool:
    """Whether a test asks if something is there already."""
    looking = (ast.Is, ast.IsNot, ast.In, ast.NotIn)
    for node in walk(test):
        if isinstance(node, ast.Compare) and any(isinstance(each, looking) for each in node.ops):
            return True
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return True
        if isinstance(node, (ast.Name, ast.Attribute)) and ast.unparse(node) in made:
            return True
    return False
