"""Which expressions of a function hold an exception that it caught, or its traceback, and where they are put."""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from memlint.facts.branches import walk
from memlint.facts.shapes import last_name
from memlint.facts.writes import HOLDING, pairs, targets_of
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
INFO = "sys.exc_info"
CURRENT = "sys.exception"


class Grip(enum.Enum):
    """What a value holds of the exception."""

    EXCEPTION = "exception"
    TRACEBACK = "traceback"
    TRIPLE = "triple"
    """What `sys.exc_info()` gives, or the end of it: exception and traceback both."""


TRACEBACK_OF = {Grip.EXCEPTION: "__traceback__", Grip.TRACEBACK: "tb_next"}
"""The attribute that leads to a traceback. An inner one holds the catching frame as well, as what its frame goes back
to."""

PARTS = {1: Grip.EXCEPTION, 2: Grip.TRACEBACK}


class Place(NamedTuple):
    """A target that is given a handled exception, or a container that it is put into."""

    grip: Grip
    target: ast.expr
    by: ast.AST
    """The assignment, or the call that puts it in."""
    is_inside: bool
    """Whether the target holds it in a container, and not by itself."""
    value: ast.expr
    handler: ast.ExceptHandler

    @property
    def is_put(self) -> bool:
        """Whether what the target names was there before, and is given the exception."""
        return self.is_inside and isinstance(getattr(self.target, "ctx", None), ast.Load)

    @property
    def method(self) -> str:
        """The method that puts it in; empty for an assignment."""
        function = self.by.func if isinstance(self.by, ast.Call) else None
        return function.attr if isinstance(function, ast.Attribute) else ""

    @property
    def is_future(self) -> bool:
        return self.method == "set_exception"

    @property
    def is_container(self) -> bool:
        return self.is_put and (not self.method or self.method in HOLDING)


