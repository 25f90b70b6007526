from __future__ import annotations

import ast

from memlint.api import (
    ClassModel,
    Edit,
    Effect,
    Facts,
    Fix,
    MethodKind,
    Rule,
    Safety,
    Severity,
    Slice,
    Store,
    all_of,
    cst,
)


class SelfBoundCallback(Rule):
    """A bound method holds its instance; kept on that instance it closes a cycle."""

    code = "ML102"
    name = "self-bound-callback"
    effect = Effect.LATE
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"class", rb"def", rb"\.")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        models = facts.classes.within(part.first, part.last)
        return any(held_method(facts, model, store) for model in models for store in model.stores)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        owner = self.twin(node, ast.ClassDef)
        if owner is None:
            return
        model = self.facts.classes.of(owner)
        reported: set[ast.stmt] = set()
        for store in model.stores:
            method = held_method(self.facts, model, store)
            if method is None or store.by in reported or not self.facts.classes.is_lasting(model, store):
                continue
            reported.add(store.by)
            self.report_cycle(model, store, method)

    def report_cycle(self, model: ClassModel, store: Store, method: ast.Attribute) -> None:
        owner, kept = model.node.name, self.text(method)
        fix = self.property_instead(model, store, method)
        withheld = f"`{store.attribute}` is not set once and for all in `__init__`, or a base may define it"
        related = [(model.methods[method.attr], "the method")] if method.attr in model.methods else []
        self.report(
            store.by,
            f"`{self.text(method.value)}.{store.attribute}` keeps the bound method `{kept}`, which holds its instance: "
            f"a cycle, so each `{owner}` is freed only by the garbage collector",
            severity=Severity.INFO if self.facts.classes.is_singleton(model) else None,
            related=related,
            cycle=(f"{owner}.{store.attribute}", f"{owner}.{method.attr}", owner),
            fix=fix,
            unfixed=withheld if fix is None and store.value is method else "",
        )

    def property_instead(self, model: ClassModel, store: Store, method: ast.Attribute) -> Fix | None:
        """Bind the method on each read, by a property, in place of the attribute that keeps it."""
        deletion = self.delete_statement(store.by)
        if store.value is not method or deletion is None or not self.facts.classes.is_plain(model, store):
            return None
        if self.facts.source.lines[store.by.lineno - 2].strip().startswith("#"):
            return None
        outer, inner = self.indentation(store.method), self.indentation(store.by)
        header = f"{outer}def {store.attribute}({store.instance}):"
        lines = ["", "", f"{outer}@property", header, f"{inner}return {self.text(method)}"]
        end = self.line_end(store.method.end_lineno or store.method.lineno)
        return Fix(
            f"make `{store.attribute}` a property that binds `{method.attr}` on each read",
            Safety.UNSAFE,
            (deletion, Edit(end, end, "\n".join(lines))),
        )


def held_method(facts: Facts, model: ClassModel, store: Store) -> ast.Attribute | None:
    """The method of the same instance that a stored value holds."""

    def is_own_method(value: ast.expr) -> bool:
        return (
            isinstance(value, ast.Attribute)
            and facts.classes.instance(value.value) is model
            and model.kind(value.attr) is MethodKind.INSTANCE
        )

    path = next(facts.keeping.paths(store.value, is_own_method), None)
    return path.value if path and isinstance(path.value, ast.Attribute) else None
