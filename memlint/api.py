"""All that a rule may import.

`cst` and `m` are libcst and its matchers, loaded when a rule first reads an attribute of them: importing every rule
costs no libcst.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterable, Iterator, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from memlint.facts import Facts
from memlint.facts.children import Child
from memlint.facts.class_containers import Shared as SharedContainer
from memlint.facts.class_kinds import ClassKind
from memlint.facts.classes import ClassModel, MethodKind, Store
from memlint.facts.constants import AliasWrite
from memlint.facts.copies import Needless
from memlint.facts.defaults import Default, Touch
from memlint.facts.escape import LEAVES, Fate, Role
from memlint.facts.exceptions import Function, Grip, Place
from memlint.facts.fields import SharedDefault
from memlint.facts.growth_model import Container, Growth, Home, Sort
from memlint.facts.layout import Found, Node, Slice
from memlint.facts.line_loops import LineLoop
from memlint.facts.names import Binding, Definition, DefinitionKind, Scope, ScopeKind
from memlint.facts.queues import Queue
from memlint.fixes.deque_for_list import DequeForList
from memlint.fixes.finally_none import FinallyNone, released
from memlint.fixes.imports import is_alone, reachable
from memlint.fixes.joined_parts import JoinedParts
from memlint.fixes.kept_tasks import KeptTasks
from memlint.fixes.local_alias import LocalAlias
from memlint.fixes.moving_position import MovingPosition
from memlint.fixes.none_guard import NoneGuard
from memlint.fixes.weak_link import WeakLink
from memlint.fixes.with_around import WithAround, moved
from memlint.gate import CONTAINER_DEFAULT, LARGE_MAKERS, REST, Gate, all_of
from memlint.knowledge import names as known
from memlint.model import Edit, Effect, Finding, Fix, Position, Related, Safety, Severity

__all__ = [
    "CONTAINER_DEFAULT",
    "LARGE_MAKERS",
    "LEAVES",
    "PUT_IN",
    "REST",
    "AliasWrite",
    "Binding",
    "Child",
    "ClassKind",
    "ClassModel",
    "Container",
    "Default",
    "DefaultRule",
    "Definition",
    "DefinitionKind",
    "DequeForList",
    "Edit",
    "Effect",
    "Facts",
    "Fate",
    "FinallyNone",
    "Finding",
    "Fix",
    "Function",
    "Gate",
    "Grip",
    "Growth",
    "GrowthRule",
    "Home",
    "JoinedParts",
    "KeptTasks",
    "LineLoop",
    "LocalAlias",
    "MethodKind",
    "MovingPosition",
    "Needless",
    "NoneGuard",
    "Place",
    "Position",
    "Queue",
    "Related",
    "Role",
    "Rule",
    "Safety",
    "Scope",
    "ScopeKind",
    "Severity",
    "SharedContainer",
    "SharedDefault",
    "Slice",
    "Sort",
    "Store",
    "StoreRule",
    "Touch",
    "WeakLink",
    "WithAround",
    "all_of",
    "cst",
    "is_alone",
    "known",
    "m",
    "moved",
    "reachable",
    "released",
]


LONGEST_QUOTED = 60
"""Characters of source that a message quotes."""

Kept = TypeVar("Kept")


class LazyModule(ModuleType):
    """Stands for a module and imports it on first use."""

    def __getattr__(self, name: str) -> object:
        value: object = getattr(importlib.import_module(self.__name__), name)
        setattr(self, name, value)
        return value


if TYPE_CHECKING:
    import libcst as cst
    import libcst.matchers as m
else:
    cst = LazyModule("libcst")
    m = LazyModule("libcst.matchers")


class Rule:
    """Finds one fault. Subclasses define `visit_<Node>` and `leave_<Node>` for libcst's node types.

    An instance lives for one slice of one file. A visitor that returns False keeps the walk out of the node's children.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    effect: ClassVar[Effect]
    severity: ClassVar[Severity] = Severity.WARNING
    default: ClassVar[bool] = True
    """Whether the rule runs without being selected."""
    quiet_in_tests: ClassVar[bool] = False
    """Whether findings in test files are dropped, unless the rule is selected by its own code or name."""
    since: ClassVar[tuple[int, int]] = (3, 0)
    """The first Python with the effect: the rule is silent where the project must run on an older one."""
    yields_to: ClassVar[tuple[str, ...]] = ()
    """Codes of the rules that say it better: where one of them reports the same line, this rule does not."""
    fixes: ClassVar[tuple[Safety, ...]] = ()
    """How safe the rule's fixes are, where it has any."""
    gate: ClassVar[Gate] = all_of()

    def __init__(self, facts: Facts, part: Slice) -> None:
        self.facts = facts
        self.slice = part
        self.findings: list[Finding] = []

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        """Whether the rule can fire in a slice, by its `ast` alone: a necessary condition, like the gate, at a tenth
        of libcst's price."""
        return True

    def report(
        self,
        where: Node,
        message: str,
        *,
        severity: Severity | None = None,
        fix: Fix | None = None,
        unfixed: str = "",
        related: Iterable[tuple[Node, str]] = (),
        elsewhere: Iterable[tuple[Facts, ast.AST, str]] = (),
        cycle: Sequence[str] = (),
        optional: bool = False,
    ) -> None:
        """Report the fault at a node of either tree; `related` are further nodes of this slice, each with what it is,
        and `elsewhere` such nodes of any file. An `optional` finding is shown where the settings select the rule."""
        start, end = self.slice.span(where)
        path = self.facts.source.path
        places = [Related(path, *self.slice.span(node), text) for node, text in related]
        places += [Related(facts.path_from(path), *facts.tree.span(node), text) for facts, node, text in elsewhere]
        self.findings.append(
            Finding(
                path=path,
                start=start,
                end=end,
                code=self.code,
                name=self.name,
                effect=self.effect,
                severity=severity or self.severity,
                message=message,
                related=tuple(places),
                cycle=tuple(cycle),
                fix=fix,
                unfixed=unfixed,
                is_optional=optional,
            )
        )

    def twin(self, node: cst.CSTNode, kind: type[Found]) -> Found | None:
        """The `ast` node of that class which stands where a libcst node stands: what the facts are asked about."""
        return self.slice.twin(node, kind)

    def replace(self, node: Node, content: str) -> Edit:
        """An edit that puts `content` in the place of a node."""
        return Edit(*self.slice.span(node), content)

    def text(self, node: Node) -> str:
        """The source text of a node."""
        return self.facts.source.between(*self.slice.span(node))

    def quoted(self, node: Node) -> str:
        """The source of a node in backticks, where it fits into a message; else empty."""
        text = self.text(node)
        return f"`{text}`" if "\n" not in text and len(text) <= LONGEST_QUOTED else ""

    def told(self, write: ast.AST) -> str:
        """A change in words: the place that is written, or the call."""
        stores = isinstance(write, (ast.Attribute, ast.Subscript))
        return f"{'writing ' if stores else ''}{self.quoted(write)}" if self.quoted(write) else "one change"

    def indentation(self, node: Node) -> str:
        """The blanks in front of the line where a node begins."""
        line = self.facts.source.lines[self.slice.span(node)[0].line - 1]
        return line[: len(line) - len(line.lstrip())]

    def line_end(self, line: int) -> Position:
        """The place behind the last character of a line."""
        return Position(line, len(self.facts.source.lines[line - 1]) + 1)

    def insertion_behind(self, statement: ast.stmt, content: str) -> Edit | None:
        """An edit that adds a line behind a statement, at its level; None where the statement shares a line."""
        start, end = self.slice.span(statement)
        lines = self.facts.source.lines
        before, behind = lines[start.line - 1][: start.column - 1], lines[end.line - 1][end.column - 1 :].strip()
        if before.strip() or (behind and not behind.startswith("#")):
            return None
        place = self.line_end(end.line)
        return Edit(place, place, f"\n{self.indentation(statement)}{content}")

    def delete_statement(self, statement: ast.stmt) -> Edit | None:
        """An edit that takes out the lines of a statement, with `pass` in its place where it is alone in its block.

        None where the lines hold anything else: a comment, another statement, the header of its block.
        """
        start, end = self.slice.span(statement)
        lines = self.facts.source.lines
        before, behind = lines[start.line - 1][: start.column - 1], lines[end.line - 1][end.column - 1 :]
        if before.strip() or behind.strip() or start.line == 1 or "#" in self.text(statement):
            return None
        parent = self.facts.tree.parents[statement]
        if any(block == [statement] for _, block in ast.iter_fields(parent)):
            return Edit(start, end, "pass")
        return Edit(self.line_end(start.line - 1), self.line_end(end.line), "")


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

    A subclass says by `kept` what of a stored value is the fault, and reports it in `report_store`, once a statement.
    """

    gate = all_of(rb"class", rb"def", rb"\.")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        models = facts.classes.within(part.first, part.last)
        return any(
            cls.kept(facts, model, store) is not None for model in models for store in facts.keeping.stores(model)
        )

    @classmethod
    def kept(cls, facts: Facts, model: ClassModel, store: Store) -> Kept | None:
        """The part of a stored value that closes the cycle; None where none does."""
        raise NotImplementedError

    def report_store(self, model: ClassModel, store: Store, kept: Kept) -> None:
        raise NotImplementedError

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        owner = self.twin(node, ast.ClassDef)
        if owner is None:
            return
        model = self.facts.classes.of(owner)
        reported: set[ast.stmt] = set()
        for store in self.facts.keeping.stores(model):
            kept = self.kept(self.facts, model, store)
            if kept is None or store.by in reported or not self.facts.classes.is_lasting(model, store):
                continue
            reported.add(store.by)
            self.report_store(model, store, kept)

    def weight(self, model: ClassModel) -> Severity | None:
        """The severity of a cycle of such instances: that of the rule, but info where there is a single one."""
        return Severity.INFO if self.facts.classes.is_singleton(model) else None


PUT_IN = (rb"def|lambda", rb"\[|append|add|insert|setdefault|extend|update|\|=|\+=")
"""What a top-level statement holds that puts something into a container while a function runs."""


class GrowthRule(Rule):
    """A rule about containers that outlive a call, grow in a function and are never made smaller again.

    A subclass names the homes of such containers, says by `fault` which growth is one, and reports it in
    `report_growth`, once a container: where it first stands.
    """

    quiet_in_tests = True
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
        for container in facts.growths.of(*cls.homes):
            anchors = [cls.anchor(facts, container, each) for each in container.growths]
            if not any(part.first <= getattr(anchor, "lineno", 0) <= part.last for anchor in anchors):
                continue
            placed = list(zip(container.growths, anchors, strict=True))
            faults = (each for each in placed if cls.fault(facts, container, each[0]))
            others = (each for each in placed if cls.weak_fault(facts, container, each[0]))
            growth, anchor = next(faults, None) or next(others, (None, None))
            if growth is not None and part.first <= getattr(anchor, "lineno", 0) <= part.last:
                yield container, growth

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
