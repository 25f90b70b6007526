"""Whether a body may be left, or a name bound anew, before one of some reads has run."""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import NamedTuple

from memlint.facts.evaluation import Binding, Block, Event
from memlint.facts.flow import may_be_object
from memlint.facts.graph import Body, Graph


class Ways(NamedTuple):
    """On which ways a value is left behind: the body runs to its end, the name is bound anew, something raises."""

    ends: bool
    rebinds: bool
    raises: bool


class Paths:
    """The ways from a binding of a name through one body."""

    def __init__(self, body: Body) -> None:
        self._graph = Graph(body)
        self._blocks = {block.index: block for block in self._graph.blocks}
        self._starts: dict[ast.AST, list[tuple[Block, int]]] = {}
        """Behind the event of each node that binds a name: the block, and the number of the next event."""
        for block in self._graph.blocks:
            for place, event in enumerate(block.events):
                if isinstance(event, Binding):
                    self._starts.setdefault(event.node, []).append((block, place + 1))

    def missed(
        self, bound: ast.Name, stops: Collection[ast.Name], beside: Collection[ast.Name], *, raising: bool
    ) -> Ways:
        """The ways on which what `bound` is bound to there meets none of the stops; `beside` are the reads of the
        same expressions, which nothing is taken to go wrong in. Without `raising` only `raise` itself raises."""
        rebinds = False
        waiting = list(self._starts.get(bound, ()))
        seen: set[int] = set()
        while waiting:
            block, first = waiting.pop()
            events = block.events
            is_met = False
            for place in range(first, len(events)):
                event = events[place]
                if event in stops:
                    is_met = True
                elif isinstance(event, Binding):
                    is_met = event.name == bound.id
                    rebinds = rebinds or is_met
                elif raising and is_risk(event, events[place + 1 :], beside):
                    self._go(block.handler, seen, waiting)
                if is_met:
                    break
            if is_met:
                continue
            for successor in self._successors(block, bound.id):
                self._go(successor, seen, waiting)
        return Ways(self._graph.exit.index in seen, rebinds, self._graph.raised.index in seen)

    def _successors(self, block: Block, name: str) -> list[int]:
        """Where a block leads while the name is bound to an object, which counts as true."""
        test = block.test
        if test is None or len(block.successors) != 2:
            return block.successors
        outcomes = zip(block.successors, (True, False), strict=True)
        return [successor for successor, outcome in outcomes if may_be_object(test, name, outcome)]

    def _go(self, index: int, seen: set[int], waiting: list[tuple[Block, int]]) -> None:
        if index not in seen and index in self._blocks:
            seen.add(index)
            waiting.append((self._blocks[index], 0))


def is_risk(event: Event, following: list[Event], beside: Collection[ast.Name]) -> bool:
    """Whether something can raise here that does not belong to an expression with a stop."""
    if event is None:
        return not (following and following[0] in beside)
    return type(event) is ast.Name and event not in beside
