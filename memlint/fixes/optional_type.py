"""Annotations that are to allow None as well, and whether they do already."""

from __future__ import annotations

import ast
import builtins
import re

from memlint.facts import Facts
from memlint.fixes.imports import importable
from memlint.model import Edit, Position

BITWISE = (ast.Name, ast.Attribute, ast.Subscript)
PLAIN_STRING = re.compile(r"""(['"])[^'"\\\n]+\1""")
WITH_NONE = frozenset({"typing.Any", "typing.Optional", "builtins.object", "typing_extensions.Any"})


class OptionalType:
    """Says of the annotations of a file what `None` takes in them."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def allows_none(self, annotation: ast.expr) -> bool:
        """Whether an annotation has None in it already, or anything."""
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            return bool(re.search(r"\b(?:None|Optional|Any)\b", annotation.value))
        if isinstance(annotation, ast.BinOp):
            return self.allows_none(annotation.left) or self.allows_none(annotation.right)
        if isinstance(annotation, ast.Constant):
            return annotation.value is None
        if self.is_annotated(annotation):
            inner = self.annotated(annotation)
            return inner is not None and self.allows_none(inner)
        if isinstance(annotation, ast.Subscript):
            generic = self.facts.names.qualified(annotation.value)
            parts = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else []
            return generic in WITH_NONE or (generic == "typing.Union" and any(map(self.allows_none, parts)))
        return self.facts.names.qualified(annotation) in WITH_NONE

    def is_type(self, annotation: ast.expr) -> bool:
        """Whether `… | None` can be evaluated: of generics and classes it can, of a string or a function it cannot."""
        if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
            return True
        if self.is_annotated(annotation) or not isinstance(annotation, BITWISE):
            return False
        if isinstance(annotation, ast.Subscript):
            return True
        name = annotation.attr if isinstance(annotation, ast.Attribute) else annotation.id
        found = vars(builtins).get(name) if self.facts.names.qualified(annotation) == f"builtins.{name}" else None
        return isinstance(found, type) or bool(re.match("_*[A-Z]", name))

    def is_annotated(self, annotation: ast.expr) -> bool:
        inner = annotation.value if isinstance(annotation, ast.Subscript) else annotation
        return (self.facts.names.qualified(inner) or "").endswith(".Annotated")

    def widened(self, annotation: ast.expr, behind: Position, node: ast.AST) -> tuple[Edit, ...] | None:
        """The edits that let an annotation which ends at `behind`, with its parentheses, bear None; None where that is
        not plain. Of `Annotated` it is the type that is widened."""
        start, end = self.facts.tree.span(annotation)
        if self.is_annotated(annotation):
            inner = self.annotated(annotation)
            return None if inner is None else self.widened(inner, self.facts.tree.span(inner)[1], node)
        if isinstance(annotation, ast.Constant) and not PLAIN_STRING.fullmatch(
            self.facts.source.between(start, behind)
        ):
            return None
        if self.facts.project.target >= (3, 10):
            if isinstance(annotation, ast.Constant):
                inside = Position(end.line, end.column - 1)
                return (Edit(inside, inside, " | None"),)
            return (Edit(behind, behind, " | None"),) if self.is_type(annotation) else None
        if end != behind or not isinstance(annotation, (*BITWISE, ast.Constant)):
            return None
        name = self.optional(node)
        found = (name, ()) if name else importable(self.facts, "typing", "Optional", annotation)
        return found and (*found[1], Edit(start, end, f"{found[0]}[{self.facts.source.between(start, end)}]"))

    def annotated(self, annotation: ast.expr) -> ast.expr | None:
        """The type in `Annotated[type, …]`."""
        parts = annotation.slice if isinstance(annotation, ast.Subscript) else None
        return parts.elts[0] if isinstance(parts, ast.Tuple) and parts.elts else None

    def optional(self, node: ast.AST) -> str | None:
        """What `typing.Optional` is called where a node stands, if it is imported there."""
        names = self.facts.names
        for name, binding in names.module.bindings.items():
            imported = binding.sole.node if binding.sole else None
            if not isinstance(imported, ast.alias) or names.lookup(names.scope_of(node), name) is not binding:
                continue
            statement = self.facts.tree.parents[imported]
            if isinstance(statement, ast.ImportFrom):
                if statement.module == "typing" and imported.name == "Optional":
                    return name
            elif imported.name == "typing":
                return f"{name}.Optional"
        return None
