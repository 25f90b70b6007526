"""The normal form of code: what stays of a statement or an expression when it moves, is laid out anew, gets type hints,
or its local variables other names. It is the same on every Python."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache

from memlint.facts.branches import walk
from memlint.facts.layout import FUNCTIONS, Tree

UNTOLD = frozenset({"annotation", "ctx", "kind", "simple", "type_comment", "type_ignores"})
"""Fields that say nothing of what the code does."""
NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
BLOCKS = frozenset({"body", "orelse", "finalbody", "handlers", "cases"})
"""Fields that hold statements, where they are lists."""
TELLING = (ast.stmt, ast.expr, ast.keyword, ast.excepthandler)
NEUTRAL = (ast.Name, ast.Constant, ast.Starred)


def normal_form(node: ast.AST, tree: Tree) -> str:
    """The code of a node without blocks, annotations and places; locals are numbered as they come.

    A node that alone tells too little stands for what is around it, up to its statement; a function and a class stand
    for themselves, whatever their headers hold.
    """
    while tells_little(node) and node in tree.parents:
        node = tree.parents[node]
    return Writer(local_names(node, tree)).write(node)


def tells_little(node: ast.AST) -> bool:
    """Whether a node may be found many times over in one function: a name, a constant, an empty display."""
    if isinstance(node, (ast.List, ast.Set, ast.Tuple)):
        return not node.elts
    if isinstance(node, ast.Dict):
        return not node.keys
    return isinstance(node, NEUTRAL) or not isinstance(node, TELLING)


def local_names(node: ast.AST, tree: Tree) -> frozenset[str]:
    """The variables of the functions around a node, or of the lambdas and comprehensions in it."""
    functions = [each for each in tree.ancestors(node) if isinstance(each, FUNCTIONS)]
    if functions:
        return variables(functions[-1])
    return bound_inside(node)


@lru_cache(maxsize=1)
def bound_inside(node: ast.AST) -> frozenset[str]:
    """The names that the lambdas and comprehensions in a node bind; of the module for many findings."""
    inner = (each for each in walk(node) if isinstance(each, (ast.Lambda, ast.comprehension)))
    targets = (each.args if isinstance(each, ast.Lambda) else each.target for each in inner)
    return frozenset(bound(below for target in targets for below in walk(target)))


@lru_cache(maxsize=1)
def variables(function: ast.AST) -> frozenset[str]:
    """The names that a function and those in it bind; findings come in order, so the last one is kept."""
    return frozenset(bound(walk(function)))


def bound(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that some nodes bind, those of imports, functions and classes apart."""
    found: set[str] = set()
    declared: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.Global):
            declared.update(node.names)
    return found - declared


class Writer:
    """Writes the normal form of one node."""

    def __init__(self, local: frozenset[str]) -> None:
        self.local = local
        self.numbers: dict[str, str] = {}

    def write(self, value: object) -> str:
        if isinstance(value, ast.AST):
            return f"({' '.join([kind(value), *self.parts(value)])})"
        if isinstance(value, list):
            return f"[{' '.join(map(self.write, value))}]"
        if isinstance(value, str):
            return self.numbers.setdefault(value, f"_{len(self.numbers)}") if value in self.local else value
        return ascii(value)

    def parts(self, node: ast.AST) -> list[str]:
        if isinstance(node, NAMED):
            return []
        if isinstance(node, ast.Constant):
            return [hex(node.value) if type(node.value) is int else ascii(node.value)]
        if isinstance(node, ast.Attribute):
            return [self.write(node.value), f".{node.attr}"]
        if isinstance(node, ast.keyword):
            return [f"{node.arg}=", self.write(node.value)]
        if isinstance(node, ast.JoinedStr):  # Python 3.12.1 ends a format that ends in a field with an empty string
            return [self.write(each) for each in node.values if getattr(each, "value", None) != ""]
        if isinstance(node, ast.AnnAssign):
            return [self.write([node.target]), self.write(node.value)]
        return [
            self.write(value)
            for name, value in ast.iter_fields(node)
            if name not in UNTOLD and not (isinstance(value, list) and name in BLOCKS)
        ]


def kind(node: ast.AST) -> str:
    """The class of a node; an assignment is one with or without a type hint."""
    return "Assign" if isinstance(node, ast.AnnAssign) else type(node).__name__
