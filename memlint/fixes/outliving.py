"""What may keep an instance for longer than the owner that it knows only weakly."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from memlint.facts import Facts
from memlint.facts.branches import walk
from memlint.facts.class_model import ClassModel, MethodKind


class Outliving:
    """Looks in one file for what may outlive what: instances of `classes` their `owner`."""

    def __init__(
        self,
        facts: Facts,
        classes: list[ClassModel],
        owner: ClassModel,
        means_link: Callable[[ast.AST], bool],
    ) -> None:
        self.facts = facts
        self.classes = classes
        self.owner = owner
        self.means_link = means_link
        """Whether an expression reads the link to the owner."""

    def objections(self) -> Iterator[str]:
        """What may keep an instance for longer than its owner."""
        for each in self.classes:
            for node in walk(each.node):
                if isinstance(node, ast.AsyncFunctionDef) and any(map(self.means_link, walk(node))):
                    yield f"`{node.name}` may be waited for when the owner is gone"
                if isinstance(node, ast.Call) and not self.is_harmless(node.func):
                    if any(map(self.holds_instance, (*node.args, *(each.value for each in node.keywords)))):
                        yield f"`{ast.unparse(node.func)}` is given the instance, and may keep it for longer"
                elif isinstance(node, ast.Assign) and self.holds_instance(node.value):
                    held = (target for target in node.targets if not isinstance(target, ast.Name))
                    if any(not self.leads_from_link(target) for target in held):
                        yield f"`{ast.unparse(node.targets[0])}` keeps the instance"
        owners = {self.owner.node.name, *(each.node.name for each in self.owner.home.derived[self.owner])}
        for node in self.facts.tree.parents:
            named = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and named in owners and self.is_dropped(node):
                yield f"a `{named}` is made for one expression, or by a function that returns a part of it"

    def holds_instance(self, value: ast.expr) -> bool:
        """Whether a value is the instance itself, a method of it, or a function that reads it."""
        if isinstance(value, ast.Lambda):
            return any(self.facts.classes.instance(node) in self.classes for node in walk(value.body))
        if isinstance(value, ast.Attribute):
            model = self.facts.classes.instance(value.value)
            return model is not None and model in self.classes and model.kind(value.attr) is MethodKind.INSTANCE
        if isinstance(value, (ast.List, ast.Set, ast.Tuple)):
            return any(map(self.holds_instance, value.elts))
        return self.facts.classes.instance(value) in self.classes

    def is_harmless(self, function: ast.expr) -> bool:
        """Whether what is called keeps nothing: a builtin, the constructor of a base, or something of the owner."""
        qualified = self.facts.names.qualified(function) or ""
        named = getattr(function, "attr", "")
        return qualified.startswith("builtins.") or is_special(named) or self.leads_from_link(function)

    def leads_from_link(self, expression: ast.expr) -> bool:
        """Whether an expression is an attribute of the owner, in whatever depth."""
        while isinstance(expression, (ast.Attribute, ast.Call, ast.Subscript)):
            if self.means_link(expression):
                return True
            expression = expression.func if isinstance(expression, ast.Call) else expression.value
        return self.means_link(expression)

    def is_dropped(self, made: ast.Call) -> bool:
        """Whether an owner is made for one expression, or is a local variable whose parts a function returns."""
        parents, names = self.facts.tree.parents, self.facts.names
        if isinstance(parents[made], ast.Attribute):
            return not isinstance(self.whole(made), ast.Expr)
        statement = parents[made]
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        binding = names.binding(target) if isinstance(target, ast.Name) else None
        if binding is None or binding.scope is names.module:
            return False
        parts = (use for use in binding.uses if isinstance(parents[use], ast.Attribute))
        return any(isinstance(self.whole(use), (ast.Return, ast.Yield, ast.YieldFrom)) for use in parts)

    def whole(self, node: ast.expr) -> ast.AST:
        """What stands around the longest chain of attributes, calls and subscripts that begins with an expression."""
        inner: ast.AST = node
        while isinstance(outer := self.facts.tree.parents[inner], (ast.Attribute, ast.Await, ast.Call, ast.Subscript)):
            inner = outer
        return self.facts.tree.parents[inner]


def is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
