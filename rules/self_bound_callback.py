from __future__ import annotations

import ast
from collections.abc import Iterator

from memlint.api import (
    ClassModel,
    Effect,
    Facts,
    Fix,
    MethodKind,
    Remark,
    Safety,
    Slice,
    Store,
    StoreRule,
    all_of,
    cst,
    known,
)

LOOKS = frozenset({"get", "items", "keys", "values", "copy"})
"""Methods of a dictionary that leave it as it is."""


class SelfBoundCallback(StoreRule[ast.Attribute]):
    """A bound method holds its instance; kept on that instance it closes a cycle."""

    code = "ML102"
    name = "self-bound-callback"
    effect = Effect.LATE
    claims = ("singleton",)
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"def", rb"\.")

    @classmethod
    def kept(cls, facts: Facts, model: ClassModel, store: Store) -> ast.Attribute | None:
        """The method of the same instance that a stored value holds."""

        def is_own_method(value: ast.expr) -> bool:
            return (
                isinstance(value, ast.Attribute)
                and facts.classes.instance(value.value) is model
                and model.kind(value.attr) is MethodKind.INSTANCE
            )

        path = next(facts.keeping.paths(store.value, is_own_method), None)
        return path.value if path and isinstance(path.value, ast.Attribute) else None

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return super().suspects(facts, part) or any(
            kept_by_local(facts, assignment) for assignment in part.nodes(ast.Assign)
        )

    def visit_Assign(self, node: cst.Assign) -> None:
        statement = self.twin(node, ast.Assign)
        target = kept_by_local(self.facts, statement) if statement else None
        if statement is None or target is None:
            return
        subject, method = self.text(target.value), self.text(statement.value)
        self.report(
            statement,
            f"`{self.text(target)}` keeps the bound method `{method}`, which holds `{subject}`: a cycle, so the object "
            "is freed only by the garbage collector; call the method where it is needed",
            cycle=(self.text(target), method, subject),
        )

    def report_store(self, model: ClassModel, store: Store, kept: ast.Attribute, others: list[Remark]) -> None:
        owner, method = model.node.name, self.text(kept)
        fix = self.bound_anew(model, store, kept)
        withheld = f"`{store.attribute}` is not set once and for all in `__init__`, or a base may define it"
        related = [(model.methods[kept.attr], "the method")] if kept.attr in model.methods else []
        self.report(
            store.by,
            f"`{self.text(kept.value)}.{store.attribute}` keeps the bound method `{method}`, which holds its instance: "
            f"a cycle, so each `{owner}` is freed only by the garbage collector",
            related=[*related, *others],
            cycle=(f"{owner}.{store.attribute}", f"{owner}.{kept.attr}", owner),
            made=(None, *((self.facts, node) for node, _ in related)),
            fix=fix,
            unfixed=withheld if fix is None and store.value is kept else "",
            optional=self.is_fallback(store)
            or self.facts.classes.is_overwritten(store.attribute)
            or self.is_unsure(model, store),
        )

    def is_fallback(self, store: Store) -> bool:
        """Whether the method stands in for what subclasses define: `if not hasattr(self, "send")`."""
        for condition in (each for each in self.facts.tree.ancestors(store.by) if isinstance(each, ast.If)):
            test = condition.test.operand if isinstance(condition.test, ast.UnaryOp) else None
            asked = isinstance(test, ast.Call) and self.facts.names.qualified(test.func) == "builtins.hasattr"
            if asked and isinstance(test, ast.Call) and self.facts.classes.instance(test.args[0]) is not None:
                return True
        return False

    def bound_anew(self, model: ClassModel, store: Store, method: ast.Attribute) -> Fix | None:
        """Bind the method on each read, or all those of a table, by a property in place of the attribute that keeps
        them."""
        if store.value is method:
            return self.property_instead(
                model, store, f"make `{store.attribute}` a property that binds `{method.attr}` on each read"
            )
        if is_table(self.facts, model, store.value) and all(map(self.is_look, self.reads(store.attribute))):
            return self.property_instead(
                model, store, f"make `{store.attribute}` a property that makes its table on each read"
            )
        return None

    def reads(self, attribute: str) -> Iterator[ast.Attribute]:
        nodes = (node for node in self.facts.tree.parents if isinstance(node, ast.Attribute))
        return (node for node in nodes if node.attr == attribute and isinstance(node.ctx, ast.Load))

    def is_look(self, read: ast.Attribute) -> bool:
        """Whether a table is only looked into where it is read, so that another one like it does as well."""
        parent = self.facts.tree.parents[read]
        if isinstance(parent, ast.Subscript):
            return parent.value is read and isinstance(parent.ctx, ast.Load)
        if isinstance(parent, ast.Attribute):
            return parent.attr in LOOKS and isinstance(self.facts.tree.parents[parent], ast.Call)
        return isinstance(parent, ast.Compare) and isinstance(parent.ops[-1], (ast.In, ast.NotIn))


def kept_by_local(facts: Facts, assignment: ast.Assign) -> ast.Attribute | None:
    """The `x.attribute` that is given `x.method`, for a local `x` whose class has it, or which is a future."""
    value, target = assignment.value, assignment.targets[0]
    if not isinstance(value, ast.Attribute) or not isinstance(target, ast.Attribute):
        return None
    if not isinstance(value.value, ast.Name) or not isinstance(target.value, ast.Name):
        return None
    subject = facts.closures.subject(target)
    if subject is None or subject is not facts.names.binding(value.value) or facts.classes.is_ever_cut(target.attr):
        return None
    made = subject.sole.value if subject.sole else None
    if not isinstance(made, ast.Call):
        return None
    model = facts.classes.made_by(made)
    if model is not None:
        is_method = model.kind(value.attr) is MethodKind.INSTANCE and not model.intercepts(target.attr)
    else:
        is_method = facts.kinds.of(value.value) == "future" and value.attr in known("calls", "futures", "methods")
    return target if is_method else None


def is_table(facts: Facts, model: ClassModel, value: ast.expr) -> bool:
    """Whether a value is a dictionary of methods of the same instance by constants, which any moment gives alike."""
    return isinstance(value, ast.Dict) and all(
        isinstance(key, ast.Constant)
        and isinstance(each, ast.Attribute)
        and facts.classes.instance(each.value) is model
        and model.kind(each.attr) is MethodKind.INSTANCE
        for key, each in zip(value.keys, value.values, strict=True)
    )
