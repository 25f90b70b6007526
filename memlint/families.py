"""Rules that look for their faults in the same place: defaults, stored values, containers that grow."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, Generic, TypeAlias, TypeVar

from memlint.facts import Facts
from memlint.facts.class_model import ClassModel, Store
from memlint.facts.defaults import Default, Touch
from memlint.facts.growth_model import Container, Growth, Home
from memlint.facts.layout import Node, Slice
from memlint.facts.shapes import rank
from memlint.gate import CONTAINER_DEFAULT, all_of
from memlint.model import Edit, Fix, Safety
from memlint.rule import Rule

if TYPE_CHECKING:
    import libcst as cst

Kept = TypeVar("Kept")
Remark: TypeAlias = tuple[Node, str]
"""A node, and what a finding says of it."""

SHOWN = 4
"""Further places of one fault that a finding shows at most."""


class DefaultRule(Rule):
    """A rule about containers that are defaults of parameters; a subclass says what is wrong with one, and reports
    it."""

    gate = all_of(CONTAINER_DEFAULT)

    @classmethod
    def fault(cls, facts: Facts, default: Default) -> Touch | None:
        """What is done to a default that must not be."""
        raise NotImplementedError

    def report_fault(self, default: Default, touch: Touch) -> None:
        raise NotImplementedError

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        functions = part.nodes(ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
        return any(cls.fault(facts, default) for function in functions for default in facts.defaults.of(function))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.check(self.twin(node, ast.FunctionDef) or self.twin(node, ast.AsyncFunctionDef))

    def visit_Lambda(self, node: cst.Lambda) -> None:
        self.check(self.twin(node, ast.Lambda))

    def check(self, function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None) -> None:
        for default in self.facts.defaults.of(function) if function else ():
            touch = self.fault(self.facts, default)
            if touch is not None:
                self.report_fault(default, touch)


class StoreRule(Rule, Generic[Kept]):
    """A rule about values that instances keep in attributes of their own, which no code of the file cuts again.

    A subclass says by `kept` what of a stored value is the fault, and reports it in `report_store`: once an attribute,
    however often a state machine sets it. `others` are places that do the same.
    """

    gate = all_of(rb"class", rb"def", rb"\.")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        models = facts.classes.within(part.first, part.last)
        return any(cls.kept(facts, model, store) is not None for model in models for store in cls.stores(facts, model))

    @classmethod
    def stores(cls, facts: Facts, model: ClassModel) -> list[Store]:
        """What instances keep: what they are given to keep by another method of their own, too."""
        return facts.keeping.stores(model)

    @classmethod
    def kept(cls, facts: Facts, model: ClassModel, store: Store) -> Kept | None:
        """The part of a stored value that closes the cycle; None where none does."""
        raise NotImplementedError

    def report_store(self, model: ClassModel, store: Store, kept: Kept, others: list[Remark]) -> None:
        raise NotImplementedError

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        owner = self.twin(node, ast.ClassDef)
        if owner is None:
            return
        model = self.facts.classes.of(owner)
        statements: set[ast.stmt] = set()
        faults: dict[str, list[tuple[Store, Kept]]] = {}
        for store in sorted(self.stores(self.facts, model), key=lambda store: rank(store.method)):
            kept = self.kept(self.facts, model, store)
            if kept is None or store.by in statements or not self.facts.classes.is_lasting(model, store):
                continue
            statements.add(store.by)
            faults.setdefault(store.attribute, []).append((store, kept))
        firsts = {attribute: waiting[0][0].by for attribute, waiting in faults.items()}
        for attribute, waiting in faults.items():
            told = len(self.findings)
            together = [(by, f"so does `{each}`: cut both") for each, by in firsts.items() if each != attribute]
            while waiting and len(self.findings) == told:
                store, kept = waiting.pop(0)
                same: list[Remark] = [(each.by, "so does this") for each, _ in waiting[:SHOWN]]
                self.report_store(model, store, kept, [*same, *together[:SHOWN]])

    def is_rare(self, model: ClassModel) -> bool:
        """Whether no code is seen to make such instances time and again, so that what happens to each is told only
        where it is asked for."""
        return not self.facts.population.is_many(model)

    def is_unsure(self, model: ClassModel, store: Store) -> bool:
        """Whether to cut this cycle may change nothing: instances are few, or in another cycle as well."""
        company = self.facts.company  # the file of the class is asked before the package is searched
        return company.is_in_others(model, store) or self.is_rare(model) or company.is_made_by_parent(model)

    def property_instead(self, model: ClassModel, store: Store, message: str) -> Fix | None:
        """Give the stored value on each read, by a property, in place of the attribute that keeps it."""
        value, deletion = store.value, self.delete_statement(store.by)
        if deletion is None or value.lineno != value.end_lineno or not self.facts.classes.is_plain(model, store):
            return None
        if self.facts.source.lines[store.by.lineno - 2].strip().startswith("#"):
            return None
        outer, inner = self.indentation(store.method), self.indentation(store.by)
        header = f"{outer}def {store.attribute}({store.instance}):"
        lines = ["", "", f"{outer}@property", header, f"{inner}return {self.text(value)}"]
        end = self.line_end(store.method.end_lineno or store.method.lineno)
        return Fix(message, Safety.UNSAFE, (deletion, Edit(end, end, "\n".join(lines))))


PUT_IN = (rb"def|lambda", rb"\[|append|add|insert|setdefault|extend|update|\|=|\+=")
"""What a top-level statement holds that puts something into a container while a function runs."""


class GrowthRule(Rule):
    """A rule about containers that outlive a call, grow in a function and are never made smaller again.

    A subclass names the homes of such containers, says by `fault` which growth is one, and reports it in
    `report_growth`, once a container: where it first stands.
    """

    homes: ClassVar[tuple[Home, ...]] = (Home.MODULE,)
    gate = all_of(*PUT_IN)

    @classmethod
    def fault(cls, facts: Facts, container: Container, growth: Growth) -> bool:
        """Whether a growth is the fault."""
        raise NotImplementedError

    @classmethod
    def weak_fault(cls, facts: Facts, container: Container, growth: Growth) -> bool:
        """Whether a growth is the fault in a way that is told only where it is asked for."""
        return False

    @classmethod
    def anchor(cls, facts: Facts, container: Container, growth: Growth) -> ast.AST:
        """Where the finding stands."""
        return growth.by

    def report_growth(self, container: Container, growth: Growth) -> None:
        raise NotImplementedError

    @classmethod
    def found(cls, facts: Facts, part: Slice) -> Iterator[tuple[Container, Growth]]:
        """The first fault of each container, where its anchor stands in the slice."""
        firsts = facts.growths.firsts
        if cls not in firsts:
            firsts[cls] = list(cls._firsts(facts))
        return ((container, growth) for line, container, growth in firsts[cls] if part.first <= line <= part.last)

    @classmethod
    def _firsts(cls, facts: Facts) -> Iterator[tuple[int, Container, Growth]]:
        """The first fault of each container of the file, and the line of its anchor."""
        for container in facts.growths.of(*cls.homes):
            faults = (each for each in container.growths if cls.fault(facts, container, each))
            others = (each for each in container.growths if cls.weak_fault(facts, container, each))
            growth = next(faults, None) or next(others, None)
            if growth is not None:
                yield getattr(cls.anchor(facts, container, growth), "lineno", 0), container, growth

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return next(cls.found(facts, part), None) is not None

    def visit_Module(self, node: cst.Module) -> None:
        for container, growth in self.found(self.facts, self.slice):
            self.report_growth(container, growth)

    def told_owner(self, container: Container) -> str:
        """A container of a class or an instance in words: `Owner.name`, `self.name`."""
        owner = container.owner.node.name if container.owner and container.home is Home.CLASS else "self"
        return f"{owner}.{container.name}"
