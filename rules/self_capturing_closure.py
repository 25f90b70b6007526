from __future__ import annotations

import ast
from typing import TypeAlias

from memlint.api import (
    Binding,
    ClassModel,
    Definition,
    DefinitionKind,
    Edit,
    Effect,
    Facts,
    Fix,
    Rule,
    Safety,
    ScopeKind,
    Severity,
    Slice,
    Store,
    all_of,
    cst,
)

Function: TypeAlias = ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef

NO_INSTANCE = frozenset(
    {
        "builtins.__import__",
        "builtins.super",
        "builtins.type",
        "collections.namedtuple",
        "importlib.import_module",
        "types.ModuleType",
        "types.new_class",
        "weakref.proxy",
    }
)
"""Calls that give a class or a module, or what passes attributes on to another object."""
CLASSES = frozenset({"class_", "cls", "func", "function", "klass", "method", "mod", "module"})
CLASS_ANNOTATIONS = frozenset({"Callable", "ModuleType", "Type", "type", "types.ModuleType", "typing.Callable"})
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


BARE = (ast.NamedExpr, ast.Yield, ast.YieldFrom)
"""Expressions that a `return` takes in parentheses only."""


class SelfCapturingClosure(Rule):
    """A function that captures an object and is kept by that object closes a cycle."""

    code = "ML103"
    name = "self-capturing-closure"
    effect = Effect.LATE
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"lambda|(?s:\bdef\b.*?\bdef\b)", rb"\.")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        stored = [store.value for model in facts.classes.within(part.first, part.last) for store in model.stores]
        for statement in part.statements:
            for node in ast.walk(statement):
                if isinstance(node, ast.Assign) and any(isinstance(each, ast.Attribute) for each in node.targets):
                    stored.append(node.value)
        return any(facts.links.function(held) for value in stored for held, _ in facts.links.held(value))

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        owner = self.twin(node, ast.ClassDef)
        if owner is None:
            return
        model = self.facts.classes.of(owner)
        reported: set[ast.stmt] = set()
        for store in model.stores:
            instance = self.facts.classes.instance_binding(store)
            function = self.facts.links.holding_function(store.value, instance) if instance else None
            if instance is None or function is None or store.by in reported:
                continue
            if self.facts.classes.is_lasting(model, store):
                reported.add(store.by)
                self.report_instance(model, store, instance, function)

    def visit_Assign(self, node: cst.Assign) -> None:
        if not any(isinstance(each.target, cst.Attribute) for each in node.targets):
            return
        statement = self.twin(node, ast.Assign)
        if statement is None:
            return
        for target in statement.targets:
            if isinstance(target, ast.Attribute) and (subject := self.local_subject(target)):
                function = self.facts.links.holding_function(statement.value, subject)
                if function and not self.facts.classes.is_ever_cut(target.attr):
                    self.report_local(statement, target, function)

    def local_subject(self, target: ast.Attribute) -> Binding | None:
        """The local variable whose object a function is stored on, bound once, to what may be an object of its own."""
        name = target.value
        binding = self.facts.names.binding(name) if isinstance(name, ast.Name) else None
        if binding is None or binding.sole is None or binding.scope.kind is not ScopeKind.FUNCTION:
            return None
        if self.facts.classes.instance(name) or self.is_class_or_function(binding):
            return None
        return binding if self.is_made_once(binding.sole) else None

    def is_class_or_function(self, binding: Binding) -> bool:
        """Whether a variable's object is called, or given special methods: a class or a function, which lives long."""
        parents = self.facts.tree.parents
        return binding.name in CLASSES or any(
            (isinstance(parent := parents[use], ast.Call) and parent.func is use)
            or (isinstance(parent, ast.Attribute) and isinstance(parent.ctx, ast.Store) and is_special(parent.attr))
            for use in binding.uses
        )

    def is_made_once(self, definition: Definition) -> bool:
        """Whether a variable is given, or bound to no class or module, and outside loops, whose rounds share a cell."""
        if definition.kind is DefinitionKind.PARAMETER:
            annotation = getattr(definition.node, "annotation", None)
            return annotation is None or self.text(annotation).partition("[")[0] not in CLASS_ANNOTATIONS
        value = definition.value
        if definition.kind not in (DefinitionKind.ASSIGNMENT, DefinitionKind.WITH) or value is None:
            return False
        loop = self.facts.tree.enclosing(definition.node, ast.For, ast.AsyncFor, ast.While, *FUNCTIONS)
        if not isinstance(loop, FUNCTIONS):
            return False
        return self.facts.names.qualified(value.func if isinstance(value, ast.Call) else value) not in NO_INSTANCE

    def report_instance(self, model: ClassModel, store: Store, instance: Binding, function: Function) -> None:
        owner, name, kept = model.node.name, instance.name, describe(function)
        fix, unfixed = None, ""
        if isinstance(function, ast.Lambda):
            unfixed = self.obstacle(model, store, instance, function)
            fix = None if unfixed else self.method_instead(store, function)
        self.report(
            store.by,
            f"`{name}.{store.attribute}` keeps {kept}, which holds `{name}`: a cycle, so each `{owner}` is freed only "
            "by the garbage collector; make it a method",
            severity=Severity.INFO if self.facts.classes.is_singleton(model) else None,
            related=[] if isinstance(function, ast.Lambda) else [(function, "the function")],
            cycle=(f"{owner}.{store.attribute}", kept, owner),
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
        )

    def obstacle(self, model: ClassModel, store: Store, instance: Binding, function: ast.Lambda) -> str:
        """Why a lambda cannot become a method; empty where it can."""
        if store.value is not function or not self.facts.classes.is_plain(model, store):
            return f"`{store.attribute}` is not set once and for all in `__init__`, or a base may define it"
        if self.facts.links.captured(function) != {instance}:
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


def is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
