"""What kind of value an expression has, as far as the source tells; None is an answer."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from memlint.facts.annotations import EXCEPTIONS, Annotations
from memlint.facts.layout import FUNCTIONS, Tree
from memlint.facts.names import Binding, Definition, DefinitionKind, Names
from memlint.facts.opening import MODES, file_kind
from memlint.knowledge import inverted, table
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts
    from memlint.facts.results import Results

LITERALS: dict[type[ast.expr], str] = {
    ast.List: "list",
    ast.ListComp: "list",
    ast.Dict: "dict",
    ast.DictComp: "dict",
    ast.Set: "set",
    ast.SetComp: "set",
    ast.Tuple: "tuple",
    ast.JoinedStr: "str",
    ast.GeneratorExp: "generator",
    ast.Lambda: "function",
}
MUTABLE = frozenset({"list", "dict", "set", "deque", "defaultdict", "bytearray"})
CONTAINERS = MUTABLE | {"tuple"}
TABULAR = frozenset({"array", "frame", "tensor"})
"""What operators are worked out for element by element."""
SLICED = frozenset({"array", "bytearray", "bytes", "list", "str", "tensor", "tuple"})
"""What a slice of is of the same kind."""
DEEPEST = 40
"""Variables and functions that are followed one after the other."""
PENDING = ""
MOST = 1_000
"""Those that are looked at for one question."""

IN_PLACE: dict[str | None, tuple[type[ast.operator], ...]] = {
    "list": (ast.Add, ast.Mult),
    "bytearray": (ast.Add, ast.Mult),
    "deque": (ast.Add, ast.Mult),
    "dict": (ast.BitOr,),
    "defaultdict": (ast.BitOr,),
    "set": (ast.BitAnd, ast.BitOr, ast.BitXor, ast.Sub),
    "array": (ast.operator,),
    "tensor": (ast.operator,),
}
"""The operators whose augmented assignment changes the object itself, by kind."""


class Kinds:
    """Tells kinds from literals, calls, annotations and attributes and, for a name, from all that is bound to it."""

    def __init__(self, tree: Tree, names: Names, facts: Facts | None = None) -> None:
        self.tree = tree
        self.names = names
        self.facts = facts
        """Where classes and functions of the file are asked; without them attributes and results are unknown."""
        self.makers = {**inverted("kinds", "made_by"), **inverted("containers", "made_by")}
        self.openers = inverted("files", "opened_by")
        self.named = {**inverted("files", "named"), **inverted("kinds", "named")}
        self.asked: set[object] = set()
        """The variables and functions whose kind is being worked out."""
        self.found: dict[object, str | None] = {}
        self.steps = 0
        self.is_cut = False
        """Whether something that is being worked out was left unknown because it waits for itself, or is too far."""

    def close(self) -> None:
        """Cut the link to the results, which ask for further kinds."""
        self.__dict__.clear()

    @cached_property
    def annotations(self) -> Annotations:
        return Annotations(self.tree, self.names)

    @cached_property
    def results(self) -> Results | None:
        from memlint.facts.results import Results

        return Results(self, self.facts) if self.facts else None

    def made(self, value: ast.expr | None) -> str | None:
        """The kind of the new object that an expression makes: by a literal, a comprehension, a known constructor."""
        if isinstance(value, ast.NamedExpr):
            return self.made(value.value)
        if isinstance(value, ast.Call):
            return self.opened(value) or self.makers.get(self.names.qualified(value.func) or "")
        return type(value.value).__name__ if isinstance(value, ast.Constant) else LITERALS.get(type(value))  # type: ignore

    def of(self, value: ast.expr | None) -> str | None:
        """The kind of an expression: `list`, `dict`, `text file`, `path`, `str`, `socket`, `instance of C`, …"""
        if isinstance(value, ast.Name):
            return self.of_name(value)
        if isinstance(value, ast.NamedExpr):
            return self.of(value.value)
        reader = READERS.get(type(value))
        return reader(self, value) if reader else self.made(value)

    def of_name(self, name: ast.Name) -> str | None:
        binding = self.names.binding(name)
        if binding is None:
            return self.named.get(self.names.qualified(name) or "") or builtin_kind(self.names.qualified(name))
        kind = self.of_binding(binding)
        if kind is None and self.results:
            kind = self.results.narrowed(name, binding)
        return kind

    def of_call(self, call: ast.Call) -> str | None:
        """The kind of what a call gives; whether a file is text or binary is read off its mode."""
        kind = self.made(call)
        if kind or self.openers.get(self.names.qualified(call.func) or ""):
            return kind
        if (self.names.qualified(call.func) or "") in EXCEPTIONS:
            return "exception"
        if self.results and (kind := self.results.of(call)) is not None:
            return kind
        return self.part(call.func, "methods") if isinstance(call.func, ast.Attribute) else None

    def opened(self, call: ast.Call) -> str | None:
        """The kind of file or path that a call opens or makes."""
        maker = self.names.qualified(call.func) or ""
        if maker in known("files", "paths", "made_by"):
            return "path"
        opener = self.openers.get(maker)
        if isinstance(call.func, ast.Attribute) and not opener and call.func.attr == "open":
            opener = "path" if self.is_path(call.func.value) else None
        return file_kind(self.tree, self.names, call, opener) if opener in MODES else opener

    def of_attribute(self, attribute: ast.Attribute) -> str | None:
        named = self.named.get(self.names.qualified(attribute) or "")
        return (
            named or self.part(attribute, "attributes") or (self.results.attribute(attribute) if self.results else None)
        )

    def part(self, attribute: ast.Attribute, section: str) -> str | None:
        """What an attribute or method of a value of known kind gives."""
        if attribute.attr in known("files", "paths", section) and self.is_path(attribute.value):
            return "path"
        parts = inverted("kinds", section)
        if not any(name.endswith(f".{attribute.attr}") for name in parts):
            return None
        return parts.get(f"{self.of(attribute.value) or ''}.{attribute.attr}")

    def of_operation(self, operation: ast.BinOp) -> str | None:
        """The kind of what an operator gives: joined lists, merged dictionaries, formatted text, arrays."""
        left = self.of(operation.left)
        if isinstance(operation.op, ast.Div) and (left == "path" or self.is_path(operation.left)):
            return "path"
        if isinstance(operation.op, ast.Mod) and left in ("str", "bytes"):
            return left
        right = self.of(operation.right)
        tabular = TABULAR.intersection(filter(None, (left, right)))
        if tabular:
            return next(iter(tabular)) if len(tabular) == 1 else None
        if isinstance(operation.op, ast.Mult) and {left, right} & {"int", None}:
            shown = {self.made(side) for side in (operation.left, operation.right)} & {"list", "str", "tuple"}
            return shown.pop() if len(shown) == 1 else None
        return left if left == right and left in JOINED.get(type(operation.op), ()) else None

    def of_choice(self, value: ast.IfExp | ast.BoolOp) -> str | None:
        """The kind that all the values have of which one is taken."""
        values = value.values if isinstance(value, ast.BoolOp) else [value.body, value.orelse]
        return self.agreed(self.of(each) for each in values)

    def of_subscript(self, subscript: ast.Subscript) -> str | None:
        kind = None
        if isinstance(subscript.slice, ast.Slice):
            kind = self.of(subscript.value)
            return kind if kind in SLICED else None
        items = self.items(subscript.value)
        place = subscript.slice.value if isinstance(subscript.slice, ast.Constant) else None
        if items and isinstance(place, int) and 0 <= place < len(items):
            return items[place] or None
        nesting = self.facts.nesting if self.facts else None
        return self.once(subscript, lambda: nesting.element(subscript.value, subscript.slice)) if nesting else None

    def items(self, value: ast.expr) -> list[str]:
        """The kinds of the items of the tuple that a known call gives."""
        if not isinstance(value, ast.Call):
            return []
        items = table("kinds")["items"]
        found = items.get(self.names.qualified(value.func) or "")
        method = value.func if isinstance(value.func, ast.Attribute) else None
        if found is None and method and any(name.endswith(f".{method.attr}") for name in items):
            found = items.get(f"{self.of(method.value)}.{method.attr}")
        return found or []

    def of_comparison(self, comparison: ast.Compare) -> str | None:
        """`bool`, where no array can be meant."""
        return "bool" if isinstance(comparison.ops[-1], (ast.In, ast.Is, ast.IsNot, ast.NotIn)) else None

    def of_unary(self, operation: ast.UnaryOp) -> str | None:
        if isinstance(operation.op, ast.Not):
            return "bool"
        kind = self.of(operation.operand)
        return kind if kind in ("complex", "float", "int", *TABULAR) else None

    def of_await(self, awaited: ast.Await) -> str | None:
        is_call = self.results and isinstance(awaited.value, ast.Call)
        return self.results.of(awaited.value, awaited=True) if is_call and self.results else None  # type: ignore[arg-type]

    def is_path(self, value: ast.expr) -> bool:
        """Whether a value is a path; `p = p.parent` leaves a path a path."""
        binding = self.names.binding(value) if isinstance(value, ast.Name) else None
        return binding in self.asked or self.of(value) == "path"

    def of_binding(self, binding: Binding | None) -> str | None:
        """The kind that all values of a variable have; None where they differ or one is unknown."""
        return self.once(binding, lambda: self.of_definitions(binding.definitions)) if binding else None

    def once(self, subject: object, work: Callable[[], str | None]) -> str | None:
        """What is worked out for a variable, function or item, and kept; None of what is too far away.

        Of what is being worked out already it is `PENDING`, which goes with any kind.
        """
        if subject in self.found:
            return self.found[subject]
        self.steps = self.steps + 1 if self.asked else 0
        if subject in self.asked or len(self.asked) > DEEPEST or self.steps > MOST:
            self.is_cut = True
            return PENDING if subject in self.asked else None
        was_cut, self.is_cut = self.is_cut, False
        self.asked.add(subject)
        try:
            kind = work()
        finally:
            self.asked.remove(subject)
        if not self.asked:
            kind = kind or None
        if not self.asked or not self.is_cut:
            self.found[subject] = kind
        self.is_cut = bool(self.asked) and (was_cut or self.is_cut)
        return kind

    def of_definitions(self, definitions: Iterable[Definition]) -> str | None:
        """The kind of what all of these definitions bind; with those that reach a use, the kind that it has there."""
        changes: list[Definition] = []
        givers: list[Definition] = []
        for definition in filter(gives, definitions):
            is_change = definition.kind is DefinitionKind.AUGMENTED and isinstance(definition.statement, ast.AugAssign)
            (changes if is_change else givers).append(definition)
        kind = self.agreed(map(self.of_definition, givers))
        in_place = IN_PLACE.get(kind, ())
        return kind if all(isinstance(getattr(each.statement, "op", None), in_place) for each in changes) else None

    def agreed(self, kinds: Iterable[str | None]) -> str | None:
        """The kind that all are; None where they differ or one is unknown."""
        found: str | None = None
        for kind in kinds:
            if kind is None or (found and kind and kind != found):
                return None
            found = found or kind
        return found

    def of_definition(self, definition: Definition) -> str | None:
        if definition.kind in BOUND_AS:
            return BOUND_AS[definition.kind]
        if definition.kind is DefinitionKind.PARAMETER:
            return self.of_parameter(definition)
        if definition.kind is DefinitionKind.FUNCTION:
            return None if getattr(definition.node, "decorator_list", None) else "function"
        if definition.kind is DefinitionKind.IMPORT:
            return "module" if isinstance(definition.statement, ast.Import) else None
        if definition.kind is DefinitionKind.LOOP:
            return self.of_loop(definition.node)
        if definition.value is None:
            return self.of_unpacked(definition)
        kind = self.of(definition.value)
        if definition.kind is DefinitionKind.WITH:
            return kind if kind in known("kinds", "entered", "itself") else None
        if isinstance(definition.value, ast.Name) and (kind or "").endswith("file"):
            return None
        if kind is None and isinstance(definition.statement, ast.AnnAssign):
            return self.annotations.kind(definition.statement.annotation)
        return kind

    def of_parameter(self, definition: Definition) -> str | None:
        """What a parameter is by its annotation, else by the container that is its default."""
        function = self.tree.parents.get(self.tree.parents[definition.node])
        if not isinstance(definition.node, ast.arg) or not isinstance(function, FUNCTIONS):
            return None
        if definition.node is function.args.vararg:
            return "tuple"
        if definition.node is function.args.kwarg:
            return "dict"
        if definition.node.annotation:
            return self.annotations.kind(definition.node.annotation)
        kind = self.made(default_of(function.args, definition.node))
        return kind if kind in MUTABLE else None

    def of_loop(self, target: ast.AST) -> str | None:
        """What the variable of a loop holds in each round."""
        loop = self.tree.parents.get(target)
        if self.facts is None or not isinstance(loop, (ast.For, ast.AsyncFor, ast.comprehension)):
            return None
        return self.facts.nesting.item(loop.iter) if target is loop.target else None

    def of_unpacked(self, definition: Definition) -> str | None:
        """What a name gets of a tuple that is taken apart."""
        display = self.tree.parents.get(definition.node)
        value = getattr(definition.statement, "value", None)
        if not isinstance(display, ast.Tuple) or not isinstance(definition.statement, ast.Assign) or value is None:
            return None
        items = self.items(value)
        place = display.elts.index(definition.node) if definition.node in display.elts else len(items)
        return items[place] or None if place < len(items) and display in definition.statement.targets else None


BOUND_AS = {
    DefinitionKind.AUGMENTED: None,
    DefinitionKind.CLASS: "class",
    DefinitionKind.EXCEPT: "exception",
    DefinitionKind.MATCH: None,
    DefinitionKind.TYPE_ALIAS: None,
    DefinitionKind.TYPE_PARAMETER: None,
}
"""The kinds that a way of binding alone decides."""

JOINED: dict[type[ast.operator], tuple[str, ...]] = {
    ast.Add: ("bytes", "bytearray", "deque", "list", "str", "tuple"),
    ast.Mult: ("bytes", "bytearray", "deque", "list", "str", "tuple"),
    ast.BitOr: ("defaultdict", "dict", "frozenset", "set"),
    ast.BitAnd: ("frozenset", "set"),
    ast.BitXor: ("frozenset", "set"),
    ast.Sub: ("frozenset", "set"),
}
"""The kinds of which two give a third of the same kind, by operator; a number repeats those of `*`."""

READERS: dict[type[ast.AST | None], Callable[[Kinds, Any], str | None]] = {
    ast.Attribute: Kinds.of_attribute,
    ast.Await: Kinds.of_await,
    ast.BinOp: Kinds.of_operation,
    ast.BoolOp: Kinds.of_choice,
    ast.Call: Kinds.of_call,
    ast.Compare: Kinds.of_comparison,
    ast.IfExp: Kinds.of_choice,
    ast.Subscript: Kinds.of_subscript,
    ast.UnaryOp: Kinds.of_unary,
}


def builtin_kind(qualified: str | None) -> str | None:
    """Whether a builtin name is a class or a function."""
    value = getattr(builtins, (qualified or "").removeprefix("builtins."), None)
    return "class" if isinstance(value, type) else "function" if callable(value) else None


def default_of(arguments: ast.arguments, parameter: ast.arg) -> ast.expr | None:
    """The default of a parameter."""
    positional = [*arguments.posonlyargs, *arguments.args]
    if parameter in positional:
        place = positional.index(parameter) - len(positional)
        return arguments.defaults[place] if -place <= len(arguments.defaults) else None
    return next(
        (value for each, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if each is parameter),
        None,
    )


def gives(definition: Definition) -> bool:
    """Whether a definition binds a value at all; `x += …` on a container leaves its kind as it was."""
    return definition.kind not in (DefinitionKind.ANNOTATION, DefinitionKind.DELETE)
