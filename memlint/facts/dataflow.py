"""What is solved over a whole graph: which bindings may be current, and which names may be read later.

Sets are ints, one bit for each member. A block's events are run through again when what reaches it has grown.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterator
from functools import cached_property, reduce
from itertools import repeat
from operator import or_
from typing import TypeAlias

from memlint.facts.branches import walk
from memlint.facts.evaluation import UNBOUND, Binding, Block, Event, Nested
from memlint.facts.graph import Graph
from memlint.facts.nested import Taken

Passes: TypeAlias = Callable[[ast.AST, ast.expr, bool], bool]


class Definitions:
    """Which bindings may be current where, as ints with one bit for each name and node that binds it."""

    def __init__(self, graph: Graph, names: frozenset[str], exposed: frozenset[str], passes: Passes | None) -> None:
        self._graph = graph
        self._exposed = exposed
        self._bits: dict[Binding, int] = {}
        self._pairs: list[Binding] = []
        self.masks = dict.fromkeys(names, 0)
        """All bits of each name."""
        for name in names:
            self._number(Binding(name, UNBOUND))
        self._start = (1 << len(names)) - 1
        for binding in graph.bindings:
            for name in names if binding.name == "*" else names.intersection((binding.name,)):
                self._number(Binding(name, binding.node))
        # A read that succeeds shows that the name is bound, unless a builtin or an outer scope can stand in.
        self._proven = {name: self._bits[Binding(name, UNBOUND)] for name in names if graph.is_function}
        self._cuts = {block.index: self._cut(block.test, passes) for block in graph.blocks if block.test and passes}
        self.states = self._solve()
        while self._raise_from_deletions():
            self.states = self._solve()

    def _number(self, binding: Binding) -> None:
        if binding not in self._bits:
            self._bits[binding] = 1 << len(self._pairs)
            self._pairs.append(binding)
            self.masks[binding.name] |= self._bits[binding]

    def decode(self, name: str, state: int) -> set[ast.AST]:
        return {self._pairs[position].node for position in positions(state & self.masks[name])}

    def _cut(self, test: ast.expr, passes: Passes) -> tuple[int, int]:
        """The bindings that the outcomes true and false of a test rule out."""
        read = {part.id for part in walk(test) if isinstance(part, ast.Name)}
        yes = no = 0
        for name in read.intersection(self.masks):
            for position in positions(self.masks[name]):
                node = self._pairs[position].node
                if node is not UNBOUND:
                    yes |= 0 if passes(node, test, True) else 1 << position
                    no |= 0 if passes(node, test, False) else 1 << position
        return yes, no

    def _solve(self) -> list[int | None]:
        """The state at the start of each block, None where nothing leads; sweeps until nothing is added."""
        states: list[int | None] = [None] * self._graph.count
        done: list[int | None] = list(states)
        states[0] = self._start
        is_growing = True
        while is_growing:
            is_growing = False
            for block in self._graph.blocks:
                state = states[block.index]
                if state is None or state == done[block.index]:
                    continue
                done[block.index] = state
                for successor, arriving in self._leave(block, state):
                    known = states[successor]
                    if known is None or arriving | known != known:
                        states[successor] = arriving | (known or 0)
                        is_growing = True
        return states

    def _leave(self, block: Block, state: int) -> Iterator[tuple[int, int]]:
        """The states in which control leaves a block, with where it goes."""
        raised = None
        is_new = True
        for event in block.events:
            if isinstance(event, Binding):
                state = self._bind(state, event)
                is_new = True
            elif not isinstance(event, Nested):
                if is_new:
                    raised = state | (raised or 0)
                    is_new = False
                if event is not None:
                    state &= ~self._proven.get(event.id, 0)
        if raised is not None:
            yield block.handler, raised
        cuts = self._cuts.get(block.index) or repeat(0)
        for successor, cut in zip(block.successors, cuts, strict=False):
            yield successor, state & ~cut

    def _bind(self, state: int, binding: Binding) -> int:
        if binding.name == "*":
            return reduce(or_, (self._bits[Binding(name, binding.node)] for name in self.masks), state)
        mask = self.masks.get(binding.name)
        return state if mask is None else state & ~mask | self._bits[binding]

    def state_after(self, block: Block, count: int) -> int | None:
        """The state behind the first events of a block, None where nothing leads to it."""
        state = self.states[block.index]
        for event in block.events[:count] if state is not None else ():
            if isinstance(event, Binding):
                state = self._bind(state or 0, event)
        return state

    def _raise_from_deletions(self) -> bool:
        """Lets each `del` raise whose name may be unbound; that adds paths, and so may unbind more names."""
        is_changed = False
        for block in self._graph.deletions:
            state = self.states[block.index]
            binding = block.events[-1]
            if state is None or not isinstance(binding, Binding):
                continue
            unbound = self._bits.get(binding)
            if unbound is None or binding.name in self._exposed or state & unbound:
                block.events.append(None)
                is_changed = True
        return is_changed

    @cached_property
    def uses(self) -> dict[ast.Name, int | None]:
        """What each read of a name of this body may find, None where it cannot be reached."""
        uses: dict[ast.Name, int | None] = {}
        for block in self._graph.blocks:
            state = self.states[block.index]
            for event in block.events:
                if isinstance(event, ast.Name) and event.id in self.masks:
                    if state is None:
                        uses.setdefault(event, None)
                    else:
                        uses[event] = state & self.masks[event.id] | (uses.get(event) or 0)
                        state &= ~self._proven.get(event.id, 0)
                elif isinstance(event, Binding) and state is not None:
                    state = self._bind(state, event)
        return uses


class Liveness:
    """Which names may still be read where, as ints with one bit for each name."""

    def __init__(self, graph: Graph, reads: dict[str, frozenset[str]], pieces: dict[Nested, Taken]) -> None:
        self._graph = graph
        self._names = sorted(frozenset[str]().union(*reads.values()))
        self._bits = {name: 1 << position for position, name in enumerate(self._names)}
        self._reads = {name: self._encode(read) for name, read in reads.items()}
        self._pieces = {nested: self._encode(piece.read) for nested, piece in pieces.items()}
        self._starts = self._solve()

    def _encode(self, names: Collection[str]) -> int:
        return reduce(or_, (self._bits.get(name, 0) for name in names), 0)

    def decode(self, live: int) -> frozenset[str]:
        return frozenset(self._names[position] for position in positions(live))

    def _solve(self) -> list[int]:
        """What is live at the start of each block; sweeps backwards until nothing is added."""
        starts = [0] * self._graph.count
        ends: list[tuple[int, int] | None] = [None] * len(starts)
        if not self._graph.is_function:
            starts[self._graph.exit.index] = starts[self._graph.raised.index] = self._encode(self._names)
        is_growing = True
        while is_growing:
            is_growing = False
            for block in reversed(self._graph.blocks[:-2]):
                end = self._end(block, starts)
                if end != ends[block.index]:
                    ends[block.index] = end
                    live = self._before(block.events, *end)
                    is_growing |= live != starts[block.index]
                    starts[block.index] = live
        return starts

    def _end(self, block: Block, starts: list[int]) -> tuple[int, int]:
        """What is live at the end of a block, and where its exceptions lead."""
        live = 0
        for successor in block.successors:
            live |= starts[successor]
        return live, starts[block.handler]

    def _before(self, events: list[Event], live: int, handled: int) -> int:
        for event in reversed(events):
            if isinstance(event, ast.Name):
                live |= handled | self._reads.get(event.id, 0)
            elif isinstance(event, Binding):
                live &= ~self._bits.get(event.name, 0)
            elif event is None:
                live |= handled
            else:
                live |= self._pieces[event]
        return live

    @cached_property
    def after(self) -> dict[ast.stmt, int]:
        """What is live where each statement is done."""
        after: dict[ast.stmt, int] = {}
        done: dict[Block, list[tuple[ast.stmt, int]]] = {}
        for statement, block, count in self._graph.ends:
            done.setdefault(block, []).append((statement, count))
        for block, statements in done.items():
            live, handled = self._end(block, self._starts)
            until = len(block.events)
            for statement, count in reversed(statements):
                live = self._before(block.events[count:until], live, handled)
                until = count
                after[statement] = live | after.get(statement, 0)
        return after


def positions(bits: int) -> Iterator[int]:
    """The places of the ones in a number, lowest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
