from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, ScopeKind, Severity, Slice, all_of, cst, walk

AT_THE_MARGIN = rb"(?m)(?:^|\x0c|\xef\xbb\xbf)(?:async|for|if|match|try|while|with)\b"
LOOP = rb"\b(?:for|while)\b"

NAMED = 3
"""Names that a message gives."""


class ModuleLevelHotLoop(Rule):
    """A loop outside functions reads and writes its names in the module's dictionary, on every turn."""

    code = "ML303"
    name = "module-level-hot-loop"
    effect = Effect.TIME
    severity = Severity.INFO
    default = False
    gate = all_of(AT_THE_MARGIN, LOOP)

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(is_hot(facts, loop) for loop in part.nodes(ast.For, ast.While))

    def visit_For(self, node: cst.For) -> None:
        self.examine(self.twin(node, ast.For))

    def visit_While(self, node: cst.While) -> None:
        self.examine(self.twin(node, ast.While))

    def examine(self, loop: ast.For | ast.While | None) -> None:
        if loop is None or not is_hot(self.facts, loop):
            return
        outermost = self.facts.loops.nest(loop)[0]
        written = self.written(outermost)
        if not written:
            return
        shown = [f"`{name}`" for name in written[:NAMED]]
        if len(written) > NAMED:
            shown[-1] = "others"
        names = f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else shown[0]
        self.report(
            loop.target if isinstance(loop, ast.For) else loop.test,
            f"this loop stands outside functions, so that {names} {'are' if len(shown) > 1 else 'is'} looked up in the "
            "module's dictionary on every turn: put it into a function",
            related=[(outermost, "the loop around it")] if outermost is not loop else [],
        )

    def written(self, loop: ast.For | ast.While) -> list[str]:
        """The names that a loop binds, in the order of the source."""
        bound = (node for node in walk(loop) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
        own = (node for node in bound if self.facts.names.binding(node) in self.facts.names.module.bindings.values())
        return list(dict.fromkeys(node.id for node in sorted(own, key=lambda node: (node.lineno, node.col_offset))))


def is_hot(facts: Facts, loop: ast.For | ast.While) -> bool:
    """Whether a loop of the module's own code turns many times for certain, over so little work that it counts."""
    if facts.names.scope_of(loop).kind is not ScopeKind.MODULE or not facts.loops.is_small(loop):
        return False
    return facts.loops.is_long(loop)
