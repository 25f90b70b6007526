"""What the cells of nested functions hold, and whether it is of any size, or is kept by others anyway."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.kinds import default_of
from memlint.facts.names import Binding, Definition, DefinitionKind
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts
    from memlint.facts.closures import Function

CODE = (DefinitionKind.CLASS, DefinitionKind.FUNCTION, DefinitionKind.IMPORT)
SCALARS = frozenset({"bool", "bytes", "complex", "float", "int", "NoneType", "str"})
SMALL = frozenset(
    {
        *(f"builtins.{name}" for name in ("bool", "float", "hash", "id", "int", "isinstance", "len", "ord", "round")),
        "typing.TypeVar",
    }
)
"""Calls whose result is of no size."""

PAIRS = frozenset({"builtins.divmod", "math.frexp", "math.modf"})
"""Calls that give several numbers."""


class Captures:
    """Questions about the variables that functions hold in their cells."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names
        self.tree = facts.tree

    def heavy(self, circle: list[Function]) -> list[Binding]:
        """What the functions of a circle hold besides each other that may be of any size, parameters first."""
        held: set[Binding] = set().union(*map(self.facts.links.captured, circle))
        held -= {binding for each in circle if (binding := self.facts.closures.variable(each))}
        outer = self.tree.function(circle[0])
        heavy = [each for each in held if not self.is_small(each) and not self.is_given_back(each, outer)]
        return sorted(heavy, key=lambda each: (each.definitions[0].kind is not DefinitionKind.PARAMETER, each.name))

    def is_large(self, binding: Binding) -> bool:
        """Whether the code shows that what a variable holds is large."""
        return any(self.facts.producers.large(each.value) is not None for each in binding.definitions)

    def takes_itself_out(self, function: Function) -> bool:
        """Whether all that a function does with its own name is to have it taken from where it is registered, which
        keeps it, and lets go of it then."""
        own, inside = self.facts.closures.variable(function), set(walk(function))
        used = [use for use in (own.uses if own else ()) if use in inside]
        calls = [parent.func for use in used if isinstance(parent := self.tree.parents[use], ast.Call)]
        names = [each.attr for each in calls if isinstance(each, ast.Attribute)]
        words = known("hooks", "callbacks", "removing")
        return bool(used) and len(names) == len(used) and all(name.partition("_")[0] in words for name in names)

    def is_small(self, binding: Binding) -> bool:
        """Whether a variable is of no size: by all that it is bound to, or by what it is used for."""
        if all(map(self.is_light, binding.definitions)) or (binding.uses and all(map(self.is_asked, binding.uses))):
            return True
        return self.is_state_of_class(binding) or self.is_bare_callable(binding) or self.is_instance(binding)

    def is_instance(self, binding: Binding) -> bool:
        """Whether a variable is the current instance of a class, which most likely lives on when its method ends."""
        return bool(binding.uses) and self.facts.classes.instance(binding.uses[0]) is not None

    def is_given_back(self, binding: Binding, outer: ast.AST) -> bool:
        """Whether all that a function returns is the variable: its caller has it anyway."""
        own = (node for node in walk(outer) if isinstance(node, ast.Return) and self.tree.function(node) is outer)
        given = [node.value for node in own if node.value is not None]
        return bool(given) and all(isinstance(each, ast.Name) and self.names.binding(each) is binding for each in given)

    def is_asked(self, use: ast.Name) -> bool:
        """Whether a use asks for nothing but the truth of a variable, as of a switch."""
        inner: ast.AST = use
        for outer in self.tree.ancestors(use):
            if isinstance(outer, ast.UnaryOp) and isinstance(outer.op, ast.Not):
                return True
            if not isinstance(outer, ast.BoolOp):
                is_filter = isinstance(outer, ast.comprehension) and inner in outer.ifs
                return is_filter or getattr(outer, "test", None) is inner
            inner = outer
        return False

    def is_state_of_class(self, binding: Binding) -> bool:
        """Whether a variable is an instance that has its attributes from its class: `self.__dict__ = self._shared`."""
        first = binding.sole
        model = self.facts.classes.instance(binding.uses[0]) if first and binding.uses else None
        if model is None:
            return False
        return any(
            store.attribute == "__dict__" and isinstance(store.value, ast.Attribute)
            for each in model.local_lineage()
            for store in each.stores
        )

    def is_bare_callable(self, binding: Binding) -> bool:
        """Whether a variable is made with no arguments and only called: nothing is seen that it could carry."""
        value = binding.sole.value if binding.sole else None
        is_bare = isinstance(value, ast.Call) and not value.args and not value.keywords
        return is_bare and bool(binding.uses) and all(map(self.tree.is_called, binding.uses))

    def is_light(self, definition: Definition) -> bool:
        """Whether a definition binds a number, a text, a class, or a function, whose own cells count anyway."""
        if definition.kind in CODE or definition.kind is DefinitionKind.DELETE:
            return True
        if definition.kind is DefinitionKind.PARAMETER:
            annotation = getattr(definition.node, "annotation", None)
            default = self.default(definition)
            if isinstance(default, ast.Constant) and default.value is not None:
                return True
            name = self.names.qualified(annotation) if annotation else None
            return (name or "").removeprefix("builtins.") in SCALARS
        value = definition.value
        if isinstance(value, ast.Lambda) or self.facts.kinds.of(value) in SCALARS:
            return True
        if isinstance(value, (ast.List, ast.Set, ast.Tuple)) and (value.elts or isinstance(value, ast.Tuple)):
            return all(map(self.is_light_element, value.elts))
        if isinstance(value, (ast.ListComp, ast.SetComp)):
            return all(map(self.is_literal, (each.iter for each in value.generators)))
        if isinstance(value, ast.Call):
            return self.names.qualified(value.func) in SMALL
        return value is None and self.is_number(definition)

    def is_literal(self, value: ast.expr) -> bool:
        """Whether a value is a list or tuple that is spelled out, there or where its name is bound."""
        binding = self.names.binding(value) if isinstance(value, ast.Name) else None
        value = binding.sole.value if binding and binding.sole and binding.sole.value else value
        return isinstance(value, (ast.List, ast.Tuple))

    def is_number(self, definition: Definition) -> bool:
        """Whether a definition takes its number out of several: of `divmod`, a `range`, the count of `enumerate`."""
        if definition.kind is DefinitionKind.LOOP:
            loop = self.tree.enclosing(definition.node, ast.For, ast.AsyncFor, ast.comprehension)
            source = loop.iter if isinstance(loop, (ast.For, ast.AsyncFor, ast.comprehension)) else None
            called = self.names.qualified(source.func) if isinstance(source, ast.Call) else None
            target = getattr(loop, "target", None)
            counts = isinstance(target, ast.Tuple) and target.elts[:1] == [definition.node]
            return called == "builtins.range" or (called == "builtins.enumerate" and counts)
        value = getattr(definition.statement, "value", None)
        if definition.kind is DefinitionKind.AUGMENTED:
            return isinstance(value, ast.Constant) and isinstance(value.value, (int, float))
        if definition.kind is not DefinitionKind.ASSIGNMENT or not isinstance(value, ast.Call):
            return False
        return self.names.qualified(value.func) in PAIRS

    def is_light_element(self, element: ast.expr) -> bool:
        """Whether an element of a tuple that is spelled out is a constant or a builtin, as a class for `isinstance`."""
        name = self.names.qualified(element) or ""
        return isinstance(element, ast.Constant) or name.startswith("builtins.")

    def default(self, definition: Definition) -> ast.expr | None:
        """The default of a parameter."""
        arguments = self.tree.parents[definition.node]
        if not isinstance(arguments, ast.arguments) or not isinstance(definition.node, ast.arg):
            return None
        return default_of(arguments, definition.node)
