from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Safety, Severity, Slice, all_of, cst, hoisted_class, walk


class ClassPerCall(Rule):
    """A class is a web of cycles; one that a function makes for itself is garbage of each call."""

    code = "ML112"
    name = "class-per-call"
    effect = Effect.LATE
    fixes = (Safety.UNSAFE,)
    gate = all_of(
        rb"\bdef\b",
        rb"\bclass\b|\(",
        file=(rb"\n[^\S\n]+class\b|create_model|make_(?:data)?class|named_?tuple|NamedTuple|TypedDict|Enum|Flag",),
    )

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.closures.is_class_per_call, part.nodes(ast.Call, ast.ClassDef)))

    def visit_Call(self, node: cst.Call) -> None:
        self.examine(self.twin(node, ast.Call))

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        self.examine(self.twin(node, ast.ClassDef))

    def examine(self, made: ast.Call | ast.ClassDef | None) -> None:
        if made is None or not self.facts.closures.is_class_per_call(made):
            return
        function = self.facts.tree.function(made)
        outer = getattr(function, "name", "the lambda")
        if isinstance(made, ast.ClassDef):
            what, taken = f"class `{made.name}`", self.facts.closures.taken_by(made)
        else:
            what, taken = f"class that `{self.text(made.func)}` makes", []
        fix, unfixed = hoisted_class(self.facts, made)
        is_dear = self.facts.closures.is_dear(made)
        together = f", `{taken[0].name}` with it," if taken else ""
        self.report(
            made,
            f"the {what} is a new one on each call of `{outer}` and holds itself{together} until the garbage collector "
            "runs; define it once, in the module",
            severity=None if is_dear else Severity.INFO,
            optional=not is_dear or is_given_its_parts(made),
            fix=fix,
            unfixed=unfixed,
            related=[(function, "the function")] if isinstance(function, ast.stmt) else [],
        )


def is_given_its_parts(made: ast.Call | ast.ClassDef) -> bool:
    """Whether a call makes a class of fields that the code does not show, which may be others each time."""
    if isinstance(made, ast.ClassDef):
        return False
    fields = [*made.args[1:], *(each.value for each in made.keywords if each.arg not in ("module", "bases"))]
    is_unpacked = any(each.arg is None for each in made.keywords)
    return is_unpacked or any(isinstance(node, (ast.Call, ast.Starred)) for each in fields for node in walk(each))
