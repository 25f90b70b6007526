"""Liveness and reaching definitions of the names of one body: what may still be read, and what may be bound.

The answers err on one side only: a name that may be read later is live, a binding that may be current is
told, and so is the lack of one. What is over-approximated:

- Every statement can raise, but for `pass`, jumps, `del` of a name that is bound, and a name bound to a
  constant, a display of constants or a lambda. An `except` may catch anything or nothing, and a `with` may
  swallow anything.
- Code that is made here and may run later (functions, lambdas, generator expressions past their first
  iterable) reads its names where it is made, and they are live for good; what such code binds may be bound at
  any point. Annotations count as such code. A class body runs in place, with all its reads at once.
- Every name of a module or class is live at the exits, as the namespace outlives the body. What other modules
  and functions set there is seen only where nested code says `global`.
- `locals`, `vars`, `dir`, `eval` and `exec` read all names and, in a module or class, may bind them.

Names are compared as they are written: `__head` in a class and `_Queue__head` outside it are two. Assertions
are taken to be on.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from functools import cached_property, reduce
from operator import or_
from typing import TypeAlias

from memlint.facts.branches import walk
from memlint.facts.dataflow import Definitions, Liveness, Passes
from memlint.facts.evaluation import UNBOUND, Nested
from memlint.facts.graph import Body, Graph
from memlint.facts.nested import Taken, taken

__all__ = ["UNBOUND", "Flow", "may_be_object"]

Loop: TypeAlias = ast.For | ast.AsyncFor | ast.While

REFLECTION = frozenset({"dir", "eval", "exec", "globals", "locals", "vars"})
"""Builtins that see every name of the body that calls them."""


class Flow:
    """What may happen to the names that one body binds, from any point of it on.

    `names` limits the question to some of them. `passes` refines `reaching`: given a binding's node, a test
    without `not`, `and` and `or`, and an outcome, it says whether that binding may be current once the test
    came out so.
    """

    def __init__(self, body: Body, passes: Passes | None = None, *, names: Collection[str] | None = None) -> None:
        self._body = body
        self._graph = Graph(body)
        self._only = names
        if passes is not None:  # asked now and not kept: what says it may well keep the flow
            self._definitions = self._solved(passes)

    @cached_property
    def captured(self) -> frozenset[str]:
        """Names that other code than this body's own may read or bind at any time; they are always live."""
        later = {name for piece in self._taken.values() for name in piece.later}
        return self._names & (later | self._exposed)

    @cached_property
    def _taken(self) -> dict[Nested, Taken]:
        is_module = isinstance(self._body, ast.Module)
        return {nested: taken(nested, is_module) for nested in dict.fromkeys(self._graph.nested)}

    @cached_property
    def _names(self) -> frozenset[str]:
        if self._only is not None:
            return frozenset(self._only)
        bound = {binding.name for binding in self._graph.bindings if binding.name != "*"}
        return frozenset(bound.union(self._graph.declared, self._graph.annotated, self._bound_by_others))

    @cached_property
    def _bound_by_others(self) -> dict[str, set[ast.AST]]:
        bound: dict[str, set[ast.AST]] = {}
        for piece in self._taken.values():
            for name, nodes in piece.bound.items():
                bound.setdefault(name, set()).update(nodes)
        return bound

    @cached_property
    def _exposed(self) -> frozenset[str]:
        """Names that something else than this body's own course may bind or unbind."""
        if not self._graph.is_function and any(
            type(event) is ast.Name and event.id in REFLECTION for block in self._graph.blocks for event in block.events
        ):
            return self._names
        return frozenset(self._graph.declared.union(self._bound_by_others))

    @cached_property
    def _definitions(self) -> Definitions:
        return self._solved(None)

    def _solved(self, passes: Passes | None) -> Definitions:
        return Definitions(self._graph, self._names, self._exposed, passes)

    def reaching(self, use: ast.Name) -> frozenset[ast.AST]:
        """The nodes whose binding of the name may be current where it is read; empty if it is never read.

        `UNBOUND` is among them where the name may have no binding by a node of this body. Of a read in nested
        code, which can run at any time, they are all nodes that bind the name.
        """
        definitions = self._definitions
        return self._name_nodes(use.id, definitions.uses.get(use, definitions.masks.get(use.id, 0)))

    def is_own(self, use: ast.Name) -> bool:
        """Whether the body itself comes to a read, and not an annotation or code that it makes for later."""
        return use in self._definitions.uses

    def reaching_exit(self, name: str, *, raising: bool = True) -> frozenset[ast.AST]:
        """The nodes whose binding of the name may be current when the body is left."""
        exits = (self._graph.exit, self._graph.raised) if raising else (self._graph.exit,)
        states = [self._definitions.states[block.index] for block in exits]
        reached = [state for state in states if state is not None]
        return self._name_nodes(name, reduce(or_, reached) if reached else None)

    def reaching_after(self, statement: ast.stmt, name: str) -> frozenset[ast.AST]:
        """The nodes whose binding of the name may be current once the statement is done; of a jump, as it leaves."""
        states = [
            state
            for ended, block, count in self._graph.ends
            if ended is statement and (state := self._definitions.state_after(block, count)) is not None
        ]
        return self._name_nodes(name, reduce(or_, states) if states else None)

    def _name_nodes(self, name: str, state: int | None) -> frozenset[ast.AST]:
        if state is None:
            return frozenset()
        if name not in self._names:
            return frozenset((UNBOUND,))
        nodes = self._definitions.decode(name, state)
        if name in self._exposed:
            nodes.update(self._bound_by_others.get(name, ()), (UNBOUND,))
        return frozenset(nodes)

    def reachable(self, statement: ast.stmt) -> bool:
        return self._reached.get(statement, True)

    @cached_property
    def _reached(self) -> dict[ast.stmt, bool]:
        reached: dict[ast.stmt, bool] = {}
        for statement, block in self._graph.starts:
            is_reached = self._definitions.states[block.index] is not None
            reached[statement] = is_reached or reached.get(statement, False)
        return reached

    def live_after(self, statement: ast.stmt) -> frozenset[str]:
        """The names that may be read once the statement is done, before they are bound again.

        After a jump these are the names that may be read where it leads; of a statement elsewhere, all names.
        """
        liveness = self._liveness
        live = liveness.after.get(statement)
        return self._names if live is None else self.captured | liveness.decode(live)

    def is_live_after(self, node: ast.stmt, name: str) -> bool:
        """The same of one name; True of a name that is not of this body."""
        return name not in self._names or name in self.live_after(node)

    @cached_property
    def _liveness(self) -> Liveness:
        if self._graph.deletions:
            # Which `del` can raise is settled there, and it adds paths.
            _ = self._definitions
        return Liveness(self._graph, self._reads(), self._taken)

    def _reads(self) -> dict[str, frozenset[str]]:
        """The names that reading a name reads; `super()` also reads the first parameter."""
        reads = dict.fromkeys(REFLECTION, self._names)
        if not isinstance(self._body, (ast.Module, ast.ClassDef)):
            del reads["globals"]
            first = (self._body.args.posonlyargs + self._body.args.args)[:1]
            reads["super"] = self._names.intersection(parameter.arg for parameter in first)
        return reads | {name: frozenset((name,)) for name in self._names}

    def loops(self, node: ast.AST) -> tuple[Loop, ...]:
        """The loops of this body that repeat the node, outermost first; comprehensions are left out."""
        return self._loops.get(node, ())

    @cached_property
    def _loops(self) -> dict[ast.AST, tuple[Loop, ...]]:
        loops: dict[ast.AST, tuple[Loop, ...]] = {}
        for loop in self._graph.loops:
            repeated = [loop.test if isinstance(loop, ast.While) else loop.target, *loop.body]
            for node in {node for part in repeated for node in walk(part)}:
                loops[node] = (*loops.get(node, ()), loop)
        return loops

    def at_most_once(self, node: ast.AST) -> bool:
        """Whether no loop of this body repeats the node."""
        return not self.loops(node)


def may_be_object(test: ast.expr, name: str, outcome: bool) -> bool:
    """Whether a test that came out so allows that a name is bound to an object, and one that counts as true."""
    if isinstance(test, ast.Name) and test.id == name:
        return outcome
    if not isinstance(test, ast.Compare) or not isinstance(test.left, ast.Name) or test.left.id != name:
        return True
    other = test.comparators[0]
    if len(test.ops) != 1 or not isinstance(other, ast.Constant) or other.value is not None:
        return True
    if isinstance(test.ops[0], (ast.Is, ast.Eq)):
        return not outcome
    return outcome or not isinstance(test.ops[0], (ast.IsNot, ast.NotEq))
