from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst, known


class StdlibRegistryGrows(Rule):
    """A table of the standard library gets an entry under a new key with each call, and keeps it."""

    code = "ML621"
    name = "stdlib-registry-grows"
    effect = Effect.KEPT
    claims = ("bounded",)
    gate = all_of(rb"def|lambda", rb"\]|\(", file=(rb"linecache|\bsys\b|logging|mimetypes|warnings",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(
            entered(facts, node) is not None or worded(facts, node) is not None
            for node in part.nodes(ast.Subscript, ast.Call)
        )

    def visit_Subscript(self, node: cst.Subscript) -> None:
        self.check(self.twin(node, ast.Subscript))

    def visit_Call(self, node: cst.Call) -> None:
        self.check(self.twin(node, ast.Call))

    def check(self, node: ast.Subscript | ast.Call | None) -> None:
        if node is None:
            return
        if isinstance(node, ast.Call) and (text := worded(self.facts, node)):
            self.report(
                node,
                f"`__warningregistry__` keeps every text that is shown, and {self.quoted(text) or 'this one'} is "
                "another with each value; warn with a text that stays the same, or log it",
                optional=True,
            )
        key = entered(self.facts, node)
        if key is None:
            return
        place = node.value if isinstance(node, ast.Subscript) else node.func
        self.report(
            node,
            f"`{self.text(place)}` keeps an entry for every {self.quoted(key) or 'key'}, a new one with each call: "
            "nothing removes it; take it out when it is done with, or use a key that stays the same",
        )


def entered(facts: Facts, node: ast.Subscript | ast.Call) -> ast.expr | None:
    """The ever new key under which a node enters something into a table of the standard library for good."""
    if isinstance(node, ast.Subscript):
        name = facts.names.qualified(node.value) if isinstance(node.ctx, ast.Store) else None
        key: ast.expr | None = node.slice
    else:
        name = facts.names.qualified(node.func)
        key = argument(node, name or "")
    listed = "tables" if isinstance(node, ast.Subscript) else "calls"
    if name is None or key is None or name not in known("growth", "registries", listed):
        return None
    function = facts.tree.function(node)
    if isinstance(function, ast.Module) or facts.growths.origins.is_import_time(function):
        return None
    if is_emptied(facts, name) or is_undone(facts, node):
        return None
    origins = facts.growths.origins
    is_new = origins.is_new(key) if isinstance(node, ast.Subscript) else origins.is_fresh(key, set())
    return key if is_new else None


def worded(facts: Facts, node: ast.AST) -> ast.expr | None:
    """The text of a warning that is another with each value, where the table of those that were shown stays."""
    text = facts.growths.warned(node) if isinstance(node, ast.Call) else None
    return None if text is None or is_undone(facts, node) else text


def argument(call: ast.Call, called: str) -> ast.expr | None:
    """What a call enters: its second argument for a message of a filter, else its first."""
    named = [each.value for each in call.keywords if each.arg in ("message", "type", "levelName")]
    if called == "warnings.filterwarnings":
        return named[0] if named else call.args[1] if len(call.args) > 1 else None
    return call.args[0] if call.args else named[0] if named else None


def is_emptied(facts: Facts, table: str) -> bool:
    """Whether the file takes entries out of a table anywhere, or empties it."""
    for node in facts.tree.parents:
        if (
            isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Del)
            and facts.names.qualified(node.value) == table
        ):
            return True
        if isinstance(node, ast.Call):
            name = facts.names.qualified(node.func) or ""
            if name in known("growth", "registries", "emptied") and name.split(".")[0] == table.split(".")[0]:
                return True
        taken = node.value if isinstance(node, ast.Attribute) and node.attr in ("clear", "pop", "popitem") else None
        if taken is not None and facts.names.qualified(taken) == table:
            return True
    return False


def is_undone(facts: Facts, node: ast.AST) -> bool:
    """Whether a `with` around the entry takes it back, as `catch_warnings` does."""
    return any(
        facts.names.qualified(item.context_expr.func) == "warnings.catch_warnings"
        for outer in facts.tree.ancestors(node)
        if isinstance(outer, (ast.With, ast.AsyncWith))
        for item in outer.items
        if isinstance(item.context_expr, ast.Call)
    )
