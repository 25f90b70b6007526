from __future__ import annotations

import ast

from memlint.api import (
    CachedAttribute,
    ClassKind,
    ClassModel,
    Effect,
    Facts,
    Rule,
    Safety,
    Severity,
    Slice,
    all_of,
    cst,
)

VALUES = frozenset({ClassKind.NAMED_TUPLE, ClassKind.EXCEPTION})
HASHED = frozenset({"frozen", "unsafe_hash"})
"""What a dataclass is asked for whose instances compare by what they hold."""
FEW = 4
"""Instances that a cache may keep with little harm."""

MOVED = "the cache in the instance, or do without it"
MORE = "its results depend on more than the instance"


class CachedMethod(Rule):
    """A cache around a method belongs to the class; it has the instance among its keys, and keeps it alive."""

    code = "ML601"
    name = "cached-method"
    effect = Effect.KEPT
    also = ("B019",)
    claims = ("bounded", "singleton")
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\bclass\b", rb"@", file=(rb"cache",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.caching.methods(model) for model in facts.classes.within(part.first, part.last))

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        owner = self.twin(node, ast.ClassDef)
        if owner is None:
            return
        model = self.facts.classes.of(owner)
        is_alone = self.facts.caching.is_alone(model)
        for found in self.facts.caching.methods(model):
            method, name = found.function, found.function.name
            instance = f"`{model.node.name}`"
            kept = f"up to {found.limit} instances of {instance}" if found.limit else f"every {instance}"
            kept = f"one instance of {instance}" if found.limit == 1 else kept
            alone = len(method.args.posonlyargs + method.args.args) == 1 and not method.args.vararg
            is_plain = alone and not method.args.kwonlyargs and not method.args.kwarg and found.kind != "awaiting"
            fix, unfixed = CachedAttribute(self.facts, model, found).fix() if is_plain else (None, MORE)
            way = "the result in its instance, as `functools.cached_property` does" if is_plain else MOVED
            self.report(
                found.by,
                f"`{found.name}` around a method is one cache for all instances: it keeps {kept} that `{name}` was "
                f"called on, with their results{', until it is cleared' if found.is_cleared else ''}; keep {way}",
                severity=self.weight(model, found.limit, is_alone),
                related=[(method, "the method")],
                fix=fix,
                unfixed=unfixed,
                optional=found.is_cleared
                or found.limit == 1
                or self.is_value(model)
                or is_alone
                or self.facts.population.is_few(model),
            )

    def weight(self, model: ClassModel, limit: int | None, is_alone: bool) -> Severity | None:
        """Info where instances are few, or values that compare by what they hold."""
        is_few = is_alone or (limit is not None and limit <= FEW) or self.facts.caching.is_one_of_few(model)
        return Severity.INFO if self.is_value(model) or is_few else None

    def is_value(self, model: ClassModel) -> bool:
        """Whether instances compare by what they hold, so that a cache of them is meant to be shared."""
        if self.facts.class_kinds.of(model) in VALUES or "__hash__" in model.methods:
            return True
        decorators = (each for each in model.node.decorator_list if isinstance(each, ast.Call))
        asked = [each for decorator in decorators for each in decorator.keywords if each.arg in HASHED]
        return any(getattr(each.value, "value", None) is True for each in asked)
