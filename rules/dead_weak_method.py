from __future__ import annotations

import ast

from memlint.api import Edit, Effect, Facts, Fix, Rule, Safety, Severity, Slice, all_of, cst


class DeadWeakMethod(Rule):
    """A bound method is made anew at each read; a weak reference to it is dead before the next line."""

    code = "ML701"
    name = "dead-weak-method"
    effect = Effect.LOST
    severity = Severity.ERROR
    fixes = (Safety.UNSAFE,)
    quiet_in_tests = True
    gate = all_of(rb"\.", file=(rb"weakref", rb"def"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(methods(facts, node) for node in part.nodes(ast.Call, ast.Assign))

    def visit_Call(self, node: cst.Call) -> None:
        self.examine(self.twin(node, ast.Call))

    def visit_Assign(self, node: cst.Assign) -> None:
        self.examine(self.twin(node, ast.Assign))

    def examine(self, node: ast.Call | ast.Assign | None) -> None:
        for method, holder in methods(self.facts, node) if node else ():
            short = holder.rpartition(".")[2]
            is_reference = isinstance(node, ast.Call) and self.facts.names.qualified(node.func) == "weakref.ref"
            fix = self.weak_method(node) if is_reference and isinstance(node, ast.Call) else None
            self.report(
                method,
                f"`{self.text(method)}` is a new bound method, which nothing but this `{short}` refers to: it is "
                f"gone at once; {'use `weakref.WeakMethod`' if is_reference else 'keep a `weakref.WeakMethod` of it'}",
                fix=fix,
                unfixed="`WeakMethod` is not imported with its module" if is_reference and fix is None else "",
            )

    def weak_method(self, call: ast.Call) -> Fix | None:
        """Make the reference one that asks its instance for the method."""
        if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name):
            return None
        if self.text(call.func) != f"{call.func.value.id}.ref":
            return None
        start, end = self.slice.span(call.func)
        edit = Edit(start, end, f"{call.func.value.id}.WeakMethod")
        return Fix("refer to the method by its instance", Safety.UNSAFE, (edit,))


def methods(facts: Facts, node: ast.AST) -> list[tuple[ast.Attribute, str]]:
    """The bound methods that a node refers to weakly, each with what does."""
    found = [(facts.weak.bound_method(each.value), each.holder) for each in facts.weak.of(node)]
    return [(method, holder) for method, holder in found if method is not None]
