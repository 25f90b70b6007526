"""Shallow copies that are not made to guard what the original holds."""

from __future__ import annotations

import ast

from memlint.facts.layout import Tree

VIEWS = frozenset({"items", "values"})


def is_run_over(tree: Tree, copy: ast.expr) -> bool:
    """Whether a copy has no name and a loop runs over it, so that the original may be changed meanwhile."""
    method = tree.parents[copy]
    call = tree.parents[method] if isinstance(method, ast.Attribute) and method.attr in VIEWS else copy
    loop = tree.parents[call]
    return isinstance(loop, (ast.For, ast.AsyncFor)) and loop.iter is call


def is_on_one_branch(tree: Tree, copy: ast.expr, original: ast.expr, write: ast.AST) -> bool:
    """Whether a branch alone puts the copy in the original's place, and the write behind it changes the one or the
    other, so that the copy is no guard."""
    assignment = tree.parents[copy]
    branch = tree.parents[assignment]
    if not isinstance(assignment, ast.Assign) or not isinstance(branch, ast.If) or not isinstance(original, ast.Name):
        return False
    is_same = any(isinstance(each, ast.Name) and each.id == original.id for each in assignment.targets)
    return is_same and branch not in set(tree.ancestors(write))
