"""What annotations say: the kind of value that they promise, and what is in the containers among them."""

from __future__ import annotations

import ast
import builtins

from memlint.facts.layout import Tree
from memlint.facts.names import Names
from memlint.facts.shapes import is_none
from memlint.knowledge import inverted
from memlint.knowledge import names as known

MODULES = ("typing.", "typing_extensions.")
EXCEPTIONS = frozenset(
    f"builtins.{name}"
    for name, each in vars(builtins).items()
    if isinstance(each, type) and issubclass(each, BaseException)
)
MAPPINGS = ("Dict", "dict", "Mapping", "MutableMapping", "OrderedDict", "DefaultDict", "defaultdict")


class Annotations:
    """Reads annotations, quoted ones too."""

    def __init__(self, tree: Tree, names: Names) -> None:
        self.tree = tree
        self.names = names
        self.kinds = {
            **inverted("kinds", "made_by"),
            **inverted("containers", "made_by"),
            **inverted("kinds", "annotated"),
            **inverted("files", "annotated"),
        }
        self.quoted: dict[ast.AST, ast.expr | None] = {}

    def kind(self, annotation: ast.expr | None) -> str | None:
        """The kind that an annotation promises, also where it allows None."""
        said = self.core(annotation)
        if isinstance(said, ast.Subscript):
            generic = self.names.qualified(said.value)
            argument = self.names.qualified(said.slice) or ""
            if generic in ("builtins.type", "typing.Type"):
                return "class"
            return self.kinds.get(f"{generic}[{argument.removeprefix('builtins.')}]") or self.kind(said.value)
        if said is None:
            return None
        if node := self.class_of(said):
            return "exception" if self.is_exception(node) else f"instance of {node.name}"
        name = self.names.qualified(said) or ""
        return "exception" if name in EXCEPTIONS else self.kinds.get(name)

    def core(self, annotation: ast.expr | None) -> ast.expr | None:
        """An annotation without quotes, `Optional`, `… | None`, `Annotated`, `Final` and `ClassVar` around it."""
        while True:
            if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
                annotation = self.unquoted(annotation)
            elif isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
                sides = [side for side in (annotation.left, annotation.right) if not is_none(side)]
                annotation = sides[0] if len(sides) == 1 else None
            elif isinstance(annotation, ast.Subscript) and (wrapper := self.wrapper(annotation.value)):
                inner = annotation.slice
                listed = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                given = listed if wrapper == "Union" else listed[:1]
                given = [each for each in given if not is_none(each)]
                annotation = given[0] if len(given) == 1 else None
            else:
                return annotation

    def item(self, annotation: ast.expr | None) -> ast.expr | None:
        """The annotation of what is in a container: of the values, where it is a mapping."""
        said = self.core(annotation)
        if not isinstance(said, ast.Subscript):
            return None
        arguments = said.slice.elts if isinstance(said.slice, ast.Tuple) else [said.slice]
        generic = (self.names.qualified(said.value) or "").rpartition(".")[2]
        if generic in MAPPINGS:
            return arguments[1] if len(arguments) == 2 else None
        if generic in ("Tuple", "tuple") and not (len(arguments) == 2 and is_ellipsis(arguments[1])):
            return None
        return arguments[0]

    def wrapper(self, generic: ast.expr) -> str:
        """The name of a generic that wraps the annotation proper; empty for any other."""
        qualified = self.names.qualified(generic) or ""
        name = qualified.rpartition(".")[2]
        return name if qualified.startswith(MODULES) and name in known("kinds", "wrapped", "typing") else ""

    def unquoted(self, text: ast.Constant) -> ast.expr | None:
        """What a quoted annotation says, its names resolved where it stands."""
        if text not in self.quoted:
            self.quoted[text] = self.names.read(str(text.value), self.names.module)
        return self.quoted[text]

    def class_of(self, expression: ast.expr) -> ast.ClassDef | None:
        """The class of this file that a name stands for all through its scope."""
        binding = self.names.binding(expression) if isinstance(expression, ast.Name) else None
        sole = binding.sole if binding else None
        return sole.node if sole and isinstance(sole.node, ast.ClassDef) else None

    def is_exception(self, node: ast.ClassDef) -> bool:
        """Whether a class of this file is, by the bases that this file shows, an exception."""
        waiting, seen = [node], set()
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            if any(self.names.qualified(base) in EXCEPTIONS for base in current.bases):
                return True
            waiting += [found for base in current.bases if (found := self.class_of(base))]
        return False


def is_ellipsis(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is Ellipsis
