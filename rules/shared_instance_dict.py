from __future__ import annotations

import ast
import re

from memlint.api import Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst, walk

GAP = rb"[\s\\]*"
SHARING = rb"\." + GAP + rb"__dict__" + GAP + rb"=[^=](?s:.)*?\." + GAP + rb"__dict__"
COPYING = re.compile(r"_*(?:deep)?(?:cop(?:y|ied)|clone|duplicate)(?![a-z])", re.IGNORECASE)


class SharedInstanceDict(Rule):
    """Two instances with one `__dict__` are one object under two identities: each attribute set on one is on both."""

    code = "ML208"
    name = "shared-instance-dict"
    effect = Effect.SHARED
    default = False
    fixes = (Safety.UNSAFE,)
    quiet_in_tests = True
    gate = all_of(SHARING)

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(is_sharing(facts, node) for node in part.nodes(ast.Assign))

    def visit_Assign(self, node: cst.Assign) -> None:
        # libcst's `SimpleStatementLine` stands where the `ast` statement does, and so does its assignment.
        sharing = self.twin(node, ast.Assign)
        if sharing is None or not is_sharing(self.facts, sharing):
            return
        target, source = sharing.targets[0], sharing.value
        assert isinstance(target, ast.Attribute)
        assert isinstance(source, ast.Attribute)
        one, other = self.text(target.value), self.text(source.value)
        copy = Fix(f"give `{one}` a copy", Safety.UNSAFE, (self.replace(source, f"{self.text(source)}.copy()"),))
        self.report(
            sharing,
            f"`{one}` and `{other}` share one `__dict__`: an attribute set on one is set on both; "
            f"use `{other}.__dict__.copy()`",
            fix=None if "#" in self.text(source) else copy,
            unfixed="a comment stands in the expression" if "#" in self.text(source) else "",
        )


def is_sharing(facts: Facts, assignment: ast.Assign) -> bool:
    """Whether an assignment makes two instances share their attributes that are meant to be two: a copy is made, or one
    of them gets an attribute of its own afterwards."""
    target, source = assignment.targets[0], assignment.value
    if len(assignment.targets) != 1 or not is_dict(target) or not is_dict(source):
        return False
    function = facts.tree.function(assignment)
    one, other = name_of(target), name_of(source)
    if one is None or other is None or not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    made, kept = facts.names.binding(one), facts.names.binding(other)
    if made is None or kept is None or made is kept or not kept.sole or not isinstance(kept.sole.node, ast.arg):
        return False
    inside = [node for node in walk(function) if isinstance(node, (ast.Attribute, ast.Return))]
    if any(isinstance(node, ast.Attribute) and node.attr == "__class__" and is_set(node) for node in inside):
        return False
    is_written = any(
        isinstance(node, ast.Attribute)
        and is_set(node)
        and node.lineno > assignment.lineno
        and isinstance(node.value, ast.Name)
        and facts.names.binding(node.value) is made
        for node in inside
    )
    if function.name == "__init__" and made.sole and isinstance(made.sole.node, ast.arg):
        return is_written
    if not made.sole or not isinstance(made.sole.value, ast.Call) or made.scope.node is not function:
        return False
    returned = [node.value for node in inside if isinstance(node, ast.Return)]
    is_returned = any(isinstance(value, ast.Name) and facts.names.binding(value) is made for value in returned)
    return is_returned and (is_written or COPYING.search(function.name) is not None)


def is_dict(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "__dict__"


def is_set(node: ast.Attribute) -> bool:
    return isinstance(node.ctx, ast.Store)


def name_of(attribute: ast.expr) -> ast.Name | None:
    """The name in `name.__dict__`."""
    value = attribute.value if isinstance(attribute, ast.Attribute) else None
    return value if isinstance(value, ast.Name) else None
