"""Collects in a list what a loop adds to bytes or an array, and joins it once, behind the loop."""

from __future__ import annotations

import ast
from typing import NamedTuple

from memlint.facts import Facts
from memlint.facts.accumulation import Growth
from memlint.facts.branches import walk
from memlint.facts.layout import Slice
from memlint.facts.names import Binding, DefinitionKind
from memlint.facts.shapes import end, place
from memlint.fixes.local_alias import REFLECTION, identifiers
from memlint.model import Edit, Fix, Position, Safety

SEVERAL = frozenset({"concat", "concatenate", "cat", "hstack", "vstack"})
"""Functions that give the same for all parts at once as for one after the other."""


class Step(NamedTuple):
    """What a turn adds, how the list takes it, and what makes one of all the parts; `{}` is what these are given."""

    added: ast.expr
    taken: str
    joined: str


class JoinedParts:
    """The rewrite for a variable that a loop makes anew of itself and one part more."""

    def __init__(self, facts: Facts, part: Slice, statement: ast.Assign | ast.AugAssign, growth: Growth) -> None:
        self.facts = facts
        self.slice = part
        self.statement = statement
        self.growth = growth

    def fix(self) -> tuple[Fix | None, str]:
        """The fix, or why there is none."""
        place_ = self.growth.place
        binding = self.facts.names.binding(place_) if isinstance(place_, ast.Name) else None
        start = self.start(binding) if binding else None
        if binding is None or start is None:
            return None, "what it starts as does not stand in front of the loop, in the same block"
        step = self.step()
        if step is None or not self.is_own(step.added):
            return None, "what is added may change before it is joined, or is no part of its own"
        if not self.is_read_behind(binding):
            return None, f"`{binding.name}` is read before the loop is over"
        taken = identifiers(self.facts.tree.function(self.statement))
        parts = f"{binding.name}_parts"
        if parts in taken or taken & REFLECTION or not self.is_alone(start):
            return None, "the lines cannot be changed without touching others"
        return Fix("collect the parts and join them once", Safety.UNSAFE, self.edits(binding, start, step)), ""

    def start(self, binding: Binding) -> ast.Assign | None:
        """The statement in front of the loop that gives the variable what it starts with."""
        made = [each.statement for each in binding.definitions if each.statement is not self.statement]
        first = made[0] if len(made) == 1 and len(binding.definitions) == 2 else None
        is_plain = isinstance(first, ast.Assign) and len(first.targets) == 1 and isinstance(first.targets[0], ast.Name)
        block = getattr(self.facts.tree.parents[self.growth.loop], "body", [])
        if not is_plain or not isinstance(first, ast.Assign) or first not in block or self.growth.loop not in block:
            return None
        if any(each.kind not in (DefinitionKind.ASSIGNMENT, DefinitionKind.AUGMENTED) for each in binding.definitions):
            return None
        return first if self.growth.kind == "table" or getattr(first.value, "value", None) == b"" else None

    def step(self) -> Step | None:
        """What a turn does; None where the form is another."""
        value, place_ = self.statement.value, self.growth.place
        if self.growth.kind == "bytes":
            joined = f"b{2 * self.facts.source.quote}.join({{}})"
            if isinstance(self.statement, ast.AugAssign):
                return Step(value, "{}", joined)
            is_behind = isinstance(value, ast.BinOp) and self.facts.rebuilding.is_same(value.left, place_)
            return Step(value.right, "{}", joined) if is_behind and isinstance(value, ast.BinOp) else None
        return self.of_call(value) if isinstance(value, ast.Call) and value.args else None

    def of_call(self, call: ast.Call) -> Step | None:
        """The step of `x = concatenate([x, y])`, with constants behind it, and of `x = numpy.append(x, y)`."""
        source, same = self.facts.source, self.facts.rebuilding.is_same
        first, told = call.args[0], [*call.args[1:], *(keyword.value for keyword in call.keywords)]
        name = (self.facts.names.qualified(call.func) or "").rpartition(".")[2]
        if (
            name == "append"
            and len(told) == 1
            and isinstance(call.func, ast.Attribute)
            and same(first, self.growth.place)
        ):
            module = source.between(*self.slice.span(call.func.value))
            return Step(told[0], f"{module}.ravel({{}})", f"{module}.concatenate({{}})")
        if not isinstance(first, (ast.List, ast.Tuple)) or len(first.elts) != 2 or name not in SEVERAL:
            return None
        if not same(first.elts[0], self.growth.place) or not all(isinstance(each, ast.Constant) for each in told):
            return None
        (start, opened), (begin, stop) = self.slice.span(first), self.slice.span(call)
        before, behind = source.between(begin, start), source.between(opened, stop)
        is_plain = not any(mark in before + behind for mark in "\n{}#")
        return Step(first.elts[1], "{}", f"{before}{{}}{behind}") if is_plain else None

    def is_own(self, added: ast.expr) -> bool:
        """Whether a part is made anew for each turn: by a call, or under a name that the loop binds."""
        if any(isinstance(node, (ast.Starred, ast.Yield, ast.YieldFrom)) for node in walk(added)):
            return False
        if isinstance(added, (ast.BinOp, ast.Call, ast.Constant)):
            return True
        made = added.value if isinstance(added, (ast.Await, ast.Attribute)) else added
        binding = self.facts.names.binding(made) if isinstance(made, ast.Name) else None
        inside = set(walk(self.growth.loop))
        return isinstance(made, ast.Call) or bool(
            binding and binding.definitions and all(each.node in inside for each in binding.definitions)
        )

    def is_read_behind(self, binding: Binding) -> bool:
        """Whether the variable is read behind the loop alone, by code that only the end of the loop leads to."""
        loop, own = self.growth.loop, set(walk(self.statement))
        function = self.facts.tree.function(self.statement)
        if loop.orelse or any(isinstance(each, ast.Try) for each in self.facts.tree.ancestors(loop)):
            return False
        others = [use for use in binding.uses if use not in own]
        return all(place(use) > end(loop) and self.facts.tree.function(use) is function for use in others)

    def is_alone(self, start: ast.Assign) -> bool:
        """Whether each statement has its lines for itself, with no comment in what is rewritten."""
        for statement in (start, self.statement):
            (first, column), (last, behind) = self.slice.span(statement)
            lines = self.facts.source.lines
            if lines[first - 1][: column - 1].strip() or lines[last - 1][behind - 1 :].strip().startswith(";"):
                return False
            if first != last:
                return False
        last_statement = self.slice.span(self.growth.loop)[1]
        rest = self.facts.source.lines[last_statement.line - 1][last_statement.column - 1 :].strip()
        return not rest or rest.startswith("#")

    def edits(self, binding: Binding, start: ast.Assign, step: Step) -> tuple[Edit, ...]:
        source, name = self.facts.source, binding.name
        parts, (first, last) = f"{name}_parts", self.slice.span(start)
        indentation = source.lines[first.line - 1][: first.column - 1]
        behind = Position(last.line, len(source.lines[last.line - 1]) + 1)
        begun = Edit(behind, behind, f"\n{indentation}{parts} = [{step.taken.format(name)}]")
        if self.growth.kind == "bytes":
            begun = Edit(first, last, f"{parts} = []")
        part = source.between(*self.slice.span(step.added))
        gathered = Edit(*self.slice.span(self.statement), f"{parts}.append({step.taken.format(part)})")
        line = self.slice.span(self.growth.loop)[1].line
        behind = Position(line, len(source.lines[line - 1]) + 1)
        return begun, gathered, Edit(behind, behind, f"\n{indentation}{name} = {step.joined.format(parts)}")
