"""What kind of value an expression has, as far as the source tells; None is an answer."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from memlint.facts.layout import Tree
from memlint.facts.names import Binding, Definition, DefinitionKind, Names
from memlint.knowledge import names as known
from memlint.knowledge import table

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

MODES = {"file": (1, "r"), "path": (0, "r"), "compressed": (1, "rb"), "temporary": (0, "w+b")}
"""Of each sort of opener: which argument is the mode, and what it is where it is left out."""
IN_PLACE: dict[str | None, tuple[type[ast.operator], ...]] = {
    "list": (ast.Add, ast.Mult),
    "bytearray": (ast.Add, ast.Mult),
    "deque": (ast.Add, ast.Mult),
    "dict": (ast.BitOr,),
    "defaultdict": (ast.BitOr,),
    "set": (ast.BitAnd, ast.BitOr, ast.BitXor, ast.Sub),
    "array": (ast.operator,),
}
"""The operators whose augmented assignment changes the object itself, by kind."""


class Kinds:
    """Tells kinds from literals, constructors and annotations and, for a name, from everything that is bound to it."""

    def __init__(self, tree: Tree, names: Names) -> None:
        self.tree = tree
        self.names = names
        self.makers = by_name(table("containers")["made_by"])
        self.openers = by_name(table("files")["opened_by"])
        self.named = by_name(table("files")["named"])
        self.annotations = by_name(table("files")["annotated"])
        self.asked: set[Binding | None] = set()
        """The variables whose kind is being worked out."""

    def of(self, value: ast.expr | None) -> str | None:
        """The kind of an expression: `list`, `dict`, `set`, `text file`, `path`, `str`, `int`, …"""
        if value is None:
            return None
        if isinstance(value, ast.Constant):
            return type(value.value).__name__
        if isinstance(value, ast.NamedExpr):
            return self.of(value.value)
        if isinstance(value, ast.Name):
            return self.of_binding(self.names.binding(value))
        if isinstance(value, ast.Call):
            return self.of_call(value)
        if isinstance(value, ast.Attribute):
            return self.named.get(self.names.qualified(value) or "") or self.path_part(value, "attributes")
        if isinstance(value, ast.BinOp):
            return "path" if isinstance(value.op, ast.Div) and self.is_path(value.left) else None
        return LITERALS.get(type(value))

    def of_call(self, call: ast.Call) -> str | None:
        """The kind of what a call makes; whether a file is text or binary is read off its mode."""
        maker = self.names.qualified(call.func) or ""
        if maker in known("files", "paths", "made_by"):
            return "path"
        opener = self.openers.get(maker)
        if isinstance(call.func, ast.Attribute) and not opener:
            if call.func.attr == "open" and self.is_path(call.func.value):
                opener = "path"
            else:
                return self.makers.get(maker) or self.path_part(call.func, "methods")
        return self.file_kind(call, opener) if opener in MODES else opener or self.makers.get(maker)

    def path_part(self, attribute: ast.Attribute, section: str) -> str | None:
        """`path`, where the attribute or method of a path gives a path."""
        return "path" if attribute.attr in known("files", "paths", section) and self.is_path(attribute.value) else None

    def is_path(self, value: ast.expr) -> bool:
        """Whether a value is a path; `p = p.parent` leaves a path a path."""
        binding = self.names.binding(value) if isinstance(value, ast.Name) else None
        return binding in self.asked or self.of(value) == "path"

    def file_kind(self, call: ast.Call, opener: str) -> str | None:
        """`text file` or `binary file`; None where the mode is not a constant."""
        position, default = MODES[opener]
        given = [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
        mode = given[0] if given else call.args[position] if len(call.args) > position else ast.Constant(default)
        if not (isinstance(mode, ast.Constant) and isinstance(mode.value, str)):
            return None
        if any(keyword.arg is None for keyword in call.keywords) or any(map(is_starred, call.args)):
            return None
        if is_of_kernel(call):
            return "kernel file"
        if opener == "compressed":
            return "text file" if "t" in mode.value else "binary file"
        return "binary file" if "b" in mode.value else "text file"

    def of_binding(self, binding: Binding | None) -> str | None:
        """The kind that all values of a variable have; None where they differ or one is unknown."""
        if binding is None or binding in self.asked:
            return None
        self.asked.add(binding)
        try:
            return self.of_definitions(binding.definitions)
        finally:
            self.asked.remove(binding)

    def of_definitions(self, definitions: Iterable[Definition]) -> str | None:
        """The kind of what all of these definitions bind; with those that reach a use, the kind that it has there."""
        kinds = {self.of_definition(definition) for definition in definitions if gives(definition)}
        return kinds.pop() if len(kinds) == 1 else None

    def of_definition(self, definition: Definition) -> str | None:
        if definition.kind is DefinitionKind.AUGMENTED:
            return None
        if definition.kind is DefinitionKind.PARAMETER:
            return self.of_annotation(getattr(definition.node, "annotation", None))
        kind = None if isinstance(definition.value, ast.Name) else self.of(definition.value)
        if kind is None and isinstance(definition.statement, ast.AnnAssign):
            return self.of_annotation(definition.statement.annotation)
        return kind

    def of_annotation(self, annotation: ast.expr | None) -> str | None:
        """The kind of file, or `path`, that an annotation promises; also where it allows None."""
        if isinstance(annotation, ast.BinOp) and is_none(annotation.right):
            return self.of_annotation(annotation.left)
        if isinstance(annotation, ast.Subscript):
            generic = self.names.qualified(annotation.value)
            if generic == "typing.Optional":
                return self.of_annotation(annotation.slice)
            return self.annotations.get(f"{generic}[{getattr(annotation.slice, 'id', '')}]")
        return self.annotations.get(self.names.qualified(annotation) or "") if annotation else None


def by_name(section: dict[str, list[str]]) -> dict[str, str]:
    """What a table says, asked by the names in it."""
    return {name: kind for kind, listed in section.items() for name in listed}


def gives(definition: Definition) -> bool:
    """Whether a definition binds a value at all; `x += …` on a container leaves its kind as it was."""
    return definition.kind not in (DefinitionKind.ANNOTATION, DefinitionKind.DELETE)


def is_of_kernel(opening: ast.Call) -> bool:
    """Whether a call opens a file by a path that begins in one of the kernel's folders."""
    path = opening.args[0] if opening.args else None
    first = path.values[0] if isinstance(path, ast.JoinedStr) and path.values else path
    folders = tuple(known("files", "kernel", "folders"))
    return isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value.startswith(folders)


def is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def is_starred(node: ast.expr) -> bool:
    return isinstance(node, ast.Starred)
