from __future__ import annotations

import ast
import itertools

from memlint.api import Edit, Effect, Facts, Fix, Position, Rule, Safety, Slice, all_of, cst, walk


class CollectorLeftOff(Rule):
    """An exception jumps over the line that switches the garbage collector on again."""

    code = "ML707"
    name = "collector-left-off"
    effect = Effect.KEPT
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\(", file=(rb"\bgc\b", rb"disable|set_threshold", rb"enable|set_threshold"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.collector.left_off, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        back = self.facts.collector.left_off(call) if call else None
        if call is None or back is None:
            return
        fix, reason = self.guarded(call, back)
        self.report(
            call,
            f"an exception on the way jumps over `{self.text(back.func)}`, and the garbage collector stays off: switch "
            "it on again under `finally`",
            related=[(back, "switched on again")],
            fix=fix,
            unfixed=reason,
        )

    def guarded(self, off: ast.Call, on: ast.Call) -> tuple[Fix | None, str]:
        """Put what stands between the two calls under `try`, and the second under `finally`; or why not."""
        tree = self.facts.tree
        first, last = tree.parents[off], tree.parents[on]
        blocks = [block for _, block in ast.iter_fields(tree.parents[first]) if isinstance(block, list)]
        block = next((each for each in blocks if first in each and last in each), [])
        between = block[block.index(first) + 1 : block.index(last)] if block else []
        if not between:
            return None, "the two calls do not stand in one block"
        reason = self.unmovable([first, *between, last])
        if reason:
            return None, reason
        outer, inner = self.indentation(tree.parents[first]), self.indentation(first)
        step = inner[len(outer) :]
        begin, end = self.line_end(self.slice.span(first)[1].line), self.slice.span(last)[0]
        moved = range(begin.line + 1, self.slice.span(between[-1])[1].line + 1)
        starts = [Position(line, 1) for line in moved if self.facts.source.lines[line - 1].strip()]
        edits = [
            Edit(begin, begin, f"\n{inner}try:"),
            *(Edit(start, start, step) for start in starts),
            Edit(end, end, f"finally:\n{inner}{step}"),
        ]
        return Fix("switch it on again under `finally`", Safety.UNSAFE, tuple(edits)), ""

    def unmovable(self, statements: list[ast.AST]) -> str:
        """Why the lines of some statements cannot be indented; empty where they can."""
        spans = [self.slice.span(each) for each in statements]
        lines = self.facts.source.lines
        if any(end.line >= start.line for (_, end), (start, _) in itertools.pairwise(spans)):
            return "two statements share a line"
        if lines[spans[0][0].line - 1][: spans[0][0].column - 1].strip():
            return "a statement shares its line"
        if any(line.endswith("\\") for line in lines[spans[0][0].line - 1 : spans[-1][1].line]):
            return "a line is continued by a backslash"
        strings = (node for each in statements for node in walk(each))
        if any(isinstance(n, (ast.Constant, ast.JoinedStr)) and n.lineno != n.end_lineno for n in strings):
            return "a string spans lines"
        return ""
