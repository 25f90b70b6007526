"""Loops over a parser that gives elements one by one and keeps the tree they are in: does anything free that?"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from memlint.facts.branches import walk
from memlint.facts.escape import Role
from memlint.facts.names import Binding
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

ElementLoop: TypeAlias = ast.For | ast.comprehension
ENDED = frozenset({"end"})
ELEMENTS = frozenset({"start", "end"})


class Parsed(NamedTuple):
    """A loop whose parser keeps the whole tree: the call that made it, and the name that each element gets."""

    call: ast.Call
    element: ast.Name
    binding: Binding


class Parsing:
    """Questions about the loops over parsers of a module."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names
        self.tree = facts.tree

    def kept(self, loop: ElementLoop) -> Parsed | None:
        """The parser of a loop that reads a document to its end, keeps no element, and frees none."""
        parsed = self.over(loop)
        if parsed is None or self.is_small(parsed.call) or not self.events(parsed.call) & ELEMENTS:
            return None
        if self.is_freed(self.tree.function(parsed.element)) or self.stops(loop):
            return None
        is_kept = self.is_wanted if isinstance(loop, ast.comprehension) else self.leaves
        return None if any(is_kept(use) for use in parsed.binding.uses) else parsed

    def over(self, loop: ElementLoop) -> Parsed | None:
        """The parser that a loop runs over, where the loop takes apart what it gives."""
        target, source = loop.target, loop.iter
        if isinstance(source, ast.Call) and self.names.qualified(source.func) == "builtins.enumerate" and source.args:
            source = source.args[0]
            target = target.elts[1] if isinstance(target, ast.Tuple) and len(target.elts) == 2 else target
        call = self.parser(source)
        element = target.elts[1] if isinstance(target, ast.Tuple) and len(target.elts) == 2 else None
        binding = self.names.binding(element) if isinstance(element, ast.Name) else None
        if call is None or binding is None or not isinstance(element, ast.Name):
            return None
        is_sole = all(made.node is element or made.node not in set(walk(loop)) for made in binding.definitions)
        return Parsed(call, element, binding) if is_sole else None

    def parser(self, source: ast.expr) -> ast.Call | None:
        """The call that makes a parser: the expression itself, or what its name is bound to and nothing else takes."""
        if isinstance(source, ast.Call):
            if self.names.qualified(source.func) == "builtins.iter" and len(source.args) == 1:
                return self.parser(source.args[0])
            return source if self.names.qualified(source.func) in known("transfers", "parsed_by", "tree") else None
        binding = self.names.binding(source) if isinstance(source, ast.Name) else None
        made = [each.value for each in binding.definitions] if binding else []
        calls = [each for each in made if isinstance(each, ast.Call) and not self.renews(each, binding)]
        if binding is None or len(calls) != 1 or not all(isinstance(each, ast.Call) for each in made):
            return None
        others = [use for use in binding.uses if use is not source]
        return self.parser(calls[0]) if all(map(self.is_step, others)) else None

    def renews(self, call: ast.Call, binding: Binding | None) -> bool:
        """Whether a call is `iter(parser)` of the name that it is bound to."""
        argument = call.args[0] if len(call.args) == 1 else None
        return isinstance(argument, ast.Name) and self.names.binding(argument) is binding

    def is_step(self, use: ast.Name) -> bool:
        """Whether a name stands in `iter(parser)`."""
        parent = self.tree.parents[use]
        return isinstance(parent, ast.Call) and self.names.qualified(parent.func) == "builtins.iter"

    def is_small(self, call: ast.Call) -> bool:
        """Whether the document is in memory already, or is not told."""
        source = call.args[0] if call.args else next((each.value for each in call.keywords if each.arg), None)
        binding = self.names.binding(source) if isinstance(source, ast.Name) else None
        made = [each.value for each in binding.definitions] if binding else [source]
        memory = known("transfers", "parsed_by", "memory")
        return source is None or any(
            isinstance(each, ast.Call) and self.names.qualified(each.func) in memory for each in made
        )

    def events(self, call: ast.Call) -> frozenset[object]:
        """The events that a parser is asked for; all of elements where they are no constants."""
        given = [each.value for each in call.keywords if each.arg == "events"] or call.args[1:2]
        if not given:
            return ENDED
        items = given[0].elts if isinstance(given[0], (ast.List, ast.Set, ast.Tuple)) else [given[0]]
        events = frozenset(each.value if isinstance(each, ast.Constant) else None for each in items)
        return ELEMENTS if None in events else events

    def is_freed(self, function: ast.AST) -> bool:
        """Whether a function empties or removes elements anywhere, or deletes them by their place."""
        return any(
            (isinstance(node, ast.Attribute) and node.attr in known("transfers", "elements", "freed_by"))
            or (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Del))
            for node in walk(function)
        )

    def stops(self, loop: ElementLoop) -> bool:
        """Whether a loop can end before the document does, since it looks for one thing."""
        return any(isinstance(node, (ast.Break, ast.Return)) for node in walk(loop))

    def leaves(self, use: ast.Name) -> bool:
        """Whether a use keeps an element, or gives it to somebody who may free it."""
        if isinstance(self.tree.parents[use], ast.Attribute):
            return False
        read = known("transfers", "elements", "read_by")
        return any(
            role is not Role.READ and not (isinstance(by, ast.Call) and self.names.qualified(by.func) in read)
            for role, by in self.facts.escape.roles(use)
        )

    def is_wanted(self, use: ast.Name) -> bool:
        """Whether a comprehension gives more of an element than what a method or an attribute tells."""
        return not isinstance(self.tree.parents[use], ast.Attribute)

    def done(self, loop: ast.For, parsed: Parsed) -> ast.stmt | None:
        """The statement behind which an element is needed no more, if its children were not emptied before."""
        if any(isinstance(node, ast.Continue) for node in walk(loop)):
            return None
        ended = self.events(parsed.call) == ENDED
        first = loop.body[0]
        if len(loop.body) == 1 and isinstance(first, ast.If) and not first.orelse:
            tested = {getattr(node, "value", getattr(node, "id", "")) for node in walk(first.test)}
            return first.body[-1] if parsed.element.id in tested and (ended or "end" in tested) else None
        inside = [use for use in parsed.binding.uses if use in set(walk(loop))]
        is_own = all(self.is_own(use) for use in inside) or any(each.arg == "tag" for each in parsed.call.keywords)
        return loop.body[-1] if ended and is_own else None

    def is_own(self, use: ast.Name) -> bool:
        """Whether a use looks at the element alone, and not at its children."""
        parent = self.tree.parents[use]
        return isinstance(parent, ast.Attribute) and parent.attr in known("transfers", "elements", "own")
