from __future__ import annotations

import ast

from memlint.api import ClassModel, Effect, Facts, Rule, Severity, Slice, all_of, cst, known, walk

VARIABLE = "contextvars.ContextVar"
FRESH = known("hooks", "names", "fresh")
SPARING = frozenset({"get", "name"})
"""What may be asked of a context variable without a word on whether it lasts."""


class ContextvarPerCall(Rule):
    """A context keeps each variable that was ever set in it; one that a function makes stays there with its value."""

    code = "ML613"
    name = "contextvar-per-call"
    effect = Effect.KEPT
    severity = Severity.ERROR
    gate = all_of(rb"\bdef\b|\blambda\b", file=(rb"\bContextVar\b", rb"\bset\b"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(is_kept(facts, call) for call in part.nodes(ast.Call))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        if call is None or not is_kept(self.facts, call):
            return
        function = self.facts.tree.function(call)
        outer = getattr(function, "name", "the lambda")
        self.report(
            call,
            f"each call of `{outer}` makes a context variable, and the context in which it is set keeps it and its "
            "value for good; make it once, in the module",
            related=[(function, "the function")] if isinstance(function, ast.stmt) else [],
            optional=is_of_instance(self.facts, call),
        )


def is_kept(facts: Facts, call: ast.Call) -> bool:
    """Whether a call makes a context variable in a function that runs time and again, where some code here sets it and
    none sets it back."""
    function = facts.tree.function(call)
    if isinstance(function, ast.Module) or facts.names.qualified(made(call)) != VARIABLE:
        return False
    if facts.closures.runs_once(function) or facts.closures.is_cached(function):
        return False
    parent = facts.tree.parents[call]
    if isinstance(parent, ast.Attribute):
        return parent.attr == "set" and facts.tree.is_called(parent)
    target = next(iter(parent.targets), None) if isinstance(parent, ast.Assign) and len(parent.targets) == 1 else None
    target = parent.target if isinstance(parent, (ast.AnnAssign, ast.NamedExpr)) else target
    if isinstance(target, ast.Name):
        binding = facts.names.binding(target)
        own = binding.scope.owner is facts.names.inner(function) if binding else False
        return bool(binding and own and settings(facts, list(binding.uses)))
    model = facts.classes.instance(target.value) if isinstance(target, ast.Attribute) else None
    return isinstance(target, ast.Attribute) and model is not None and is_kept_by(facts, call, model, target)


def made(call: ast.Call) -> ast.expr:
    """What a call calls, without type arguments: `ContextVar` of `ContextVar[int]("depth")`."""
    return call.func.value if isinstance(call.func, ast.Subscript) else call.func


def is_kept_by(facts: Facts, call: ast.Call, model: ClassModel, target: ast.Attribute) -> bool:
    """Whether instances, of which there are many as far as this file shows, each set a variable of their own."""
    reads = [each for each in facts.tree.parents if isinstance(each, ast.Attribute) and each.attr == target.attr]
    where = settings(facts, [each for each in reads if isinstance(each.ctx, ast.Load)])
    if not where or facts.classes.is_singleton(model):
        return False
    function = facts.tree.function(call)
    if is_named_anew(facts, call) or any(facts.tree.function(each) is function for each in where):
        return True
    binding = facts.names.binding_of(model.node)
    makers = [facts.tree.function(use) for use in binding.uses if facts.tree.is_called(use)] if binding else []
    return any(not facts.closures.runs_once(maker) for maker in makers)


def is_named_anew(facts: Facts, call: ast.Call) -> bool:
    """Whether each variable gets a name of its own, as one does who makes many."""
    return any(isinstance(each, ast.Call) and is_fresh(facts, each) for name in call.args for each in walk(name))


def is_of_instance(facts: Facts, call: ast.Call) -> bool:
    """Whether there is a variable for each instance, of which the file does not say how many there are."""
    parent = facts.tree.parents[call]
    targets = parent.targets if isinstance(parent, ast.Assign) else [getattr(parent, "target", None)]
    return isinstance(targets[0], ast.Attribute) and not is_named_anew(facts, call)


def is_fresh(facts: Facts, call: ast.Call) -> bool:
    """Whether a call gives another answer for each object or call."""
    return facts.names.qualified(call.func) in FRESH


def settings(facts: Facts, reads: list[ast.Name] | list[ast.Attribute]) -> list[ast.AST]:
    """The places that set a variable for good; none where it is set back, or given away."""
    parents = facts.tree.parents
    asked = [parents[each] for each in reads]
    if any(not isinstance(each, ast.Attribute) or each.attr not in {"set", *SPARING} for each in asked):
        return []
    return [each for each in asked if isinstance(each, ast.Attribute) and each.attr == "set"]
