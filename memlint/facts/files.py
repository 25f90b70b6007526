"""How a file is read: who takes all of it at once, and whether anyone else could tell if it were read bit by bit."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from memlint.facts.branches import walk

if TYPE_CHECKING:
    from memlint.facts import Facts

KINDS = ("text file", "binary file")
PLAIN = (ast.AnnAssign, ast.Assign, ast.AugAssign, ast.Expr, ast.If, ast.Return, ast.expr, ast.keyword)
LOOPS = (ast.For, ast.While)
NESTED = (ast.DictComp, ast.GeneratorExp, ast.Lambda, ast.ListComp, ast.SetComp)


class Files:
    """Questions about the files that a module reads."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names
        self.tree = facts.tree

    def listed(self, call: ast.Call) -> ast.expr | None:
        """The file that a call makes a list of the lines of; None where it may be no file."""
        read = self.listed_value(call)
        return read if read is not None and self.facts.kind(read) in KINDS else None

    def listed_value(self, call: ast.Call) -> ast.expr | None:
        """The `f` of `f.readlines()`, `list(f)`, `f.read().splitlines()` and `f.read().split("\\n")`."""
        function = call.func
        if isinstance(function, ast.Name) and function.id == "list" and len(call.args) == 1:
            return call.args[0] if self.names.qualified(function) == "builtins.list" else None
        if not isinstance(function, ast.Attribute):
            return None
        if function.attr == "readlines" and not call.args and not call.keywords:
            return function.value
        read = function.value
        if not splits_lines(call) or not isinstance(read, ast.Call) or read.args or read.keywords:
            return None
        return read.func.value if isinstance(read.func, ast.Attribute) and read.func.attr == "read" else None

    def is_private(self, file: ast.Name, loop: ast.AST) -> bool:
        """Whether a `with` around a loop opens the file, nothing reads it inside or behind the loop, and nothing in the
        function catches what the loop raises or runs it twice on one opening."""
        opening = self.opening(file, loop)
        if opening is None:
            return False
        names = (node for node in walk(opening) if isinstance(node, ast.Name) and node.id == file.id)
        others = (name for name in names if name is not file and not isinstance(self.tree.parents[name], ast.withitem))
        return all(self.is_moved_before(name, file) for name in others)

    def opening(self, file: ast.Name, loop: ast.AST) -> ast.With | None:
        """The `with` that opens a file for a loop, if all that stands around the loop in its function is plain."""
        found = None
        for outer in self.tree.ancestors(loop):
            if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module)):
                return found
            if isinstance(outer, ast.With):
                if any(self.facts.kinds.of(item.context_expr) not in KINDS for item in outer.items):
                    return None
                if any(getattr(item.optional_vars, "id", None) == file.id for item in outer.items):
                    found = found or outer
            elif not isinstance(outer, PLAIN if found is None else (*PLAIN, *LOOPS)) or isinstance(outer, NESTED):
                return None
        return None

    def is_moved_before(self, name: ast.Name, file: ast.Name) -> bool:
        """Whether a name stands before the use of the file, in `next(f)` or for a method, both done then."""
        use = self.tree.parents[name]
        call = self.tree.parents[use]
        is_method = isinstance(use, ast.Attribute) and isinstance(call, ast.Call) and call.func is use
        is_next = isinstance(use, ast.Call) and self.names.qualified(use.func) == "builtins.next"
        is_here = self.tree.function(name) is self.tree.function(file)
        return is_here and (is_method or is_next) and (name.lineno, name.col_offset) < (file.lineno, file.col_offset)


def splits_lines(call: ast.Call) -> bool:
    """Whether a call is `….splitlines()` or `….split("\\n")`."""
    method = getattr(call.func, "attr", None)
    if method == "splitlines":
        return not call.args and not call.keywords
    separators = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
    return method == "split" and separators in (["\n"], [b"\n"]) and not call.keywords
