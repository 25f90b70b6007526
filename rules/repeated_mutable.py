from __future__ import annotations

import ast
from typing import TypeAlias

from memlint.api import Effect, Facts, Fix, Rule, Safety, Severity, Slice, all_of, cst, walk

Display: TypeAlias = ast.List | ast.Tuple

FRESH = (ast.List, ast.Dict, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp)
BINDING = (ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom)

BLANK = rb"(?:[\s\\]|#[^\n]*\n)"
OPENING = rb"\[(?:[^\[\]{}()#]|#[^\n]*\n)*[\[{(]"
IN_TUPLE = rb"[\]})](?:" + BLANK + rb"|\))*," + BLANK + rb"*\)(?:" + BLANK + rb"|\))*\*"
STAR = rb"\](?:" + BLANK + rb"|\))*\*(?!\*)|\*(?:" + BLANK + rb"|\()*\["


class RepeatedMutable(Rule):
    """A list repeated by `*` holds one element many times over; what changes it in one place changes it in all."""

    code = "ML501"
    name = "repeated-mutable"
    effect = Effect.SHARED
    severity = Severity.ERROR
    fixes = (Safety.UNSAFE,)
    gate = all_of(OPENING + rb"|" + IN_TUPLE, STAR + rb"|" + IN_TUPLE)

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        rule = cls(facts, part)
        return any(rule.write(repeat) for repeat in part.nodes(ast.BinOp))

    def visit_BinaryOperation(self, node: cst.BinaryOperation) -> None:
        repeat = self.twin(node, ast.BinOp)
        parts = self.parts(repeat) if repeat else None
        write = self.write(repeat) if repeat else None
        if repeat is None or parts is None or write is None:
            return
        display, times = parts
        kind = self.facts.elements.kind(display.elts[0]) or "object"
        fix, unfixed = self.comprehension(repeat, display, times)
        self.report(
            repeat,
            f"{self.quoted(repeat) or 'this repetition'} holds the same {kind} in every place, "
            f"so {self.told(write)} changes them all; make each one in a comprehension",
            related=[(write, "the change")],
            fix=fix,
            unfixed=unfixed,
        )

    def write(self, repeat: ast.BinOp) -> ast.AST | None:
        """The change of an element that a repetition puts in many places; None where there is none."""
        parts = self.parts(repeat)
        if parts is None or self.within_repeat(repeat):
            return None
        return self.facts.elements.write(repeat, parts[0].elts[0])

    def parts(self, repeat: ast.expr) -> tuple[Display, ast.expr] | None:
        """The display of one new object that an expression repeats, and how often; None where it does no such thing."""
        if not isinstance(repeat, ast.BinOp) or not isinstance(repeat.op, ast.Mult):
            return None
        for display, times in ((repeat.left, repeat.right), (repeat.right, repeat.left)):
            on_the_left = display is repeat.left
            if isinstance(display, (ast.List, ast.Tuple) if on_the_left else ast.List) and len(display.elts) == 1:
                assert isinstance(display, (ast.List, ast.Tuple))
                made = isinstance(display.elts[0], (*FRESH, ast.Call)) or repeats_list(display.elts[0])
                return (display, times) if made and not self.is_at_most_one(times) else None
        return None

    def is_at_most_one(self, times: ast.expr) -> bool:
        """Whether the number is a constant 0 or 1, also under a name of the module."""
        if isinstance(times, ast.Name) and (binding := self.facts.names.binding(times)) and binding.sole:
            return binding.sole.value is not None and self.is_at_most_one(binding.sole.value)
        return isinstance(times, ast.Constant) and times.value in (0, 1)

    def within_repeat(self, repeat: ast.BinOp) -> bool:
        """Whether the display around it is repeated, too: then that one is told and rewritten with this one."""
        display = self.facts.tree.parents[repeat]
        outer = self.facts.tree.parents.get(display)
        return isinstance(outer, ast.BinOp) and self.parts(outer) is not None

    def comprehension(self, repeat: ast.BinOp, display: Display, times: ast.expr) -> tuple[Fix | None, str]:
        """The fix that makes each element on its own, or why there is none."""
        names = {node.id for node in walk(repeat) if isinstance(node, ast.Name)}
        if "#" in self.text(repeat):
            return None, "a comment stands in the expression"
        if "_" in names:
            return None, "`_` is a name of its own here"
        if isinstance(display, ast.Tuple) and self.facts.names.scope_of(repeat).bindings.get("tuple"):
            return None, "`tuple` is a name of its own here"
        if isinstance(self.facts.tree.parents[repeat], ast.BinOp):
            return None, "the repetition is part of a longer expression"
        if any(isinstance(node, BINDING) for node in walk(times)):
            return None, "the number of elements is bound or awaited here"
        if reason := self.facts.elements.unrepeatable(display):
            return None, reason
        edit = self.replace(repeat, self.fresh(repeat))
        return Fix("make each element in a comprehension", Safety.UNSAFE, (edit,)), ""

    def fresh(self, value: ast.expr) -> str:
        """The source of a value in which every repetition of a new object makes one for each place."""
        parts = self.parts(value)
        if parts is None:
            return self.text(value)
        display, times = parts
        made = f"{self.fresh(display.elts[0])} for _ in range({self.text(times)})"
        return f"tuple({made})" if isinstance(display, ast.Tuple) else f"[{made}]"


def repeats_list(element: ast.expr) -> bool:
    return isinstance(element, ast.BinOp) and isinstance(element.op, ast.Mult) and isinstance(element.left, ast.List)
