"""Collects in a list what a loop adds to a data frame, and makes one frame of it, once, behind the loop."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from memlint.facts import Facts
from memlint.facts.branches import walk
from memlint.facts.kinds import default_of
from memlint.facts.names import Binding, Definition, DefinitionKind
from memlint.facts.shapes import end, place
from memlint.fixes.imports import is_alone
from memlint.fixes.local_alias import REFLECTION, identifiers
from memlint.knowledge import names as known
from memlint.model import Edit, Fix, Position, Safety

LOOPS = (ast.For, ast.AsyncFor, ast.While)
FUNCTIONS = (ast.AsyncFunctionDef, ast.FunctionDef)
SAME = (".copy()", ".reset_index(drop=True)")
"""Methods that give the same for all rows at once as for some after the others."""
TELLING = frozenset({"builtins.len", "builtins.print"})


class Step(NamedTuple):
    """What a turn adds, what the list is called and begins with, and what makes a frame of it."""

    added: ast.expr
    parts: str
    begun: str
    joined: str


class CollectedFrames:
    """The rewrite for a frame that a loop copies, with more rows, into its own place, and uses for nothing else."""

    def __init__(self, facts: Facts, statement: ast.Assign, frame: ast.expr) -> None:
        self.facts = facts
        self.tree = facts.tree
        self.statement = statement
        self.frame = frame

    def fix(self) -> tuple[Fix | None, str]:
        """The fix, or why there is none."""
        frame = self.frame
        binding = self.facts.names.binding(frame) if isinstance(frame, ast.Name) else None
        if binding is None:
            return None, "the frame is no variable of its own"
        loop = self.loop(binding)
        if loop is None:
            return None, f"`{binding.name}` is read before the loop is over, or the loop has an `else`"
        reason = self.unsettled(binding, loop)
        if reason:
            return None, reason
        is_row = isinstance(self.statement.targets[0], ast.Subscript)
        step = self.located(binding, loop) if is_row else self.step(binding)
        if step is None:
            return None, "what a turn adds, or how, is more than a frame to join"
        taken = identifiers(self.tree.function(self.statement))
        if step.parts in taken or taken & REFLECTION or not is_alone(self.facts, loop):
            return None, "the lines cannot be changed without touching others"
        return Fix("collect the parts and make one frame of them", Safety.UNSAFE, self.edits(binding, loop, step)), ""

    def loop(self, binding: Binding) -> ast.For | ast.AsyncFor | ast.While | None:
        """The outermost loop through which the frame grows; None where one does anything else with it."""
        found: ast.For | ast.AsyncFor | ast.While | None = None
        own = set(walk(self.statement))
        given = {each.node for each in binding.definitions} - own
        reads = set(binding.uses) - own
        for outer in self.tree.ancestors(self.statement):
            if not isinstance(outer, (*LOOPS, ast.If, ast.With, ast.AsyncWith, ast.Try, ast.ExceptHandler)):
                break
            if isinstance(outer, LOOPS):
                inside = set(walk(outer))
                if given & inside:
                    break
                if reads & inside or outer.orelse:
                    return None
                found = outer
        return found

    def unsettled(self, binding: Binding, loop: ast.stmt) -> str:
        """Why the frame may be seen before the loop is over, or not be there when it begins; empty where neither is."""
        function = self.tree.function(self.statement)
        if any(self.tree.function(use) is not function for use in binding.uses):
            return f"another function reads `{binding.name}`"
        around = [each for each in self.tree.ancestors(loop) if each is not function]
        for outer in around:
            with_ = outer.items if isinstance(outer, (ast.With, ast.AsyncWith)) else ()
            names = {
                self.facts.names.qualified(getattr(each.context_expr, "func", each.context_expr)) for each in with_
            }
            if isinstance(outer, ast.Try) or "contextlib.suppress" in names:
                return f"what is in `{binding.name}` when a turn fails may be read"
        blocks = [each for each in (*around, function) if not isinstance(each, ast.Lambda)]
        before = [each for each in binding.definitions if place(each.node) < place(loop)]
        is_there = any(
            each.kind is DefinitionKind.PARAMETER or self.tree.parents[each.statement] in blocks for each in before
        )
        if not is_there or not all(self.is_frame(each, function) for each in before):
            return f"what `{binding.name}` begins as does not stand in front of the loop"
        return ""

    def is_frame(self, definition: Definition, function: ast.AST) -> bool:
        """Whether a definition of the same function may well give a frame: no constant, no parameter to leave out."""
        if isinstance(definition.node, ast.arg):
            return isinstance(function, FUNCTIONS) and default_of(function.args, definition.node) is None
        is_here = self.tree.function(definition.node) is function
        return (
            definition.kind is DefinitionKind.ASSIGNMENT and is_here and not isinstance(definition.value, ast.Constant)
        )

    def step(self, binding: Binding) -> Step | None:
        """The step of `x = concat([x, y])`, with constants behind it, the parts in either order."""
        value: ast.expr = self.statement.value
        tidied = ""
        while isinstance(value, ast.Call) and ast.unparse(value).endswith(SAME):
            assert isinstance(value.func, ast.Attribute)
            tidied = self.text(value.func.value, value) + tidied
            value = value.func.value
        name = self.facts.names.qualified(value.func) if isinstance(value, ast.Call) else None
        if not isinstance(value, ast.Call) or name not in known("frameworks", "frames", "joining"):
            return None
        if not isinstance(value.args[0], (ast.List, ast.Tuple)):
            return None
        parts, told = value.args[0].elts, [*value.args[1:], *(each.value for each in value.keywords)]
        own = [each for each in parts if isinstance(each, ast.Name) and self.facts.names.binding(each) is binding]
        if len(parts) != 2 or len(own) != 1 or not all(isinstance(each, ast.Constant) for each in told):
            return None
        if sum(node in binding.uses for node in walk(self.statement)) != 1:
            return None
        added = parts[1] if own[0] is parts[0] else parts[0]
        if not self.is_own(added):
            return None
        gathered = f"{binding.name}_parts"
        order = gathered if own[0] is parts[0] else f"{gathered}[::-1]"
        start, stop = self.tree.span(value.args[0])
        head = self.facts.source.between(self.tree.span(value)[0], start)
        tail = self.facts.source.between(stop, self.tree.span(value)[1]) + tidied
        joined = on_one_line(f"{head}{order}{tail}")
        return Step(added, gathered, f"[{binding.name}]", joined) if "#" not in joined else None

    def located(self, binding: Binding, loop: ast.stmt) -> Step | None:
        """The step of `x.loc[len(x)] = [a, b]`, where `x` begins with columns and without rows."""
        sole, target = binding.sole, self.statement.targets[0]
        made = sole.value if sole and isinstance(sole.statement, ast.Assign) else None
        row = self.statement.value
        if not isinstance(made, ast.Call) or self.facts.names.qualified(made.func) != "pandas.DataFrame":
            return None
        if made.args or [each.arg for each in made.keywords] != ["columns"] or not isinstance(target, ast.Subscript):
            return None
        if not isinstance(row, (ast.List, ast.Tuple)) or any(isinstance(each, ast.Starred) for each in row.elts):
            return None
        if ast.unparse(target.slice) not in (f"len({binding.name})", f"{binding.name}.shape[0]"):
            return None
        uses = sum(node in binding.uses for node in walk(self.statement))
        if uses != 2 or any(place(use) < place(loop) for use in binding.uses):
            return None
        rows = f"{binding.name}_rows"
        maker = self.text(None, made.func)
        return Step(row, rows, "[]", f"{maker}({rows}, columns={binding.name}.columns)")

    def is_own(self, added: ast.expr) -> bool:
        """Whether a part is made anew for each turn: by a call, or under a name that the innermost loop binds before,
        and that nothing there changes later."""
        if isinstance(added, ast.Await):
            return self.is_own(added.value)
        if any(isinstance(node, (ast.Starred, ast.Yield, ast.YieldFrom)) for node in walk(added)):
            return False
        if not isinstance(added, ast.Name):
            return isinstance(added, ast.Call)
        binding, loop = self.facts.names.binding(added), self.tree.enclosing(self.statement, *LOOPS)
        function = self.tree.function(self.statement)
        if binding is None or loop is None or binding.scope.node is not function:
            return False
        current = self.facts.flow(function).reaching(added)
        made = [each for each in binding.definitions if each.node in current]
        if any(isinstance(each.value, (ast.Attribute, ast.Constant, ast.Name)) for each in made):
            return False
        inside = set(walk(loop))
        later = [use for use in binding.uses if use in inside and place(use) > end(self.statement)]
        return any(self.is_of_turn(each, loop) for each in made) and all(map(self.is_told, later))

    def is_of_turn(self, definition: Definition, loop: ast.stmt) -> bool:
        """Whether a definition surely comes before the statement in each turn of a loop."""
        inner: ast.AST = self.statement
        while inner is not loop:
            outer = self.tree.parents[inner]
            blocks = (value for _, value in ast.iter_fields(outer) if isinstance(value, list) and inner in value)
            if any(definition.statement in block[: block.index(inner)] for block in blocks):
                return True
            inner = outer
        return definition.statement is loop

    def is_told(self, use: ast.Name) -> bool:
        """Whether a use of a part only asks how long it is, or shows it."""
        call = self.tree.parents[use]
        return isinstance(call, ast.Call) and self.facts.names.qualified(call.func) in TELLING

    def text(self, begin: ast.expr | None, node: ast.expr) -> str:
        """The source of an expression, or what of it stands behind a part."""
        start, stop = self.tree.span(node)
        return self.facts.source.between(self.tree.span(begin)[1] if begin else start, stop)

    def edits(self, binding: Binding, loop: ast.stmt, step: Step) -> tuple[Edit, ...]:
        start, stop = self.tree.span(loop)
        lines = self.facts.source.lines
        indentation = lines[start.line - 1][: start.column - 1]
        part = self.text(None, step.added)
        behind = Position(stop.line, len(lines[stop.line - 1]) + 1)
        return (
            Edit(start, start, f"{step.parts} = {step.begun}\n{indentation}"),
            Edit(*self.tree.span(self.statement), f"{step.parts}.append({part})"),
            Edit(behind, behind, f"\n{indentation}{binding.name} = {step.joined}"),
        )


def on_one_line(call: str) -> str:
    """A call without its line breaks, and without a comma in front of the last one."""
    opened = re.sub(r"\(\s*\n\s*", "(", call)
    return re.sub(r"\s*\n\s*", " ", re.sub(r",?\s*\n\s*\)", ")", opened))
