from __future__ import annotations

import ast
from typing import TypeAlias

from memlint.api import ClassModel, Edit, Effect, Facts, Fix, Remark, Safety, Slice, Store, StoreRule, all_of, cst, walk

Function: TypeAlias = ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef

ASKING = frozenset({"getEffectiveLevel", "isEnabledFor"})
"""Methods that tell whether a logger writes a level."""

BARE = (ast.NamedExpr, ast.Yield, ast.YieldFrom)
"""Expressions that a `return` takes in parentheses only."""


class SelfCapturingClosure(StoreRule[Function]):
    """A function that captures an object and is kept by that object closes a cycle."""

    code = "ML103"
    name = "self-capturing-closure"
    effect = Effect.LATE
    claims = ("singleton",)
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"lambda|(?s:\bdef\b.*?\bdef\b)", rb"\.")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        models = facts.classes.within(part.first, part.last)
        stored = [store.value for model in models for store in cls.stores(facts, model)]
        for assignment in part.nodes(ast.Assign):
            if any(isinstance(each, ast.Attribute) for each in assignment.targets):
                stored.append(assignment.value)
        if any(facts.links.function(held) for value in stored for held, _ in facts.links.held(value)):
            return True
        return "weakref" in facts.source.text and any(
            facts.weak.late(each) for each in part.nodes(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        )

    @classmethod
    def stores(cls, facts: Facts, model: ClassModel) -> list[Store]:
        """What methods store themselves: a function that is handed to one may well be asked what it is first, or go to
        a copy."""
        return model.stores

    @classmethod
    def kept(cls, facts: Facts, model: ClassModel, store: Store) -> Function | None:
        """The function that captures the instance in a stored value."""
        instance = facts.classes.instance_binding(store)
        return facts.links.holding_function(store.value, instance) if instance else None

    def visit_Assign(self, node: cst.Assign) -> None:
        if not any(isinstance(each.target, cst.Attribute) for each in node.targets):
            return
        statement = self.twin(node, ast.Assign)
        if statement is None:
            return
        for target in statement.targets:
            if isinstance(target, ast.Attribute) and (subject := self.facts.closures.subject(target)):
                function = self.facts.links.holding_function(statement.value, subject)
                if function and not self.facts.classes.is_ever_cut(target.attr):
                    self.report_local(statement, target, function)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.report_late(self.twin(node, ast.FunctionDef) or self.twin(node, ast.AsyncFunctionDef))

    def visit_Lambda(self, node: cst.Lambda) -> None:
        self.report_late(self.twin(node, ast.Lambda))

    def report_late(self, function: Function | None) -> None:
        """A weak reference that a function makes to the object in its own cell, which is there to keep it."""
        made = self.facts.weak.late(function) if function else None
        if function is None or made is None:
            return
        subject, shown = self.text(made.args[0]), describe(function)
        self.report(
            made,
            f"`{self.text(made)}` is made when {shown} runs, which holds `{subject}` itself until then: the reference "
            "is weak too late; make it outside, and capture that",
            related=[] if isinstance(function, ast.Lambda) else [(function, "the function")],
        )

    def report_store(self, model: ClassModel, store: Store, kept: Function, others: list[Remark]) -> None:
        owner, name, function, shown = model.node.name, store.instance, kept, describe(kept)
        fix, unfixed = None, ""
        if isinstance(function, ast.Lambda):
            unfixed = self.obstacle(model, store, function)
            fix = None if unfixed else self.method_instead(store, function)
        self.report(
            store.by,
            f"`{name}.{store.attribute}` keeps {shown}, which holds `{name}`: a cycle, so each `{owner}` is freed only "
            "by the garbage collector; make it a method",
            optional=store.inside
            or self.is_unsure(model, store)
            or self.is_for_a_look(store)
            or self.facts.company.is_child(model)
            or not all(map(self.facts.classes.is_known, model.lineage()))
            or self.facts.classes.is_overwritten(store.attribute),
            related=[*([] if isinstance(function, ast.Lambda) else [(function, "the function")]), *others],
            cycle=(f"{owner}.{store.attribute}", shown, owner),
            made=(None, (self.facts, function)),
            fix=fix,
            unfixed=unfixed,
        )

    def report_local(self, statement: ast.Assign, target: ast.Attribute, function: Function) -> None:
        subject, kept = self.text(target.value), describe(function)
        self.report(
            statement,
            f"`{self.text(target)}` keeps {kept}, which holds `{subject}`: a cycle, so the object is freed only by the "
            f"garbage collector; capture the parts of `{subject}` that it needs, or a `weakref.ref`",
            related=[] if isinstance(function, ast.Lambda) else [(function, "the function")],
            cycle=(self.text(target), kept, subject),
            made=(None, (self.facts, function)),
            optional=self.is_of_unknown_class(target)
            or self.is_owned(target)
            or self.holds_itself(target, statement)
            or not self.facts.population.is_done_often(statement),
        )

    def is_for_a_look(self, store: Store) -> bool:
        """Whether the function is stored only while messages for debugging are asked for."""
        tests = (each.test for each in self.facts.tree.ancestors(store.by) if isinstance(each, ast.If))
        called = (node.func for test in tests for node in walk(test) if isinstance(node, ast.Call))
        return any(isinstance(each, ast.Attribute) and each.attr in ASKING for each in called)

    def is_of_unknown_class(self, target: ast.Attribute) -> bool:
        """Whether no class at hand is seen to make the object: it may be full of cycles of its own."""
        subject = self.facts.closures.subject(target)
        made = subject.sole.value if subject and subject.sole else None
        return not isinstance(made, ast.Call) or self.facts.classes.made_by(made) is None

    def holds_itself(self, target: ast.Attribute, statement: ast.Assign) -> bool:
        """Whether the function stores the object, or a method of it, on the object itself as well: to cut one of these
        cycles frees nothing."""
        subject = self.facts.closures.subject(target)
        for other in walk(self.facts.tree.function(statement)):
            if isinstance(other, ast.Assign) and other is not statement:
                value = other.value.value if isinstance(other.value, ast.Attribute) else other.value
                holders = [each.value for each in other.targets if isinstance(each, ast.Attribute)]
                bindings = [self.facts.names.binding(each) for each in (value, *holders) if isinstance(each, ast.Name)]
                if holders and len(bindings) > 1 and all(each is subject for each in bindings):
                    return True
        return False

    def is_owned(self, target: ast.Attribute) -> bool:
        """Whether the object is a part of a window that ends it: `box = CheckBox(parent=self)`."""
        subject = self.facts.closures.subject(target)
        made = subject.sole.value if subject and subject.sole else None
        given = made.keywords if isinstance(made, ast.Call) else []
        return any(each.arg == "parent" for each in given)

    def obstacle(self, model: ClassModel, store: Store, function: ast.Lambda) -> str:
        """Why a lambda cannot become a method; empty where it can."""
        if store.value is not function or not self.facts.classes.is_plain(model, store):
            return f"`{store.attribute}` is not set once and for all in `__init__`, or a base may define it"
        if self.facts.links.captured(function) != {self.facts.classes.instance_binding(store)}:
            return "the lambda uses other local variables"
        if self.facts.links.defaults(function):
            return "the lambda has defaults"
        above = self.facts.source.lines[store.by.lineno - 2].strip()
        if self.delete_statement(store.by) is None or "\n" in self.text(store.by) or above.startswith("#"):
            return "a comment or another statement stands with it, or it spans lines"
        return ""

    def method_instead(self, store: Store, function: ast.Lambda) -> Fix | None:
        """Define the lambda as a method behind `__init__`, in place of the attribute."""
        deletion = self.delete_statement(store.by)
        if deletion is None:
            return None
        outer, inner = self.indentation(store.method), self.indentation(store.by)
        given = self.text(function).removeprefix("lambda").partition(":")[0].strip()
        parameters = f"{store.instance}, {given}" if given else store.instance
        value = self.text(function.body)
        value = f"({value})" if isinstance(function.body, BARE) else value
        lines = ["", "", f"{outer}def {store.attribute}({parameters}):", f"{inner}return {value}"]
        end = self.line_end(store.method.end_lineno or store.method.lineno)
        return Fix(
            f"make `{store.attribute}` a method",
            Safety.UNSAFE,
            (deletion, Edit(end, end, "\n".join(lines))),
        )


def describe(function: Function) -> str:
    return "a lambda" if isinstance(function, ast.Lambda) else f"the function `{function.name}`"
