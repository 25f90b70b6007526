"""What a node is by its form alone, and where it stands: no name is resolved."""

from __future__ import annotations

import ast


def is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def is_starred(node: ast.AST) -> bool:
    return isinstance(node, ast.Starred)


def is_empty_display(value: ast.expr) -> bool:
    """Whether a value is a display with nothing in it."""
    if isinstance(value, ast.Dict):
        return not value.keys
    return isinstance(value, (ast.List, ast.Tuple)) and not value.elts


def place(node: ast.AST) -> tuple[int, int]:
    """Line and column where a node begins, to tell what comes first."""
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def end(node: ast.AST) -> tuple[int, int]:
    """Line and column where a node ends."""
    return getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0)
