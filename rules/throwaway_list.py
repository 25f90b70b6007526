from __future__ import annotations

import ast
import math

from memlint.api import Edit, Effect, Facts, Fix, Position, Rule, Safety, Slice, all_of, cst, known, walk

TAKERS = {
    "builtins.all": "stops at the first false element",
    "builtins.any": "stops at the first true element",
    "builtins.dict": "takes one pair at a time",
    "builtins.frozenset": "takes one element at a time",
    "builtins.max": "takes one element at a time",
    "builtins.min": "takes one element at a time",
    "builtins.set": "takes one element at a time",
    "builtins.sum": "takes one element at a time",
    "collections.Counter": "takes one element at a time",
}
LEAVING_OFF = ("builtins.all", "builtins.any")
"""Takers that may stop before the end."""

LONG = 1_000
"""Elements from which on a list is worth a word; as many are taken to be in what is of unknown size."""

FRAME_READERS = frozenset({"dir", "eval", "exec", "locals", "super", "vars"})
"""Functions that give another answer in a generator, which is a function of its own."""

LOUD = (ast.Await, ast.NamedExpr, ast.Yield, ast.YieldFrom)
STREAMS = frozenset({"binary file", "cursor", "generator", "text file"})
"""Kinds of values that hold one element at a time."""
SETTLED = frozenset({"bytes", "defaultdict", "deque", "dict", "list", "set", "str", "tuple"})
"""Kinds of values that can be run over again: to stop halfway leaves nothing behind."""


class ThrowawayList(Rule):
    """A list that is made only to be taken apart again holds all its elements at once, for nothing."""

    code = "ML405"
    name = "throwaway-list"
    effect = Effect.PEAK
    default = False
    fixes = (Safety.SAFE, Safety.UNSAFE)
    gate = all_of(
        rb"[(=](?:[\s(\\]|#[^\n]*\n)*\[",
        rb"\b(?:for|while)\b",
        file=(rb"\b(?:a(?:ll|ny)|dict|(?:frozen)?set|m(?:ax|in)|sum|Counter)\b",),
    )

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        rule = cls(facts, part)
        if any(rule.taker(call) for call in part.nodes(ast.Call)):
            return True
        return any(map(facts.gatherings.of, part.nodes(ast.List)))

    def visit_List(self, node: cst.List) -> None:
        made = self.twin(node, ast.List) if not node.elements else None
        found = self.facts.gatherings.of(made) if made else None
        if made is None or found is None:
            return
        self.report(
            made,
            f"`{found.name.id}` is filled for {self.quoted(found.taker) or '`set`'} alone, and holds each element as "
            "often as it comes up: fill a set",
            related=[(found.growth, "it grows here"), (found.taker, "the set is made here")],
            optional=True,
        )

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call) if node.args and isinstance(node.args[0].value, cst.ListComp) else None
        taker = self.taker(call) if call else None
        made = call.args[0] if call and call.args else None
        if call is None or taker is None or not isinstance(made, ast.ListComp):
            return
        unfixed = objection(made)
        self.report(
            made,
            f"`{ast.unparse(call.func)}` {TAKERS[taker]}; the list holds all of them till the end: pass a generator",
            optional=any(map(self.is_of_few, made.generators)),
            fix=None if unfixed else self.unlisted(node, call, made, taker),
            unfixed=unfixed,
        )

    def taker(self, call: ast.Call) -> str | None:
        """What takes apart a long list that is made for it alone by a comprehension; None for any other call."""
        made = call.args[0] if call.args else None
        if not isinstance(made, ast.ListComp) or self.facts.names.has_star_import:
            return None
        taker = self.facts.names.qualified(call.func)
        if taker not in TAKERS or len(call.args) > (2 if taker == "builtins.sum" else 1):
            return None
        if self.facts.loops.is_compiled(made):
            return None
        if any(each.is_async for each in made.generators) or any(isinstance(part, LOUD) for part in walk(made)):
            return None
        if taker in LEAVING_OFF and not all(map(self.facts.purity.only_tells, (made.elt, *made.generators[0].ifs))):
            return None
        sizes = [self.facts.sizes.most(each.iter) for each in made.generators]
        is_long = math.prod(LONG if size is None else size for size in sizes) >= LONG
        return taker if is_long and any(map(self.is_lazy, made.generators)) else None

    def is_lazy(self, loop: ast.comprehension) -> bool:
        """Whether what a list is made of has no more than one element in memory: other lists are but a second one."""
        if self.facts.kind(loop.iter) in STREAMS:
            return True
        if not isinstance(loop.iter, ast.Call) or self.facts.names.qualified(loop.iter.func) != "builtins.range":
            return False
        return all(isinstance(bound, ast.Constant) for bound in loop.iter.args[:-1][:1])

    def is_of_few(self, loop: ast.comprehension) -> bool:
        """Whether a loop counts what there are few of: the devices of a machine, the values of a registry key."""
        names = [node for node in walk(loop.iter) if isinstance(node, ast.Name)]
        bindings = [binding for name in names if (binding := self.facts.names.binding(name))]
        made = [each.sole.value for each in bindings if each.sole and each.sole.value]
        calls = [node.func for each in made for node in walk(each) if isinstance(node, ast.Call)]
        counting = known("iteration", "short", "counting")
        return self.facts.reductions.is_of_few(loop.iter) or any(
            (self.facts.names.qualified(function) or "") in counting for function in calls
        )

    def unlisted(self, node: cst.Call, call: ast.Call, made: ast.ListComp, taker: str) -> Fix:
        """Take the brackets off; a generator that is not the only argument needs parentheses in their place."""
        start, end = self.slice.span(made)
        is_alone = len(node.args) == 1 and not isinstance(node.args[0].comma, cst.Comma)
        opening, closing = ("", "") if is_alone or node.args[0].value.lpar else ("(", ")")
        edits = (self.rewritten(start, opening), self.rewritten(Position(end.line, end.column - 1), closing))
        return Fix("pass the elements as a generator", self.safety(call, made, taker), edits)

    def rewritten(self, bracket: Position, content: str) -> Edit:
        """Put something in the place of a bracket; where there is nothing, the line goes that held only the bracket."""
        if not content and self.facts.source.lines[bracket.line - 1].strip() in ("[", "]"):
            return Edit(self.line_end(bracket.line - 1), self.line_end(bracket.line), content)
        return Edit(bracket, Position(bracket.line, bracket.column + 1), content)

    def safety(self, call: ast.Call, made: ast.ListComp, taker: str) -> Safety:
        """Safe where nobody could tell that an element is worked out later than the list did, or not at all."""
        first, *inner = made.generators
        parts = [made.elt, *first.ifs, *(part for each in inner for part in (each.iter, *each.ifs))]
        parts += [*call.args[1:], *(keyword.value for keyword in call.keywords)]
        is_pure = self.facts.purity.is_pure(*(part.body if isinstance(part, ast.Lambda) else part for part in parts))
        if taker in LEAVING_OFF:
            is_pure = is_pure and all(map(self.facts.purity.is_plain, parts)) and self.facts.kind(first.iter) in SETTLED
        return Safety.SAFE if is_pure else Safety.UNSAFE


def objection(made: ast.ListComp) -> str:
    """Why a comprehension must not become a generator; empty where it may."""
    for part in walk(made):
        if isinstance(part, ast.Call):
            name = getattr(part.func, "id", getattr(part.func, "attr", ""))
            if name in FRAME_READERS:
                return f"`{name}` gives another answer in a generator"
            if name in ("__next__", "next") and len(part.args) < 2:
                return f"the end of what `{name}` reads would come out of a generator as RuntimeError"
    return ""
