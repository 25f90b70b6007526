"""Where a handled exception, or its traceback, is put, and whether it is still there when the function ends.

The traceback of a caught exception begins with the frame that caught it, and holds that frame's locals.
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from memlint.facts.names import Binding, DefinitionKind
from memlint.facts.writes import CUTTING, HOLDING, is_none, pairs, targets_of
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts
    from memlint.facts.classes import ClassModel

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
INFO = "sys.exc_info"
CURRENT = "sys.exception"
GIVING = (DefinitionKind.ASSIGNMENT, DefinitionKind.LOOP, DefinitionKind.WALRUS, DefinitionKind.ANNOTATION)
LOOPS = (ast.For, ast.AsyncFor)
TAKING = frozenset({"discard", "pop", "popitem", "popleft", "remove"})
TRY = (ast.Try, getattr(ast, "TryStar", ast.Try))
CARRIERS = ("Error", "Exception", "Failure", "Future", "Outcome", "Promise", "Result", "Warning")


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


class Exceptions:
    """The exceptions that the functions of a file catch."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.parents = facts.tree.parents
        self._places: dict[Function, list[Place]] = {}

    @cached_property
    def handlers(self) -> dict[Function, list[ast.ExceptHandler]]:
        """The handlers that each function runs, in source order."""
        found: dict[Function, list[ast.ExceptHandler]] = {}
        for node in self.parents:
            if isinstance(node, ast.ExceptHandler):
                function = self.facts.tree.function(node)
                if isinstance(function, FUNCTIONS):
                    found.setdefault(function, []).append(node)
        for handlers in found.values():
            handlers.sort(key=lambda handler: handler.lineno)
        return found

    def within(self, first: int, last: int) -> list[Function]:
        """The functions with handlers that begin on one of these lines."""
        return [function for function in self.handlers if first <= function.lineno <= last]

    def places(self, function: Function) -> list[Place]:
        """Where the function puts what it catches, in source order."""
        if function not in self._places:
            found = {(place.target, place.grip): place for place in self._found(function)}
            ordered = sorted(found.values(), key=lambda place: (place.target.lineno, place.target.col_offset))
            self._places[function] = ordered
        return self._places[function]

    def _found(self, function: Function) -> Iterator[Place]:
        followed: set[ast.expr] = set()
        for handler in self.handlers.get(function, ()):
            waiting = [(value, grip) for value, grip in self._caught(handler, function)]
            while waiting:
                value, grip = waiting.pop()
                for place in self._given(value, grip, handler):
                    yield place
                    if isinstance(place.target, ast.Name) and not place.is_inside and place.target not in followed:
                        followed.add(place.target)
                        waiting += ((use, place.grip) for use in self._uses(place.target, function))

    def _caught(self, handler: ast.ExceptHandler, function: Function) -> Iterator[tuple[ast.expr, Grip]]:
        """The expressions in a handler whose value is, or holds, the exception, as they are put somewhere."""
        for node in (node for statement in handler.body for node in ast.walk(statement)):
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

    @cached_property
    def _raised(self) -> list[ast.Raise]:
        return [node for node in self.parents if isinstance(node, ast.Raise) and self._test(node) is not None]

    def _test(self, statement: ast.Raise) -> ast.Call | None:
        """The `isinstance(x, …)` under which `raise x` stands."""
        name = statement.exc.id if isinstance(statement.exc, ast.Name) else None
        condition = self.parents[statement]
        if name is None or not isinstance(condition, ast.If) or statement not in condition.body:
            return None
        tests = condition.test.values if isinstance(condition.test, ast.BoolOp) else [condition.test]
        if isinstance(condition.test, ast.BoolOp) and isinstance(condition.test.op, ast.Or):
            return None
        calls = (test for test in tests if isinstance(test, ast.Call) and last_name(test.func) == "isinstance")
        return next((call for call in calls if call.args and last_name(call.args[0]) == name), None)

    def found_and_raised(self, first: int, last: int) -> list[tuple[ast.Raise, Binding]]:
        """The statements on these lines that raise an exception which the function was given as a value, and which it
        still has in a local."""
        found: list[tuple[ast.Raise, Binding]] = []
        for statement in self._raised:
            function = self.facts.tree.function(statement)
            if not first <= statement.lineno <= last or not isinstance(function, FUNCTIONS):
                continue
            assert isinstance(statement.exc, ast.Name)
            binding = self.facts.names.binding(statement.exc)
            if (
                binding is None
                or binding.scope.node is not function
                or not self._leaves(statement, function, binding.name)
            ):
                continue
            if all(made.kind in GIVING for made in binding.definitions):
                found.append((statement, binding))
        return found

    def sources(self, binding: Binding) -> list[Binding]:
        """The other variables of the function that hold what its loops bind a variable to: what they loop over."""
        loops = (made.statement for made in binding.definitions if made.kind is DefinitionKind.LOOP)
        names = (node for loop in loops if isinstance(loop, LOOPS) for node in ast.walk(loop.iter))
        found = (self.facts.names.binding(node) for node in names if isinstance(node, ast.Name))
        return [each for each in dict.fromkeys(found) if each and each.scope is binding.scope]

    def is_looped_over(self, binding: Binding) -> bool:
        """Whether a loop of the function leaves an item of a container in a name of its own."""
        parents = (self.parents[use] for use in binding.uses)
        return any(isinstance(parent, (*LOOPS, ast.Attribute)) for parent in parents if is_iterating(parent))

    def local(self, place: Place, function: Function) -> Binding | None:
        """The variable of the function itself that a place is; or a container or a future that is made there, and the
        exception put into it."""
        target = place.target
        binding = self.facts.names.binding(target) if isinstance(target, ast.Name) else None
        if binding is None or binding.scope.node is not function:
            return None
        return binding if not place.is_put or self._is_made(place, binding) else None

    def _is_made(self, place: Place, binding: Binding) -> bool:
        """Whether a variable is bound to a container, or always to a future, that is made there."""
        values = [made.value for made in binding.definitions if made.value]
        if place.is_future:
            return bool(values) and all(self._is_new_future(value) for value in values)
        if not place.is_container or any(made.kind is DefinitionKind.PARAMETER for made in binding.definitions):
            return False
        return any(self.facts.classes.writes.makes_container(value) for value in values)

    def _is_new_future(self, value: ast.expr) -> bool:
        if not isinstance(value, ast.Call):
            return False
        is_made = last_name(value.func) == "create_future"
        return is_made or self.facts.names.qualified(value.func) in known("exceptions", "futures", "made_by")

    def is_beside_traceback(self, place: Place, function: Function) -> bool:
        """Whether the same assignment binds the traceback to a name which is kept as well."""
        return any(other.grip is Grip.TRACEBACK for other, _ in self.beside(place, function))

    def beside(self, place: Place, function: Function) -> list[tuple[Place, Binding]]:
        """What else of the exception the same assignment binds to locals that are kept."""
        return [
            (other, binding)
            for other in self.places(function)
            if other.by is place.by and other is not place
            if (binding := self.local(other, function)) and self.is_kept(other, function, binding)
        ]

    def lasts(self, place: Place, function: Function) -> bool:
        """Whether a place outlives the function, and nothing in this file empties it again."""
        target = place.target
        if isinstance(target, ast.Name):
            return self._is_global(place, function, target)
        if not isinstance(target, ast.Attribute):
            return False
        model = self.facts.classes.instance(target.value)
        statement = self.facts.tree.statement(place.by)
        if model is None or any(carries_exceptions(each.node) for each in model.local_lineage()):
            return False
        if place.method in known("exceptions", "queues", "put") or place.is_future:
            return False
        if model.intercepts(target.attr):
            return False
        if place.is_put:
            return not self._is_consumed(model, target.attr)
        if self.facts.classes.is_ever_cut(target.attr):
            return False
        stores = (store for store in model.stores if store.by is statement and store.attribute == target.attr)
        return not any(self.facts.classes.is_cut(model, store) for store in stores)

    def _is_consumed(self, model: ClassModel, attribute: str) -> bool:
        """Whether a method takes items out of the container in an attribute one by one, or it holds them weakly."""
        if any(is_weak(store.value) for each in model.local_lineage() for store in each.stores_of(attribute)):
            return True
        cuts = (cut.by for each in model.local_lineage() for cut in each.cuts if cut.attribute == attribute)
        nodes = (node for cut in cuts for node in ast.walk(cut))
        return any(isinstance(node, ast.Delete) or last_name(node) in TAKING for node in nodes)

    def _is_global(self, place: Place, function: Function, target: ast.Name) -> bool:
        """Whether a name is a variable of the module, which no function empties."""
        binding = self.facts.names.binding(target)
        if binding is None or binding.scope is not self.facts.names.module:
            return False
        if place.is_put and (not place.is_container or any(self._empties(use) for use in binding.uses)):
            return False
        if any(made.value is not None and is_weak(made.value) for made in binding.definitions):
            return False
        return not any(
            not isinstance(self.facts.tree.function(made.node), ast.Module)
            and (made.kind is DefinitionKind.DELETE or (made.value is not None and is_none(made.value)))
            for made in binding.definitions
        )

    def is_cleared(self, place: Place, function: Function) -> bool:
        """Whether the function lets go of the traceback itself, under any name that it has for the exception."""
        same = {place.handler.name}
        same |= {each.target.id for each in self.places(function) if isinstance(each.target, ast.Name)}
        return any(not same.isdisjoint(names) for names in self._cleared(function))

    def _cleared(self, function: Function) -> list[set[str]]:
        """The names whose traceback the function clears, one set a place."""
        return [found for node in ast.walk(function) if (found := self._clears(node, True))]

    def _clears(self, node: ast.AST, is_caller: bool) -> set[str]:
        if isinstance(node, ast.Assign) and is_none(node.value):
            cleared = [
                each for each in node.targets if isinstance(each, ast.Attribute) and each.attr == "__traceback__"
            ]
            return {name for each in cleared for name in read(each)}
        if not isinstance(node, ast.Call):
            return set()
        if isinstance(node.func, ast.Attribute) and node.func.attr == "with_traceback":
            return read(node.func) if node.args and is_none(node.args[0]) else set()
        given = {name for each in (*node.args, *(keyword.value for keyword in node.keywords)) for name in read(each)}
        if self.facts.names.qualified(node.func) in known("exceptions", "cleared", "by"):
            return given
        return given if is_caller and given and self._is_clearing(node.func) else set()

    def _is_clearing(self, called: ast.expr) -> bool:
        """Whether a function or method of this file clears a traceback."""
        if isinstance(called, ast.Name):
            binding = self.facts.names.binding(called)
            made = binding.sole.node if binding and binding.sole else None
        elif isinstance(called, ast.Attribute):
            model = self.facts.classes.instance(called.value)
            made = model.methods.get(called.attr) if model else None
        else:
            return False
        return isinstance(made, FUNCTIONS) and any(self._clears(node, False) for node in ast.walk(made))

    def is_kept(self, place: Place, function: Function, binding: Binding) -> bool:
        """Whether a local may still hold the exception where the function returns, ends, or raises of itself."""
        assert isinstance(place.target, ast.Name)
        target = place.target
        if place.is_put:
            if any(self._empties(use) for use in binding.uses):
                return False
            flow = self.facts.flow(function)
            held = flow.reaching(target)
        else:

            def passes(node: ast.AST, test: ast.expr, outcome: bool) -> bool:
                return node is not target or may_be_set(test, target.id, outcome)

            flow = self.facts.flow(function, passes)
            held = frozenset((target,))
        if self._is_last(place) or any(
            isinstance(node, TRY) and rebinds(node, target.id) for node in ast.walk(function)
        ):
            return False
        if held & flow.reaching_exit(target.id, raising=False):
            return True
        return any(
            isinstance(node, ast.Raise)
            and not self._ends_program(node.exc)
            and self.facts.tree.function(node) is function
            and held & flow.reaching_after(node, target.id)
            and self._leaves(node, function, target.id)
            for node in ast.walk(function)
        )

    def _is_last(self, place: Place) -> bool:
        """Whether the program ends in the handler, after the place."""
        inner: ast.AST | None = self.facts.tree.statement(place.by)
        while inner is not None and inner is not place.handler:
            outer = self.parents[inner]
            for _, block in ast.iter_fields(outer):
                if isinstance(block, list) and inner in block:
                    rest = block[block.index(inner) + 1 :]
                    if any(isinstance(each, ast.Expr) and self._ends_program(each.value) for each in rest):
                        return True
            inner = None if isinstance(outer, FUNCTIONS) else outer
        return False

    def _ends_program(self, value: ast.expr | None) -> bool:
        called = value.func if isinstance(value, ast.Call) else value
        return called is not None and self.facts.names.qualified(called) in known("exceptions", "program", "ends")

    def _empties(self, use: ast.Name) -> bool:
        """Whether a use takes something out of a container: `.clear()`, `del x[:]`."""
        parent = self.parents[use]
        if isinstance(parent, ast.Subscript):
            return not isinstance(parent.ctx, ast.Load) and isinstance(self.parents[parent], ast.Delete)
        return isinstance(parent, ast.Attribute) and parent.attr in CUTTING

    def _leaves(self, statement: ast.Raise, function: Function, name: str) -> bool:
        """Whether an exception raised there leaves the function, with nothing on the way that unbinds a name."""
        inner: ast.AST = statement
        for outer in self.facts.tree.ancestors(statement):
            if outer is function:
                return True
            if isinstance(outer, ast.ExceptHandler) and outer.name == name:
                return False
            if isinstance(outer, TRY):
                if inner in outer.body and outer.handlers:
                    return False
                if inner not in outer.finalbody and rebinds(outer, name):
                    return False
            inner = outer
        return False


