from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst, walk

WAITING = rb"\b(?:b[rl]pop|consume|get|poll|rec(?:ei)?v\w*|xread\w*)(?:\s|\\\n)*\("


class IdleLoopHoldsMessage(Rule):
    """A loop that waits for the next message holds the last one, for as long as none comes."""

    code = "ML403"
    name = "idle-loop-holds-message"
    effect = Effect.KEPT
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\bwhile\b", WAITING)

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.messages.received, part.nodes(ast.Assign)))

    def visit_Assign(self, node: cst.Assign) -> None:
        statement = self.twin(node, ast.Assign)
        found = self.facts.messages.received(statement) if statement else None
        if statement is None or found is None:
            return
        is_one = len(found.names) == 1
        held = " and ".join(f"`{name.id}`" for name in found.names)
        fix = self.release(statement, found.loop, [name.id for name in found.names])
        self.report(
            statement,
            f"{held} {'holds' if is_one else 'hold'} the last message while `{ast.unparse(found.call.func)}` waits for "
            f"the next: set {'it' if is_one else 'them'} to None at the end of the loop's body",
            related=[(found.loop, "the loop")],
            fix=fix,
            unfixed="" if fix else "a `continue` jumps over the end of the loop's body, or a line holds two statements",
            optional=not self.facts.messages.is_large(found),
        )

    def release(self, statement: ast.Assign, loop: ast.While, names: list[str]) -> Fix | None:
        """Set the names to None at the end of the body."""
        jumps = (node for node in walk(loop) if isinstance(node, ast.Continue))
        insertion = self.insertion_behind(loop.body[-1], " = ".join((*names, "None")))
        if insertion is None or any((jump.lineno, jump.col_offset) > (statement.lineno, 0) for jump in jumps):
            return None
        return Fix("let go of the message at the end of each turn", Safety.UNSAFE, (insertion,))
