"""What a call that opens a file gives: text or bytes, by its mode, or a file of the kernel, by its path."""

from __future__ import annotations

import ast

from memlint.facts.layout import Tree
from memlint.facts.names import Names
from memlint.facts.shapes import is_starred
from memlint.knowledge import names as known

MODES = {"file": (1, "r"), "path": (0, "r"), "compressed": (1, "rb"), "temporary": (0, "w+b")}
"""Of each sort of opener: which argument is the mode, and what it is where it is left out."""


def file_kind(tree: Tree, names: Names, call: ast.Call, opener: str) -> str | None:
    """`text file` or `binary file`; None where the mode is not a constant."""
    position, default = MODES[opener]
    given = [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
    mode = given[0] if given else call.args[position] if len(call.args) > position else ast.Constant(default)
    if not (isinstance(mode, ast.Constant) and isinstance(mode.value, str)):
        return None
    if any(keyword.arg is None for keyword in call.keywords) or any(map(is_starred, call.args)):
        return None
    if is_of_kernel(tree, names, call):
        return "kernel file"
    if opener == "compressed":
        return "text file" if "t" in mode.value else "binary file"
    return "binary file" if "b" in mode.value else "text file"


def is_of_kernel(tree: Tree, names: Names, opening: ast.Call) -> bool:
    """Whether a call opens a file by a constant path into a folder of the kernel or of the system's settings."""
    path = constant(tree, names, opening.args[0]) if opening.args else None
    first = path.values[0] if isinstance(path, ast.JoinedStr) and path.values else path
    folders = tuple(known("files", "kernel", "folders"))
    return isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.startswith(folders)


def constant(tree: Tree, names: Names, value: ast.expr) -> ast.expr:
    """What a name, an attribute of `self` or an item of a dict of the class or module is always bound to."""
    if isinstance(value, ast.Subscript):
        table = constant(tree, names, value.value)
        return table.values[0] if isinstance(table, ast.Dict) and table.values else value
    binding = names.binding(value) if isinstance(value, ast.Name) else None
    if isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name):
        home = next((each for each in tree.ancestors(value) if isinstance(each, ast.ClassDef)), None)
        binding = names.inner(home).bindings.get(value.attr) if home else None
    sole = binding.sole if binding else None
    return sole.value if sole and sole.value is not None else value
