"""Loops over the lines of a file: which loop uses up a list of them, and what it does with each."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, TypeAlias

from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

LineLoop: TypeAlias = ast.For | ast.DictComp | ast.GeneratorExp | ast.ListComp | ast.SetComp

EAGER_METHODS = frozenset({"extend", "join", "update"})
STRIPPING = frozenset({"rstrip", "split", "strip"})


class LineLoops:
    """Questions about such a loop, or comprehension."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def over(self, call: ast.Call) -> LineLoop | None:
        """The loop or comprehension that at once uses up the value of a call, given to `enumerate` or not."""
        parent = self.facts.tree.parents[call]
        if isinstance(parent, ast.Call):
            parent = self.facts.tree.parents[parent]
        loop = parent if isinstance(parent, ast.For) else self.facts.tree.parents[parent]
        if not isinstance(loop, LineLoop) or (isinstance(loop, ast.GeneratorExp) and not self.is_used_up(loop)):
            return None
        return loop if isinstance(loop, ast.For) or loop.generators[0] is parent else None

    def is_used_up(self, generator: ast.GeneratorExp) -> bool:
        """Whether a generator is given straight to a function that has used it up when it returns."""
        taker = self.facts.tree.parents[generator]
        if not isinstance(taker, ast.Call) or generator not in taker.args:
            return False
        if isinstance(taker.func, ast.Attribute) and taker.func.attr in EAGER_METHODS:
            return True
        return self.facts.names.qualified(taker.func) in known("iteration", "takers", "eager")

    def is_stripped(self, loop: LineLoop) -> bool:
        """Whether every use that the loop makes of a line first cuts off its white space."""
        nodes = [node for part in self.parts(loop) for node in ast.walk(part) if isinstance(node, ast.Name)]
        uses = [node for node in nodes if node.id in self.names(loop) and isinstance(node.ctx, ast.Load)]
        if isinstance(loop, ast.For) and isinstance(loop.body[0], ast.Assign) and uses:
            uses = uses[:1] if [getattr(target, "id", "") for target in loop.body[0].targets] == [uses[0].id] else uses
        return bool(uses) and all(map(self.is_stripping, uses))

    def is_stripping(self, line: ast.Name) -> bool:
        """Whether a name stands in `line.strip()` or the like."""
        method = self.facts.tree.parents[line]
        call = self.facts.tree.parents[method]
        is_method = isinstance(method, ast.Attribute) and method.attr in STRIPPING
        return is_method and isinstance(call, ast.Call) and call.func is method and not call.args and not call.keywords

    def parts(self, loop: LineLoop) -> list[ast.AST]:
        """What a loop runs for each line."""
        if isinstance(loop, ast.For):
            return [loop.target, *loop.body, *loop.orelse]
        results = [loop.key, loop.value] if isinstance(loop, ast.DictComp) else [loop.elt]
        first = loop.generators[0]
        return [*results, first.target, *first.ifs, *loop.generators[1:]]

    def is_in_use(self, file: ast.expr, loop: LineLoop) -> bool:
        """Whether the loop touches the file while it runs over its lines, so that it needs them read before."""
        name = getattr(file, "id", getattr(file, "attr", None))
        names = (getattr(node, "id", getattr(node, "attr", "")) for part in self.parts(loop) for node in ast.walk(part))
        return name in names

    def names(self, loop: LineLoop) -> list[str]:
        """The name that each line gets; none where it is taken apart."""
        target = loop.target if isinstance(loop, ast.For) else loop.generators[0].target
        if isinstance(target, ast.Tuple) and len(target.elts) == 2:
            target = target.elts[1]
        return [target.id] if isinstance(target, ast.Name) else []

    def keeps_all(self, loop: LineLoop) -> bool:
        """Whether the loop does nothing but keep each line as it is, so that all are held anyway."""
        if isinstance(loop, ast.For):
            value = loop.body[0].value if isinstance(loop.body[0], ast.Expr) and len(loop.body) == 1 else None
            is_kept = isinstance(value, ast.Call) and getattr(value.func, "attr", None) in ("add", "append")
            return is_kept and [getattr(argument, "id", "") for argument in value.args] == self.names(loop)  # type: ignore[union-attr]
        is_bare = isinstance(loop, (ast.ListComp, ast.SetComp)) and getattr(loop.elt, "id", "") in self.names(loop)
        return is_bare and not any(generator.ifs for generator in loop.generators)
