"""Where a handled exception, or its traceback, is put, and whether it is still there when the function ends.

The traceback of a caught exception begins with the frame that caught it, and holds that frame's locals.
"""

from __future__ import annotations

import ast
from functools import cached_property
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.caught import FUNCTIONS, Caught, Function, Grip, Place
from memlint.facts.class_model import MAKING
from memlint.facts.clearing import Clearing
from memlint.facts.closures import is_test
from memlint.facts.handover import Handover, is_of_import, is_of_loading
from memlint.facts.names import Binding, DefinitionKind
from memlint.facts.raised_locals import Raised, RaisedLocals
from memlint.facts.remembered import remembered
from memlint.facts.shapes import is_none, last_name
from memlint.facts.writes import is_attribute
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts
    from memlint.facts.classes import ClassModel, Store

__all__ = ["FUNCTIONS", "Exceptions", "Function", "Grip", "Place"]

LOOPS = (ast.For, ast.AsyncFor)
TAKING = frozenset({"discard", "pop", "popitem", "popleft", "remove"})
CARRIERS = ("Error", "Exception", "Failure", "Future", "Outcome", "Promise", "Result", "Warning")


class Exceptions:
    """The exceptions that the functions of a file catch."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.parents = facts.tree.parents
        self._caught = Caught(facts)
        self._clearing = Clearing(facts)
        self._handover = Handover(facts)

    @cached_property
    def handlers(self) -> dict[Function, list[ast.ExceptHandler]]:
        """The handlers that each function runs, in source order."""
        found: dict[Function, list[ast.ExceptHandler]] = {}
        for node in self.facts.tree.nodes(ast.ExceptHandler):
            function = self.facts.tree.function(node)
            if isinstance(function, FUNCTIONS):
                found.setdefault(function, []).append(node)
        for handlers in found.values():
            handlers.sort(key=lambda handler: handler.lineno)
        return found

    def within(self, first: int, last: int) -> list[Function]:
        """The functions with handlers that begin on one of these lines."""
        return [function for function in self.handlers if first <= function.lineno <= last]

    @remembered
    def places(self, function: Function) -> list[Place]:
        """Where the function puts what it catches, in source order."""
        caught = self._caught.places(function, self.handlers.get(function, ()))
        found = {(place.target, place.grip): place for place in caught}
        return sorted(found.values(), key=lambda place: (place.target.lineno, place.target.col_offset))

    def raised(self, first: int, last: int) -> list[Raised]:
        """The statements on these lines that raise an exception from a local which still has it."""
        return [(statement, binding) for statement, binding in self._raised if first <= statement.lineno <= last]

    @cached_property
    def _raised(self) -> list[Raised]:
        return RaisedLocals(self.facts, self._clearing).all()

    def awaited(self, first: int, last: int) -> list[tuple[ast.Call, Binding]]:
        """The calls on these lines, `future.result()`, that raise what a future of the function's own making holds, and
        leave the future in a local of the frame that they raise it through."""
        return [(call, binding) for call, binding in self._awaited if first <= call.lineno <= last]

    @cached_property
    def _awaited(self) -> list[tuple[ast.Call, Binding]]:
        """One call for each future, the first."""
        found: dict[Binding, ast.Call] = {}
        calls = self.facts.tree.nodes(ast.Call)
        for call in (each for each in calls if last_name(each.func) == "result"):
            called = call.func
            if not isinstance(called, ast.Attribute) or not isinstance(called.value, ast.Name):
                continue
            function, binding = self.facts.tree.function(call), self.facts.names.binding(called.value)
            if binding is None or binding.sole is None or binding.scope.node is not function or binding in found:
                continue
            if binding.sole.kind is not DefinitionKind.ASSIGNMENT:
                continue
            if not isinstance(function, FUNCTIONS) or self.facts.kinds.of(called.value) != "future":
                continue
            if self._never_raises(binding) or self._is_of_command(function):
                continue
            if self._clearing.leaves(call, function, binding.name, of_any_class=True):
                found[binding] = call
        return [(call, binding) for binding, call in found.items()]

    def _never_raises(self, future: Binding) -> bool:
        """Whether a future of the function's own making is only ever given a result, and nobody else has it but what
        waits for it."""
        made = future.sole.value if future.sole else None
        return made is not None and self._is_new_future(made) and all(map(self._is_harmless, future.uses))

    def _is_harmless(self, use: ast.Name) -> bool:
        parent = self.parents[use]
        if isinstance(parent, ast.Attribute):
            return parent.attr in known("exceptions", "futures", "harmless")
        call = self.parents[parent] if isinstance(parent, (ast.List, ast.Set, ast.Tuple)) else None
        is_awaited = isinstance(call, ast.Call) and last_name(call.func) in known("exceptions", "futures", "waiting")
        return is_awaited or isinstance(parent, ast.Compare)

    def _is_of_command(self, function: Function) -> bool:
        """Whether a function is the one run of a command, or a private method that this alone calls, once."""
        owner = self.parents[function]
        if not isinstance(owner, ast.ClassDef) or not is_command(owner):
            return False
        if not function.name.startswith("_"):
            return function.name in known("hooks", "single", "programs")
        uses = [node for node in walk(owner) if is_attribute(node, function.name)]
        if len(uses) != 1:
            return False
        caller = self.facts.tree.function(uses[0])
        return isinstance(caller, FUNCTIONS) and caller is not function and self._is_of_command(caller)

    def sources(self, binding: Binding) -> list[Binding]:
        """The other variables of the function that hold what its loops bind a variable to: what they loop over."""
        loops = (made.statement for made in binding.definitions if made.kind is DefinitionKind.LOOP)
        names = (node for loop in loops if isinstance(loop, LOOPS) for node in walk(loop.iter))
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
        if self._clearing.ends_connection_after(place) or self._clearing.is_at_end_of_loop(place):
            return False
        if model.intercepts(target.attr) or self._handover.keeps_traceback(model, target.attr):
            return False
        if place.is_put:
            return not self._is_consumed(model, target.attr)
        if self.facts.classes.is_ever_cut(target.attr):
            return False
        stores = (store for store in model.stores if store.by is statement and store.attribute == target.attr)
        return not any(self.facts.classes.is_cut(model, store) for store in stores)

    def is_handed_over(self, place: Place, function: Function) -> bool:
        """Whether what is stored comes once: a failed import, or what the class only hands over."""
        return is_of_import(place.handler) or self._handover.is_handed_over(place, function)

    def _is_consumed(self, model: ClassModel, attribute: str) -> bool:
        """Whether a method takes items out of the container in an attribute one by one, or puts another in its place
        once it has used them, or the container holds them weakly."""
        if any(is_weak(store.value) for each in model.local_lineage() for store in each.stores_of(attribute)):
            return True
        if any(self._is_used_up(store) for each in model.local_lineage() for store in each.stores_of(attribute)):
            return True
        cuts = (cut.by for each in model.local_lineage() for cut in each.cuts if cut.attribute == attribute)
        nodes = (node for cut in cuts for node in walk(cut))
        return any(isinstance(node, ast.Delete) or last_name(node) in TAKING for node in nodes)

    def _is_used_up(self, store: Store) -> bool:
        """Whether a method puts an empty container in the place of one whose items it has used, or what it found out
        about each of them."""
        if store.method.name in MAKING:
            return False
        value = store.value.value if isinstance(store.value, ast.DictComp) else getattr(store.value, "elt", None)
        is_found_out = isinstance(value, (ast.Compare, ast.Constant, ast.JoinedStr, ast.UnaryOp))
        if not is_found_out and not self.facts.classes.writes.is_empty(store.value):
            return False
        reads = (node for node in walk(store.method) if is_attribute(node, store.attribute))
        return any(
            node.lineno <= (store.by.end_lineno or store.by.lineno) and is_used(node, self.parents[node])
            for node in reads
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
            if self.facts.classes.instance(node.value) is not None
        )

    def _is_global(self, place: Place, function: Function, target: ast.Name) -> bool:
        """Whether a name is a variable of the module, which no function empties."""
        binding = self.facts.names.binding(target)
        if binding is None or binding.scope is not self.facts.names.module:
            return False
        if place.is_put and (not place.is_container or any(self._clearing.empties(use) for use in binding.uses)):
            return False
        if any(made.value is not None and is_weak(made.value) for made in binding.definitions):
            return False
        return not any(
            not isinstance(self.facts.tree.function(made.node), ast.Module)
            and (made.kind is DefinitionKind.DELETE or (made.value is not None and is_none(made.value)))
            for made in binding.definitions
        )

    @remembered
    def kept(self, function: Function) -> list[tuple[Place, Binding]]:
        """The places of a function that hold an exception when it ends, with the variable of each."""
        found: list[tuple[Place, Binding]] = []
        for place in self.places(function) if not self.is_of_program(function) else ():
            binding = self.local(place, function) if place.grip is Grip.EXCEPTION else None
            if binding is None or self.is_cleared(place, function) or is_of_loading(self.parents[place.handler]):
                continue
            if isinstance(place.value, ast.Name) and self.facts.names.binding(place.value) in [
                same for _, same in found
            ]:
                continue
            if self.is_kept(place, function, binding) and not self.is_beside_traceback(place, function):
                found.append((place, binding))
        return found

    def is_of_program(self, function: Function) -> bool:
        """Whether a function is the main one of a program or a process, or one that this calls, once: what it still
        holds in the end goes with the process, soon after."""
        if self._clearing.is_process_target(function) or self._is_compiled:
            return True
        around = [function, *self.facts.tree.ancestors(function)]
        is_tested = any(is_test(each.name) for each in around if isinstance(each, FUNCTIONS))
        return not is_tested and self.facts.closures.runs_once(function)

    @cached_property
    def _is_compiled(self) -> bool:
        """Whether Cython compiles the file, whose frames have no locals."""
        imports = self.facts.tree.nodes(ast.ImportFrom)
        return any((each.module or "").startswith("cython.cimports") for each in imports)

    def is_cleared(self, place: Place, function: Function) -> bool:
        """Whether the function lets go of the traceback itself, under any name that it has for the exception."""
        cleared = self._clearing.cleared(function)
        same = (each.target.id for each in self.places(function) if isinstance(each.target, ast.Name))
        return bool(cleared) and not cleared.isdisjoint([place.handler.name, *same])

    def is_kept(self, place: Place, function: Function, binding: Binding) -> bool:
        """Whether a local may still hold the exception where the function returns, ends, or raises of itself."""
        assert isinstance(place.target, ast.Name)
        target = place.target
        if place.is_put:
            if any(self._clearing.empties(use) for use in binding.uses):
                return False
            flow = self.facts.flow(function)
            held = flow.reaching(target)
        else:
            flow = self.facts.flow_of_objects(function)
            held = frozenset((target,))
        if target.id in self._clearing.rebound(function) or self._clearing.lets_go_after(place, function, target.id):
            return False
        if held & flow.reaching_exit(target.id, raising=False):
            return True
        return any(
            held & flow.reaching_after(node, target.id) and self._clearing.leaves(node, function, target.id)
            for node in self._raises.get(function, ())
        )

    @cached_property
    def _raises(self) -> dict[ast.AST, list[ast.Raise]]:
        """By function, its statements that raise anything but the end of the program."""
        found: dict[ast.AST, list[ast.Raise]] = {}
        for node in self.facts.tree.nodes(ast.Raise):
            if not self._clearing.ends_program(node.exc):
                found.setdefault(self.facts.tree.function(node), []).append(node)
        return found


def carries_exceptions(owner: ast.ClassDef) -> bool:
    """Whether the name of a class, or of a base of it, says that an exception is what it is there to hold."""
    bases = (base.value if isinstance(base, ast.Subscript) else base for base in owner.bases)
    called = [owner.name, *(getattr(base, "attr", getattr(base, "id", "")) for base in bases)]
    return any(word in name for name in called for word in CARRIERS)


def is_used(container: ast.expr, parent: ast.AST) -> bool:
    """Whether the items of a container are looked at, or the container is taken away as a whole."""
    if isinstance(parent, ast.Call):
        return container in parent.args and last_name(parent.func) != "len"
    is_read = isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Load)
    return is_read or is_iterating(parent) or isinstance(parent, (ast.Assign, ast.Tuple, ast.comprehension))


def is_iterating(parent: ast.AST) -> bool:
    """Whether a node loops over its part: a `for`, or `.items()` and its like."""
    return isinstance(parent, LOOPS) or getattr(parent, "attr", "") in ("items", "values")


def is_command(owner: ast.ClassDef) -> bool:
    """Whether a class, by its name or those of its bases, is a command of a program."""
    return any(name.endswith("Command") for name in (owner.name, *map(last_name, owner.bases)))


def is_weak(value: ast.expr) -> bool:
    """Whether a call makes a container of weak references, by its name."""
    return isinstance(value, ast.Call) and last_name(value.func).startswith("Weak")
