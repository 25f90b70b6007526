"""Containers that outlive a call and only ever grow: of a module, of a class, of an instance.

A container grows where code that runs again and again puts something in under a key, or of a value, that it was given.
It is endless where no code of the file takes anything out, counts what is in it, binds the name anew or hands the
container itself to code that may.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import ClassVar

from memlint.facts.branches import walk
from memlint.facts.class_model import MAKING, ClassModel
from memlint.facts.defaults import Touch
from memlint.facts.escape import Role
from memlint.facts.growth_model import Container, Growth, Home, Sort
from memlint.facts.growth_sorts import GrowthSorts
from memlint.facts.kinds import IN_PLACE, MUTABLE
from memlint.facts.names import Binding, Definition, DefinitionKind
from memlint.facts.origins import spelled_in, words_of
from memlint.facts.shapes import place
from memlint.facts.writes import targets_of
from memlint.knowledge import names as known

HANDED_ON = frozenset({Role.RETURNED, Role.YIELDED, Role.STORED, Role.PASSED})
"""What may let other code take something out."""
ADDED = {
    "append": 0,
    "appendleft": 0,
    "add": 0,
    "setdefault": 0,
    "insert": 1,
    "extend": 0,
    "extendleft": 0,
    "update": 0,
}
"""The argument that says what a method puts in, or under which key."""


class Growths(GrowthSorts):
    """Finds the long-lived containers of a file and the places where they grow."""

    def of(self, *homes: Home) -> Iterator[Container]:
        """The containers that grow in some function and that no code of the file shrinks, bounds or hands on."""
        for home in homes:
            if home not in self._known:
                found = self.FINDERS[home](self)
                self._known[home] = [each for each in found if each.growths and self.is_endless(each)]
            yield from self._known[home]

    @cached_property
    def pinned(self) -> list[tuple[Container, Growth]]:
        """The containers of the module that keep objects under their identities, and where the first goes in."""
        found = self._of_module() if "id(" in self.facts.source.text else ()
        firsts = ((each, next(filter(self.is_pinned, each.growths), None)) for each in found)
        return [
            (container, growth)
            for container, growth in firsts
            if growth is not None and self.is_repeated(growth) and not self.is_endless(container)
        ]

    @cached_property
    def unread(self) -> list[tuple[Container, Growth]]:
        """The containers that an instance fills and that no code of the file ever reads, and where they are filled."""
        return list(self._unread())

    def _unread(self) -> Iterator[tuple[Container, Growth]]:
        for model in self.facts.classes.models.values():
            for store in model.stores:
                name, kind = store.attribute, self.container_kind(store.value)
                if store.inside or not name.startswith("_") or name.startswith("__") or kind is None:
                    continue
                uses = self.facts.class_containers.uses(name)
                touches = [touch for use in uses for touch in self.facts.class_containers.touches(use)]
                growths = [each for each in self.growths(kind, touches) if self.is_statement(each)]
                made = Container(Home.INSTANCE, name, kind, store.value, store.by, model, touches, growths)
                if growths and self.is_unread(made) and not self.is_read_beside(name):
                    yield made, growths[0]

    def is_unread(self, container: Container) -> bool:
        """Whether all that a file does with the attributes of a name is to make them, pass them along and fill them."""
        name, put_in = container.name, {growth.use for growth in container.growths if self.is_statement(growth)}
        uses = self.facts.class_containers.uses(name)
        if not name.startswith("_") or len(re.findall(rf"\b{name}\b", self.facts.source.text)) != len(uses):
            return False
        others = [use for use in uses if use not in put_in]
        others = [use for use in others if self.facts.tree.statement(use) is not container.statement]
        return bool(put_in) and all(self.is_passed_along(use, name) for use in others)

    def is_read_beside(self, name: str) -> bool:
        """Whether another file of the folder spells the attribute."""
        return any(True for _ in self.facts.project.beside(self.facts, re.compile(rf"\.{name}\b".encode())))

    def is_statement(self, growth: Growth) -> bool:
        """Whether a growth is a statement, so that nothing takes what it gives."""
        parent = self.facts.tree.parents[growth.by]
        is_stored = isinstance(parent, ast.Assign) and growth.by in parent.targets
        return (is_stored or isinstance(parent, ast.Expr)) and not growth.is_reading

    def is_passed_along(self, use: ast.Attribute, name: str) -> bool:
        """Whether a use only gives the container to another attribute of its name: `self._x = other._x`."""
        parent = self.facts.tree.parents[use]
        parts = [*parent.targets, parent.value] if isinstance(parent, ast.Assign) else []
        return len(parts) > 1 and all(isinstance(each, ast.Attribute) and each.attr == name for each in parts)

    @cached_property
    def filled(self) -> set[str]:
        """The last names of all that the file puts something into where it stands: of `x`, of `self.x`."""
        filled: set[str] = set()
        for node in self.facts.tree.nodes(ast.Subscript, ast.Assign):
            filled.update(spelled_in(node.value))
        for node in self.facts.tree.nodes(ast.Attribute):
            if node.attr in ADDED:
                filled.update(spelled_in(node.value))
        for node in self.facts.tree.nodes(ast.AugAssign):
            filled.update(spelled_in(node.target))
        return filled

    def _of_module(self) -> Iterator[Container]:
        made_here = {
            name
            for statement in self.facts.tree.module.body
            if not isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.Expr, ast.Import))
            for node in walk(statement)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
            for name in spelled_in(node)
        }
        if made_here.isdisjoint(self.filled):
            return
        for name, binding in self.facts.names.module.bindings.items():
            if name not in self.filled:
                continue
            made = self.sole_value(binding)
            kind = self.container_kind(made.value) if made else None
            if made is None or made.value is None or kind is None or name.startswith("__") or name in self.exported:
                continue
            touches = [Touch(*fate) for fate in self.facts.escape.fates(binding)]
            if any(each.role is Role.ALIASED and not self.is_followed(each) for each in touches):
                continue
            growths = list(self.growths(kind, touches))
            yield Container(Home.MODULE, name, kind, made.value, made.statement, None, touches, growths)

    def _of_classes(self) -> Iterator[Container]:
        for node in self.facts.tree.nodes(ast.ClassDef):
            for statement in node.body:
                if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
                    continue
                target = targets_of(statement)[0]
                if not isinstance(target, ast.Name) or len(targets_of(statement)) > 1 or target.id not in self.filled:
                    continue
                if self.container_kind(statement.value) is not None:
                    model = self.facts.classes.of(node)
                    yield from self._attribute(Home.CLASS, model, target.id, statement.value, statement)

    def _of_instances(self) -> Iterator[Container]:
        for model in self.facts.classes.models.values():
            for attribute in dict.fromkeys(store.attribute for store in model.stores if not store.inside):
                if attribute not in self.filled:
                    continue
                stores = model.stores_of(attribute)
                made = stores[0]
                if made.method.name not in MAKING or any(each.method.name not in MAKING for each in stores):
                    continue
                if len(stores) == 1 and self.container_kind(made.value) is not None:
                    yield from self._attribute(Home.INSTANCE, model, attribute, made.value, made.by)

    def _attribute(
        self, home: Home, model: ClassModel, name: str, made: ast.expr, statement: ast.stmt
    ) -> Iterator[Container]:
        """The container of an attribute; none where an attribute of that name is bound anew, of whatever object."""
        related = {None, *model.local_lineage()}
        related.update(each for each in self.facts.classes.models.values() if model in each.local_lineage())
        uses = self.facts.class_containers.uses(name)
        uses = [use for use in uses if self.facts.classes.instance(use.value) in related]
        own = [use for use in uses if self.is_of(home, model, use)]
        bound = [use for use in uses if not isinstance(use.ctx, ast.Load)]
        bound = [use for use in bound if not isinstance(self.facts.tree.parents[use], ast.AugAssign)]
        if any(self.facts.tree.statement(use) is not statement for use in bound):
            return
        uses = sorted((use for use in uses if use not in bound), key=place)
        kind = self.container_kind(made)
        assert kind is not None
        touches = [touch for use in uses for touch in self.facts.class_containers.touches(use)]
        growths = [each for each in self.growths(kind, touches) if each.use in own or isinstance(each.use, ast.Name)]
        if home is Home.INSTANCE:
            growths = [each for each in growths if self.name_around(each.use) not in MAKING]
        yield Container(home, name, kind, made, statement, model, touches, growths)

    def is_of(self, home: Home, model: ClassModel, use: ast.Attribute) -> bool:
        """Whether an attribute is read from the current instance, or of the class itself."""
        owner = self.facts.classes.instance(use.value)
        if owner is not None:
            return owner is model
        if home is not Home.CLASS or not self.facts.class_containers.is_class(use.value):
            return False
        named = self.facts.names.binding(use.value) if isinstance(use.value, ast.Name) else None
        if named is not None and any(each.node is model.node for each in named.definitions):
            return True
        is_named = named is not None and any(each.kind is DefinitionKind.CLASS for each in named.definitions)
        return not is_named and self.facts.tree.enclosing(use, ast.ClassDef) is model.node

    def sole_value(self, binding: Binding) -> Definition | None:
        """The definition that makes what a variable of the module holds for good."""
        silent = (DefinitionKind.ANNOTATION, DefinitionKind.AUGMENTED)
        givers = [each for each in binding.definitions if each.kind not in silent]
        if len(givers) != 1 or givers[0].kind is not DefinitionKind.ASSIGNMENT:
            return None
        return givers[0] if isinstance(self.facts.tree.function(givers[0].node), ast.Module) else None

    def container_kind(self, value: ast.expr | None) -> str | None:
        """The kind of a new container without a bound."""
        kind = self.facts.kinds.made(value) if value is not None else None
        if kind not in MUTABLE or kind == "bytearray":
            return None
        if kind == "deque" and isinstance(value, ast.Call):
            limits = [*value.args[1:], *(each.value for each in value.keywords if each.arg in ("maxlen", None))]
            return kind if not limits or all(getattr(each, "value", each) is None for each in limits) else None
        if isinstance(value, ast.Call) and self.facts.names.qualified(value.func) in (
            "builtins.globals",
            "builtins.vars",
        ):
            return None
        return kind

    @cached_property
    def exported(self) -> set[str]:
        """The names that `__all__` lists."""
        binding = self.facts.names.module.bindings.get("__all__")
        values = [each.value for each in binding.definitions if each.value is not None] if binding else []
        return {
            node.value
            for value in values
            for node in walk(value)
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }

    def is_followed(self, touch: Touch) -> bool:
        """Whether all that is done under another name is known."""
        targets = list(self.facts.escape.aliased_names(touch.use, touch.by))
        bindings = [self.facts.names.binding(each) for each in targets]
        return all(each is not None and each.sole is not None for each in bindings)

    def growths(self, kind: str, touches: list[Touch]) -> Iterator[Growth]:
        """The places in functions that put something into the container."""
        for touch in touches:
            if not isinstance(self.facts.tree.function(touch.use), ast.Module):
                growth = self.growth(kind, touch)
                if growth is not None:
                    yield growth

    def growth(self, kind: str, touch: Touch) -> Growth | None:
        """What a touch puts in; None where it only reads, or changes what is there."""
        by, parent = touch.by, self.facts.tree.parents[touch.by]
        if touch.role in (Role.ELEMENT_MUTATED, Role.READ):
            place = self.facts.tree.parents[touch.use]
            if kind != "defaultdict" or not isinstance(place, ast.Subscript) or place.value is not touch.use:
                return None
            return Growth(place, touch.use, place.slice, None, is_reading=touch.role is Role.READ)
        if touch.role is not Role.MUTATED:
            return None
        if isinstance(by, ast.AugAssign):
            return Growth(by, touch.use, None, by.value) if isinstance(by.op, IN_PLACE.get(kind, ())) else None
        if isinstance(by, ast.Subscript):
            if (
                kind not in ("dict", "defaultdict")
                or not isinstance(by.ctx, ast.Store)
                or isinstance(by.slice, ast.Slice)
            ):
                return None
            if isinstance(parent, ast.AugAssign) and kind == "dict":
                return None
            return Growth(by, touch.use, by.slice, getattr(parent, "value", None))
        return self.called(kind, touch) if isinstance(by, ast.Call) else None

    def called(self, kind: str, touch: Touch) -> Growth | None:
        """What a method call puts in."""
        call = touch.by
        assert isinstance(call, ast.Call)
        method = call.func
        if not isinstance(method, ast.Attribute) or method.value is not touch.use or method.attr not in ADDED:
            return None
        place = ADDED[method.attr]
        if len(call.args) <= place:
            return None
        added = call.args[place]
        if method.attr == "setdefault":
            return Growth(call, touch.use, added, call.args[1] if len(call.args) > 1 else None)
        if method.attr == "update" and kind != "set":
            return Growth(call, touch.use, None, added)
        return Growth(call, touch.use, added if kind == "set" else None, added)

    def is_endless(self, container: Container) -> bool:
        """Whether no code of this file takes anything out, counts, or hands the container on."""
        is_history = any(self.sort(container, each) is Sort.MESSAGE for each in container.growths)
        touches = [each for each in container.touches if not (is_history and self.only_shows(each))]
        if any(map(self.is_self_entry, container.growths)):
            touches = [each for each in touches if not self.is_clearing(each)]
        return not any(self.ends(container, touch) for touch in touches)

    def is_emptied(self, container: Container) -> bool:
        """Whether some code takes everything out at once."""
        return any(map(self.is_clearing, container.touches))

    def is_roll(self, container: Container, growth: Growth) -> bool:
        """Whether each new instance enters itself into a container of its class that is meant to be shared."""
        owner, outer = container.owner, growth.by
        if owner is None or not self.is_self_entry(growth):
            return False
        while not isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if not isinstance(outer, (ast.expr, ast.Expr, ast.Assign, ast.With, ast.AsyncWith)):
                return False
            outer = self.facts.tree.parents[outer]
        return not any(each.name == container.name for each in self.facts.class_containers.of(owner))

    def is_clearing(self, touch: Touch) -> bool:
        method = touch.by.func if isinstance(touch.by, ast.Call) else None
        return isinstance(method, ast.Attribute) and method.value is touch.use and method.attr == "clear"

    def only_shows(self, touch: Touch) -> bool:
        """Whether a history goes to a call that answers to it, and by its name does not make it shorter."""
        if touch.role is not Role.PASSED or not isinstance(touch.by, ast.Call):
            return False
        spelled = ast.unparse(touch.by.func)
        return known("growth", "messages", "shortened").isdisjoint(words_of(spelled.replace(".", "_")))

    def ends(self, container: Container, touch: Touch) -> bool:
        """Whether a touch may keep the container small."""
        by = touch.by
        if touch.role in HANDED_ON:
            return True
        if self.is_counted(touch):
            return True
        if touch.role is not Role.MUTATED:
            return False
        if isinstance(by, ast.Subscript):
            return isinstance(by.ctx, ast.Del) or isinstance(by.slice, ast.Slice)
        if isinstance(by, ast.AugAssign):
            return isinstance(by.op, (ast.Sub, ast.BitAnd, ast.BitXor))
        method = by.func if isinstance(by, ast.Call) else by
        if isinstance(method, ast.Attribute) and method.value is touch.use:
            is_order = method.attr in ("reverse", "sort", "rotate", "move_to_end")
            return not (is_order or (isinstance(by, ast.Call) and method.attr in ADDED))
        return True

    def is_counted(self, touch: Touch) -> bool:
        """Whether code decides by how many entries there are."""
        call = self.facts.tree.parents[touch.use]
        if not isinstance(call, ast.Call) or self.facts.names.qualified(call.func) != "builtins.len":
            return False
        inner: ast.AST = call
        for outer in self.facts.tree.ancestors(call):
            if isinstance(outer, (ast.Compare, ast.BinOp)):
                return True
            if isinstance(outer, (ast.If, ast.While, ast.IfExp, ast.Assert)):
                return inner is outer.test
            if isinstance(outer, ast.stmt):
                return isinstance(outer, ast.Assign)
            inner = outer
        return False

    FINDERS: ClassVar[dict[Home, Callable[[Growths], Iterator[Container]]]] = {
        Home.MODULE: _of_module,
        Home.CLASS: _of_classes,
        Home.INSTANCE: _of_instances,
    }
