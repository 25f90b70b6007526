from __future__ import annotations

import ast

from memlint.api import Effect, Facts, LocalAlias, Rule, Safety, Severity, Slice, all_of, cst, walk

CACHING = (3, 11)
"""The Python from which on the interpreter remembers where it found an attribute."""

STEPS = 3
"""Attributes of a chain that is worth a name."""


class AttributeChainInHotLoop(Rule):
    """A chain of attributes is looked up link by link on every turn; in a small inner loop that is half of the work."""

    code = "ML302"
    name = "attribute-chain-in-hot-loop"
    effect = Effect.TIME
    severity = Severity.INFO
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(
        rb"\bdef\b",
        rb"\.[^.]*\.[^.]*\.",
        rb"\n[^\S\n]+(?:while\b|for\b(?s:.*?)(?:\brange\b|\n[^\S\n]+(?:for|while)\b))",
    )

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        if facts.project.target >= CACHING:
            return False
        if not any(map(is_long, part.nodes(ast.Attribute))):
            return False
        loops = part.nodes(ast.For, ast.While)
        return any(any(map(is_long, walk(loop))) and facts.loops.is_hot(loop) for loop in loops)

    def visit_For(self, node: cst.For) -> None:
        self.examine(self.twin(node, ast.For))

    def visit_While(self, node: cst.While) -> None:
        self.examine(self.twin(node, ast.While))

    def examine(self, loop: ast.For | ast.While | None) -> None:
        loops, is_cheap = self.facts.loops, self.facts.project.target >= CACHING
        if loop is None or is_cheap or not loops.is_hot(loop) or loops.is_compiled(loop):
            return
        seen: set[str] = set()
        for read in loops.every_turn(loop):
            name = ast.unparse(read)
            if name in seen or len(loops.chain(read)) < STEPS or not loops.is_unchanging(read, loop):
                continue
            seen.add(name)
            self.report_read(read, name, loop)

    def report_read(self, read: ast.expr, name: str, loop: ast.For | ast.While) -> None:
        loops = self.facts.loops
        version, nanoseconds = loops.saving("chain")
        outermost = next(each for each in loops.nest(loop) if loops.is_unchanging(read, each))
        alias = LocalAlias(self.facts, self.slice, outermost)
        unfixed = alias.objection()
        self.report(
            read,
            f"`{name}` is looked up attribute by attribute on every turn of this loop, at some {nanoseconds} ns "
            f"for three on Python {version}: bind it to a local name before",
            optional=loops.fills(loop),
            fix=None if unfixed else alias.fix(read),
            unfixed=unfixed,
        )


def is_long(node: ast.AST) -> bool:
    """Whether an expression reads at least three attributes one after the other."""
    for _ in range(STEPS):
        if not isinstance(node, ast.Attribute):
            return False
        node = node.value
    return True
