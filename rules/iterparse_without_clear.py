from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Rule, Safety, Severity, Slice, all_of, cst

UNFIXED = "where an element and its children are done with cannot be told from here"


class IterparseWithoutClear(Rule):
    """A parser that gives elements one by one hangs each into the tree that it builds, and keeps it."""

    code = "ML410"
    name = "iterparse-without-clear"
    effect = Effect.KEPT
    severity = Severity.ERROR
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\bfor\b", rb"\bin\b", file=(rb"iterparse",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.parsing.kept(loop) for loop in part.nodes(ast.For, ast.comprehension))

    def visit_For(self, node: cst.For) -> None:
        loop = self.twin(node, ast.For)
        parsed = self.facts.parsing.kept(loop) if loop else None
        if loop is None or parsed is None:
            return
        last = self.facts.parsing.done(loop, parsed)
        insertion = self.insertion_behind(last, f"{parsed.element.id}.clear()") if last else None
        title = f"clear `{parsed.element.id}` when it is done with"
        fix = Fix(title, Safety.UNSAFE, (insertion,)) if insertion else None
        self.report(
            loop.iter,
            self.keeps(parsed.call) + f"; `{parsed.element.id}.clear()` when it is done with",
            related=[(parsed.element, "the element")],
            fix=fix,
            unfixed="" if fix else UNFIXED,
        )

    def visit_CompFor(self, node: cst.CompFor) -> None:
        iterable = self.twin(node.iter, ast.Call) or self.twin(node.iter, ast.Name)
        loop = self.facts.tree.parents[iterable] if iterable else None
        parsed = self.facts.parsing.kept(loop) if isinstance(loop, ast.comprehension) else None
        if iterable is None or parsed is None:
            return
        self.report(
            iterable,
            self.keeps(parsed.call) + f"; a loop can `{parsed.element.id}.clear()` after each",
            related=[(parsed.element, "the element")],
            unfixed="a comprehension has no place to clear an element in",
        )

    def keeps(self, call: ast.Call) -> str:
        """What the parser keeps, in words."""
        return f"{self.quoted(call) or '`iterparse`'} keeps every element in its tree until the document is read"
