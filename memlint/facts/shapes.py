"""What a node is by its form alone, and where it stands: no name is resolved."""

from __future__ import annotations

import ast
import sys

from memlint.facts.branches import walk


def is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def is_starred(node: ast.AST) -> bool:
    return isinstance(node, ast.Starred)


def is_empty_display(value: ast.expr) -> bool:
    """Whether a value is a display with nothing in it."""
    if isinstance(value, ast.Dict):
        return not value.keys
    return isinstance(value, (ast.List, ast.Tuple)) and not value.elts


def last_name(expression: ast.AST) -> str:
    """The last part of a dotted name, with what it is called on left out; empty of what has none."""
    name = getattr(expression, "attr", getattr(expression, "id", ""))
    return name if isinstance(name, str) else ""


def asks_name(test: ast.AST) -> bool:
    """Whether a condition reads `__name__`, as `if __name__ == "__main__"` does."""
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in walk(test))


def place(node: ast.AST) -> tuple[int, int]:
    """Line and column where a node begins, to tell what comes first."""
    return getattr(node, "lineno", 0), getattr(node, "col_offset", 0)


def rank(function: ast.AST) -> tuple[bool, str]:
    """Which of several functions that do the same is told of: the one that makes an instance, else by name, so that a
    baseline holds whichever stands first."""
    name = getattr(function, "name", "")
    return name != "__init__", name


def end(node: ast.AST) -> tuple[int, int]:
    """Line and column where a node ends."""
    return getattr(node, "end_lineno", 0), getattr(node, "end_col_offset", 0)


def is_counted(loop: ast.AST) -> bool:
    """Whether a loop runs over the numbers up to one that is not spelled out, as over the devices that there are."""
    call = getattr(loop, "iter", None) or getattr(next(iter(getattr(loop, "generators", ())), None), "iter", None)
    is_range = isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "range"
    return is_range and not all(isinstance(each, ast.Constant) for each in getattr(call, "args", ()))


def is_standard(module: str) -> bool:
    """Whether a module is of the standard library."""
    return module.partition(".")[0] in sys.stdlib_module_names
