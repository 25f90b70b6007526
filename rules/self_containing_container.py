from __future__ import annotations

import ast

from memlint.api import Binding, Effect, Facts, Rule, ScopeKind, Severity, Slice, all_of, cst


class SelfContainingContainer(Rule):
    """A container that is put into itself is a cycle of one."""

    code = "ML111"
    name = "self-containing-container"
    effect = Effect.LATE
    default = False
    gate = all_of(rb"append|insert|setdefault|extend|update|\]\s*(?:\\\n\s*)?=|\+=|\|=")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.containment.in_itself, part.nodes(ast.Call, ast.Assign, ast.AugAssign)))

    def visit_Call(self, node: cst.Call) -> None:
        self.examine(self.twin(node, ast.Call))

    def visit_Assign(self, node: cst.Assign) -> None:
        self.examine(self.twin(node, ast.Assign))

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self.examine(self.twin(node, ast.AugAssign))

    def examine(self, by: ast.Call | ast.Assign | ast.AugAssign | None) -> None:
        """Report, where one of the values that are put into a container is or holds that container."""
        binding = self.facts.containment.in_itself(by) if by else None
        if by is not None and binding is not None:
            self.report_cycle(binding, by)

    def report_cycle(self, binding: Binding, by: ast.Call | ast.stmt) -> None:
        name = binding.name
        if binding.scope.kind in (ScopeKind.MODULE, ScopeKind.CLASS) and binding.sole is not None:
            until = f"once the {binding.scope.kind.value} lets go of it, only the garbage collector frees it"
            severity = Severity.INFO
        else:
            until = "it and all that it holds are freed only by the garbage collector"
            severity = Severity.WARNING
        self.report(
            by if isinstance(by, ast.stmt) else self.whole(by),
            f"`{name}` contains itself: a cycle, so {until}; take the entry out again when the work is done",
            severity=severity,
            cycle=(name, name),
            optional=is_ring(by) or any(map(is_of_no_program, self.facts.tree.ancestors(by))),
        )

    def whole(self, call: ast.Call) -> ast.Call | ast.Expr:
        """The statement that a call is, else the call."""
        parent = self.facts.tree.parents[call]
        return parent if isinstance(parent, ast.Expr) else call


def is_ring(by: ast.AST) -> bool:
    """Whether a display names one thing twice, as where the first node of a ring comes before and after itself."""
    names = [each.id for each in getattr(getattr(by, "value", None), "elts", ()) if isinstance(each, ast.Name)]
    return len(names) > len(set(names))


def is_of_no_program(outer: ast.AST) -> bool:
    """Whether a node is a test, which makes such a cycle on purpose, or stands in for a module that is not there."""
    if isinstance(outer, ast.ExceptHandler):
        return isinstance(outer.type, ast.Name) and outer.type.id in ("ImportError", "ModuleNotFoundError")
    return isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)) and outer.name.startswith("test_")
