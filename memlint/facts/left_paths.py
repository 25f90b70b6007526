"""Paths that are left: temporary files and folders whose path no code keeps, hands on or removes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from memlint.facts.names import Binding, ScopeKind
from memlint.facts.shapes import is_starred
from memlint.knowledge import inverted
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

SHAPING = (ast.BinOp, ast.JoinedStr, ast.FormattedValue, ast.List, ast.Tuple, ast.IfExp, ast.BoolOp)
"""Expressions that hold a path or make another one of it."""

ENDS = (ast.Expr, ast.Compare, ast.UnaryOp, ast.If, ast.While, ast.Assert, ast.For, ast.Delete, ast.comprehension)
"""What only looks at a value."""


class LeftPaths:
    """Asks of a call that makes a temporary file or folder whether anybody will remove it."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def left(self, call: ast.Call) -> str | None:
        """What a call makes and nobody removes: `file` or `folder`; None where somebody may."""
        sort = inverted("tempfiles", "made_by").get(self.facts.names.qualified(call.func) or "")
        if sort is None or (sort == "named" and not any(map(is_kept, call.keywords))):
            return None
        if any(each.arg in ("dir", None) for each in call.keywords) or any(map(is_starred, call.args)):
            return None
        place = {"folder": 2, "file": 2, "named": 6}[sort]
        if len(call.args) > place or self.leaves(call, sort, frozenset()):
            return None
        return "folder" if sort == "folder" else "file"

    def leaves(self, value: ast.AST, sort: str, followed: frozenset[Binding]) -> bool:
        """Whether what stands around an expression keeps, hands on or removes a path.

        The sort is `file` for a pair of descriptor and path, `named` for a file with a name, `folder` for the path of
        one or below it, else `path`.
        """
        parent = self.facts.tree.parents[value]
        if sort == "file":
            return self.leaves_pair(value, parent, followed)
        if isinstance(parent, ast.withitem):
            target = parent.optional_vars
            return target is not None and self.leaves_name(target, sort, followed)
        if isinstance(parent, (ast.Assign, ast.AnnAssign)):
            targets = parent.targets if isinstance(parent, ast.Assign) else [parent.target]
            return len(targets) != 1 or self.leaves_name(targets[0], sort, followed)
        if isinstance(parent, ast.Attribute):
            return self.leaves_attribute(parent, sort, followed)
        if isinstance(parent, ast.keyword):
            return parent.arg is None or self.leaves_call(self.facts.tree.parents[parent], sort, followed)
        if isinstance(parent, (ast.Call, ast.Starred)):
            return isinstance(parent, ast.Starred) or self.leaves_call(parent, sort, followed)
        if isinstance(parent, SHAPING):
            return self.leaves(parent, path_of(sort), followed)
        return not isinstance(parent, ENDS)

    def leaves_pair(self, value: ast.AST, parent: ast.AST, followed: frozenset[Binding]) -> bool:
        """The same of what `mkstemp` gives: only its second part is a path."""
        if isinstance(parent, ast.Subscript):
            index = parent.slice.value if isinstance(parent.slice, ast.Constant) else None
            return index != 0 and (index != 1 or self.leaves(parent, "path", followed))
        target = parent.targets[0] if isinstance(parent, ast.Assign) and len(parent.targets) == 1 else None
        if isinstance(target, (ast.Tuple, ast.List)) and len(target.elts) == 2:
            return self.leaves_name(target.elts[1], "path", followed)
        return target is None or self.leaves_name(target, "file", followed)

    def leaves_name(self, target: ast.expr, sort: str, followed: frozenset[Binding]) -> bool:
        """Whether a path gets out under a local name."""
        binding = self.facts.names.binding(target) if isinstance(target, ast.Name) else None
        if binding is None or binding.scope.kind is not ScopeKind.FUNCTION:
            return True
        if any(self.facts.names.scope_of(use).owner is not binding.scope for use in binding.uses):
            return True
        inner = followed | {binding}
        return binding not in followed and any(self.leaves(use, sort, inner) for use in binding.uses)

    def leaves_attribute(self, attribute: ast.Attribute, sort: str, followed: frozenset[Binding]) -> bool:
        if sort == "named" and attribute.attr == "name":
            return self.leaves(attribute, "path", followed)
        call = self.facts.tree.parents[attribute]
        if not isinstance(call, ast.Call) or call.func is not attribute:
            return attribute.attr not in known("tempfiles", "paths", "attributes")
        if attribute.attr in known("tempfiles", "paths", "methods"):
            return self.leaves(call, path_of(sort), followed)
        return attribute.attr not in known("tempfiles", "used_by", "methods")

    def leaves_call(self, call: ast.AST, sort: str, followed: frozenset[Binding]) -> bool:
        """The same of a call that is given the path."""
        if not isinstance(call, ast.Call):
            return True
        called = self.facts.names.qualified(call.func) or ""
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        is_below = sort == "folder" and called in known("tempfiles", "paths", "below_by")
        is_derived = called in known("tempfiles", "paths", "derived_by") or method in known(
            "tempfiles", "paths", "given_to"
        )
        if is_below or is_derived:
            return self.leaves(call, path_of(sort), followed)
        return method not in known("tempfiles", "used_by", "methods") and called not in known(
            "tempfiles", "used_by", "calls"
        )


def path_of(sort: str) -> str:
    """The sort of a path made of another."""
    return "folder" if sort == "folder" else "path"


def is_kept(keyword: ast.keyword) -> bool:
    """Whether a keyword says that a file is not to be deleted."""
    return keyword.arg == "delete" and isinstance(keyword.value, ast.Constant) and keyword.value.value is False