class Caught:
    """Follows what the handlers of a function catch from expression to expression."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.parents = facts.tree.parents

    def places(self, function: Function, handlers: Iterable[ast.ExceptHandler]) -> Iterator[Place]:
        """Where a function puts what its handlers catch; some places come twice."""
        followed: set[ast.expr] = set()
        for handler in handlers:
            waiting = [*self._caught(handler, function)]
            while waiting:
                value, grip = waiting.pop()
                for place in self._given(value, grip, handler):
                    yield place
                    if isinstance(place.target, ast.Name) and not place.is_inside and place.target not in followed:
                        followed.add(place.target)
                        waiting += ((use, place.grip) for use in self._uses(place.target, function))

    def _caught(self, handler: ast.ExceptHandler, function: Function) -> Iterator[tuple[ast.expr, Grip]]:
        """The expressions in a handler whose value is, or holds, the exception, as they are put somewhere."""
        for node in (node for statement in handler.body for node in walk(statement)):
            if isinstance(node, ast.Name) and node.id == handler.name and isinstance(node.ctx, ast.Load):
                if self._leads(node, Grip.EXCEPTION, handler) and self._is_caught(node, handler, function):
                    yield node, Grip.EXCEPTION
            elif isinstance(node, ast.Call) and not node.keywords and self._leads(node, Grip.TRIPLE, handler):
                grip = self._gives(node)
                if grip and self.facts.tree.function(node) is function and self._handler(node) is handler:
                    yield node, grip

    def _leads(self, value: ast.expr, grip: Grip, handler: ast.ExceptHandler) -> bool:
        return next(self._given(value, grip, handler), None) is not None

    def _is_caught(self, use: ast.Name, handler: ast.ExceptHandler, function: Function) -> bool:
        """Whether a name is what the handler bound, and not bound anew in between."""
        names = self.facts.names
        binding = names.binding(use)
        if binding is None or binding is not names.binding_of(handler) or self.facts.tree.function(use) is not function:
            return False
        others = (made.node for made in binding.definitions if made.node is not handler)
        if all(isinstance(other, ast.ExceptHandler) for other in others):
            return self._handler(use, handler.name) is handler
        return self.facts.flow(function).reaching(use) == {handler}

    def _handler(self, node: ast.AST, name: str | None = None) -> ast.ExceptHandler | None:
        """The innermost handler around a node, of those that bind a name where one is given."""
        handlers = (outer for outer in self.facts.tree.ancestors(node) if isinstance(outer, ast.ExceptHandler))
        return next((handler for handler in handlers if name is None or handler.name == name), None)

    def _gives(self, call: ast.Call) -> Grip | None:
        """What a call gives of the exception that is being handled."""
        if call.args:
            return None
        called = self.facts.names.qualified(call.func) or ""
        if called == INFO:
            return Grip.TRIPLE
        return Grip.EXCEPTION if called == CURRENT or called in known("exceptions", "handled", "holders") else None

    def _uses(self, target: ast.Name, function: Function) -> Iterator[ast.Name]:
        """The reads of a local name that may find what one assignment bound it to."""
        binding = self.facts.names.binding(target)
        if binding is None or binding.scope.node is not function:
            return
        flow = self.facts.flow(function)
        for use in binding.uses:
            if self.facts.tree.function(use) is function and target in flow.reaching(use):
                yield use

    def _given(self, value: ast.expr, grip: Grip, handler: ast.ExceptHandler) -> Iterator[Place]:
        """The targets that an assignment or a call around a value gives it to."""
        whole, grip_of_part, is_part = self._part(value, grip)
        if grip_of_part is None:
            return
        chain = {whole: is_part}
        node = whole
        while True:
            parent = self.parents[node]
            if isinstance(parent, ast.keyword) and parent.arg:
                parent = self.parents[parent]
            if isinstance(parent, ast.NamedExpr):
                yield Place(grip_of_part, parent.target, parent, chain[node], whole, handler)
            elif isinstance(parent, (ast.Assign, ast.AnnAssign)) and node is parent.value:
                yield from self._assigned(parent, chain, whole, grip_of_part, handler)
                return
            elif isinstance(parent, ast.Call) and node in parent.args and puts(parent):
                assert isinstance(parent.func, ast.Attribute)
                yield Place(grip_of_part, parent.func.value, parent, True, whole, handler)
                return
            outer = wrapping(parent, node)
            if outer is None:
                return
            is_display = isinstance(outer, (ast.Tuple, ast.List, ast.Set, ast.Dict))
            chain[outer] = is_display or chain[node]
            node = outer

    def _part(self, value: ast.expr, grip: Grip) -> tuple[ast.expr, Grip | None, bool]:
        """What is taken of a value right where it stands: `[1]` or `[:2]` of a triple, the `__traceback__`."""
        parent = self.parents[value]
        if isinstance(parent, ast.Attribute):
            is_traceback = TRACEBACK_OF.get(grip) == parent.attr and isinstance(parent.ctx, ast.Load)
            return parent, Grip.TRACEBACK if is_traceback else None, False
        if not isinstance(parent, ast.Subscript) or parent.value is not value:
            return value, grip, False
        if grip is not Grip.TRIPLE or not isinstance(parent.ctx, ast.Load):
            return value, None, False
        index = parent.slice.upper if isinstance(parent.slice, ast.Slice) else parent.slice
        place = index.value if isinstance(index, ast.Constant) else None
        if isinstance(parent.slice, ast.Slice):
            return parent, Grip.EXCEPTION if place == 2 else None, True
        return parent, PARTS.get(place) if isinstance(place, int) else None, False

    def _assigned(
        self,
        assignment: ast.Assign | ast.AnnAssign,
        chain: dict[ast.expr, bool],
        whole: ast.expr,
        grip: Grip,
        handler: ast.ExceptHandler,
    ) -> Iterator[Place]:
        targets = targets_of(assignment)
        assert assignment.value is not None
        for target, value in pairs(targets, assignment.value):
            if value in chain:
                container = target.value if isinstance(target, ast.Subscript) else target
                is_inside = chain[value] or container is not target
                yield Place(grip, container, assignment, is_inside, whole, handler)
        if assignment.value is whole and (grip is Grip.TRIPLE or chain[whole]):
            for target in targets:
                if isinstance(target, (ast.Tuple, ast.List)) and len(target.elts) > 1:
                    for part, of_part in zip(target.elts[1:], (Grip.EXCEPTION, Grip.TRACEBACK), strict=False):
                        if not isinstance(part, ast.Starred):
                            yield Place(of_part, part, assignment, False, whole, handler)


def puts(call: ast.Call) -> bool:
    """Whether a call puts its argument into what it is called on."""
    if not isinstance(call.func, ast.Attribute):
        return False
    method = call.func.attr
    return method in HOLDING or method == "set_exception" or method in known("exceptions", "queues", "put")


def wrapping(parent: ast.AST, part: ast.expr) -> ast.expr | None:
    """The expression right around a part whose value is, or holds, that of the part."""
    if isinstance(parent, ast.Call):
        return parent if part is not parent.func and is_exception_call(parent) else None
    return parent if isinstance(parent, ast.expr) and passes_on(parent, part) else None


def is_exception_call(call: ast.Call) -> bool:
    """Whether a call makes an exception, by its name; exceptions keep what they are made with."""
    name = last_name(call.func)
    return name[:1].isupper() and name.endswith(("Error", "Exception", "Failure"))


def passes_on(parent: ast.expr, part: ast.expr) -> bool:
    """Whether the value of an expression is, or holds, that of its part."""
    if isinstance(parent, ast.IfExp):
        return part is not parent.test
    if isinstance(parent, ast.BoolOp):
        return isinstance(parent.op, ast.Or) or part is parent.values[-1]
    if isinstance(parent, ast.Dict):
        return any(part is value for value in parent.values)
    return isinstance(parent, (ast.Tuple, ast.List, ast.Set))
