"""Wide classes: how many attributes each instance surely has, and where instances are made in a loop and kept."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.class_kinds import ClassKind
from memlint.facts.class_model import ClassModel, Method, MethodKind, class_body, first_parameter
from memlint.facts.escape import Role
from memlint.facts.keeping import is_of_class
from memlint.facts.remembered import remembered
from memlint.facts.slots import is_open
from memlint.facts.writes import targets_of
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

SHARED = 29
"""Attributes that fit into the table of keys that the instances of a class share."""
FEWEST = 1000
"""Instances that are too few to matter, where a loop surely makes no more."""
FIELDS = frozenset({ClassKind.DATACLASS, ClassKind.ATTRS})
LISTS = (ast.ListComp, ast.SetComp, ast.DictComp)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
COLLECTORS = frozenset(
    {"builtins.dict", "builtins.frozenset", "builtins.list", "builtins.set", "builtins.sorted", "builtins.tuple"}
)
SLOTTED = frozenset({"attr.define", "attr.frozen", "attr.mutable", "attrs.define", "attrs.frozen", "attrs.mutable"})


class Wide(NamedTuple):
    """A class whose instances have too many attributes to share their keys, and a call that makes many of them."""

    model: ClassModel
    attributes: int
    made: ast.Call
    is_dataclass: bool


class WideClasses:
    """Counts the attributes of the classes of a file, and looks for those with many instances."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    @remembered
    def of(self, model: ClassModel) -> Wide | None:
        """What makes a class wide; None where its instances are few, or share their keys."""
        attributes = self.attributes(model)
        if len(attributes) <= SHARED or not self.is_plain(model) or self.facts.caching.is_one_of_few(model):
            return None
        made = next(filter(self.is_kept_in_number, self.makers(model)), None)
        if made is None:
            return None
        return Wide(model, len(attributes), made, self.facts.class_kinds.of(model) is ClassKind.DATACLASS)

    def is_plain(self, model: ClassModel) -> bool:
        """Whether instances surely have a dictionary that Python lays out, and nothing but what this code says."""
        kind = self.facts.class_kinds.of(model)
        if kind is not ClassKind.PLAIN and kind not in FIELDS:
            return False
        if self.facts.class_kinds.has_hidden_makers(model):
            return False
        return all(
            is_open(each)
            and "__slots__" not in each.home.names.inner(each.node).bindings
            and "__setattr__" not in each.methods
            and not any(map(self.gives_slots, each.node.decorator_list))
            for each in model.lineage()
        )

    def gives_slots(self, decorator: ast.expr) -> bool:
        """Whether a decorator gives a class slots: those of attrs that are of its later kind do so unless told."""
        given = decorator.keywords if isinstance(decorator, ast.Call) else []
        said = next((each.value for each in given if each.arg == "slots"), None)
        if said is None:
            return self.facts.class_kinds.qualified(decorator) in SLOTTED
        return not (isinstance(said, ast.Constant) and said.value is False)

    def attributes(self, model: ClassModel) -> set[str]:
        """The names under which each instance surely has a value once it is made."""
        found = self.fields(model)
        for maker in ("__init__", "__post_init__", "__attrs_post_init__"):
            found |= self.called(model, maker, set())
        return {name for name in found if not model.intercepts(name)}

    def fields(self, model: ClassModel) -> set[str]:
        """The fields of a dataclass, or of a class of attrs, with those of its bases in this file."""
        names: set[str] = set()
        for each in model.local_lineage():
            if self.facts.class_kinds.of(each) not in FIELDS:
                continue
            for statement in each.node.body:
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                    if not is_of_class(each, statement):
                        names.add(statement.target.id)
                elif isinstance(statement, ast.Assign) and self.is_field(statement.value):
                    names.update(target.id for target in statement.targets if isinstance(target, ast.Name))
        return names

    def is_field(self, value: ast.expr) -> bool:
        listed = known("classes", "fields", "attrs")
        return isinstance(value, ast.Call) and self.facts.names.qualified(value.func) in listed

    def called(self, model: ClassModel, name: str, seen: set[Method], above: ClassModel | None = None) -> set[str]:
        """The attributes that a method of an instance stores for certain; of the bases `above` one where that is
        given."""
        lineage = list(model.local_lineage())
        lineage = lineage[lineage.index(above) + 1 :] if above in lineage else lineage
        owner = next((each for each in lineage if name in each.methods), None)
        if owner is None or owner.methods[name] in seen or owner.kinds[name] is not MethodKind.INSTANCE:
            return set()
        method = owner.methods[name]
        return self.stored(method.body, method, owner, model, seen | {method})

    def stored(
        self, body: Sequence[ast.stmt], method: Method, owner: ClassModel, model: ClassModel, seen: set[Method]
    ) -> set[str]:
        """The attributes that a run of statements stores for certain."""
        found: set[str] = set()
        for statement in body:
            parts: list[Sequence[ast.stmt]] = []
            if isinstance(statement, ast.If):
                sides = [self.stored(side, method, owner, model, seen) for side in (statement.body, statement.orelse)]
                found |= sides[0] & sides[1]
            elif isinstance(statement, ast.Try):
                parts = [statement.body, statement.finalbody] if not statement.handlers else [statement.finalbody]
            elif isinstance(statement, (ast.With, ast.AsyncWith)):
                parts = [statement.body]
            elif isinstance(statement, (ast.Return, ast.Raise)):
                return found
            elif not isinstance(statement, LOOPS):
                found.update(self.targets(statement, method))
                for call in (node for node in walk(statement) if isinstance(node, ast.Call)):
                    found |= self.through(call, method, owner, model, seen)
            for part in parts:
                found |= self.stored(part, method, owner, model, seen)
        return found

    def targets(self, statement: ast.stmt, method: Method) -> Iterator[str]:
        """The attributes of the instance that one statement gives a value."""
        if isinstance(statement, ast.AnnAssign) and statement.value is None:
            return
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)):
            return
        own = first_parameter(method)
        nodes = (node for target in targets_of(statement) for node in walk(target))
        for node in (each for each in nodes if isinstance(each, ast.Attribute)):
            if isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name) and node.value.id == own:
                yield node.attr

    def through(
        self, call: ast.Call, method: Method, owner: ClassModel, model: ClassModel, seen: set[Method]
    ) -> set[str]:
        """The attributes that a call of another method on the instance stores: `self.reset()`, `super().__init__()`."""
        called = call.func
        if not isinstance(called, ast.Attribute):
            return set()
        if isinstance(called.value, ast.Name) and called.value.id == first_parameter(method):
            return self.called(model, called.attr, seen)
        if isinstance(called.value, ast.Call) and self.facts.names.qualified(called.value.func) == "builtins.super":
            return self.called(model, called.attr, seen, owner)
        base = next((each for each in owner.bases if each.node.name == getattr(called.value, "id", "")), None)
        return self.called(base, called.attr, seen) if base is not None else set()

    def makers(self, model: ClassModel) -> Iterator[ast.Call]:
        """The calls of this file that make an instance, by the name of the class or by that of a class method's own."""
        bindings = [self.facts.names.binding_of(model.node)]
        for statement in class_body(model.node.body):
            if isinstance(statement, ast.FunctionDef) and model.kinds.get(statement.name) is MethodKind.CLASS:
                given = [*statement.args.posonlyargs, *statement.args.args][:1]
                bindings += [self.facts.names.binding_of(each) for each in given if statement.name != "__new__"]
        for binding in bindings:
            for use in binding.uses if binding is not None else ():
                call = self.facts.tree.parents[use]
                if isinstance(call, ast.Call) and call.func is use:
                    yield call

    def is_kept_in_number(self, call: ast.Call) -> bool:
        """Whether a loop, or a comprehension, puts each instance that a call makes into a container."""
        outer = self.facts.tree.parents[call]
        if isinstance(outer, (*LISTS, ast.GeneratorExp)):
            is_value = call is (outer.value if isinstance(outer, ast.DictComp) else outer.elt)
            is_kept = isinstance(outer, LISTS) or self.is_collected(outer)
            return is_value and is_kept and not self.is_short([each.iter for each in outer.generators])
        loops = self.loops(call)
        return (
            bool(loops)
            and self.is_put_away(call, loops[0])
            and not self.is_short([loop.iter for loop in loops if not isinstance(loop, ast.While)])
        )

    def loops(self, node: ast.AST) -> list[ast.For | ast.AsyncFor | ast.While]:
        """The loops of the function around a node, the innermost first."""
        function, inner = self.facts.tree.function(node), node
        found: list[ast.For | ast.AsyncFor | ast.While] = []
        for outer in self.facts.tree.ancestors(node):
            if outer is function:
                break
            if isinstance(outer, LOOPS) and inner in outer.body:
                found.append(outer)
            inner = outer
        return found

    def is_short(self, iterated: Iterable[ast.expr]) -> bool:
        """Whether loops over these surely have few turns, all in all."""
        turns = 1
        for each in iterated:
            most = self.facts.sizes.most(each)
            if most is None:
                return False
            turns *= most
        return 1 < turns < FEWEST

    def is_collected(self, generator: ast.GeneratorExp) -> bool:
        """Whether what a generator gives all goes into one container."""
        call = self.facts.tree.parents[generator]
        if not isinstance(call, ast.Call):
            return False
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        return method in ("extend", "update") or self.facts.names.qualified(call.func) in COLLECTORS

    def is_put_away(self, value: ast.expr, loop: ast.stmt) -> bool:
        """Whether a value goes into a container, at once or under a name of its own, in the same turn of a loop."""
        for role, by in self.facts.escape.roles(value):
            if role is Role.STORED and self.is_entry(by):
                return True
            if role is not Role.ALIASED:
                continue
            for name in self.facts.escape.aliased_names(value, by):
                binding = self.facts.names.binding(name)
                for fate in self.facts.escape.own_fates(binding) if binding is not None else ():
                    if (
                        fate.role is Role.STORED
                        and self.is_entry(fate.by)
                        and loop in self.facts.tree.ancestors(fate.by)
                    ):
                        return True
        return False

    def is_entry(self, by: ast.AST) -> bool:
        """Whether what stores a value adds an entry for each: a method, or an item under a key that is no constant."""
        if isinstance(by, ast.Call):
            return isinstance(by.func, ast.Attribute)
        targets = targets_of(by) if isinstance(by, (ast.Assign, ast.AnnAssign)) else []
        return any(isinstance(each, ast.Subscript) and not isinstance(each.slice, ast.Constant) for each in targets)