def carries_exceptions(owner: ast.ClassDef) -> bool:
    """Whether the name of a class, or of a base of it, says that an exception is what it is there to hold."""
    bases = (base.value if isinstance(base, ast.Subscript) else base for base in owner.bases)
    called = [owner.name, *(getattr(base, "attr", getattr(base, "id", "")) for base in bases)]
    return any(word in name for name in called for word in CARRIERS)


def is_iterating(parent: ast.AST) -> bool:
    """Whether a node loops over its part: a `for`, or `.items()` and its like."""
    return isinstance(parent, LOOPS) or getattr(parent, "attr", "") in ("items", "values")


def is_weak(value: ast.expr) -> bool:
    """Whether a call makes a container of weak references, by its name."""
    return isinstance(value, ast.Call) and last_name(value.func).startswith("Weak")


def rebinds(guarded: ast.Try, name: str) -> bool:
    """Whether the `finally` of a statement binds or deletes a name."""
    final = (node for each in guarded.finalbody for node in ast.walk(each))
    return any(isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load) for node in final)


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


def last_name(expression: ast.AST) -> str:
    name: str = getattr(expression, "attr", getattr(expression, "id", ""))
    return name


def passes_on(parent: ast.expr, part: ast.expr) -> bool:
    """Whether the value of an expression is, or holds, that of its part."""
    if isinstance(parent, ast.IfExp):
        return part is not parent.test
    if isinstance(parent, ast.BoolOp):
        return isinstance(parent.op, ast.Or) or part is parent.values[-1]
    if isinstance(parent, ast.Dict):
        return any(part is value for value in parent.values)
    return isinstance(parent, (ast.Tuple, ast.List, ast.Set))


def read(expression: ast.expr) -> set[str]:
    """The names in an expression."""
    return {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)}


def may_be_set(test: ast.expr, name: str, outcome: bool) -> bool:
    """Whether a test that came out so allows that the name is bound to an exception, which is true."""
    if isinstance(test, ast.Name) and test.id == name:
        return outcome
    if not isinstance(test, ast.Compare) or not isinstance(test.left, ast.Name) or test.left.id != name:
        return True
    if len(test.ops) != 1 or not is_none(test.comparators[0]):
        return True
    if isinstance(test.ops[0], (ast.Is, ast.Eq)):
        return not outcome
    return outcome or not isinstance(test.ops[0], (ast.IsNot, ast.NotEq))
