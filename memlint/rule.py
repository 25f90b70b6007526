"""What a rule is: its class, and how it reports.

`cst` and `m` are libcst and its matchers, loaded when a rule first reads an attribute of them: importing every rule
costs no libcst.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from types import ModuleType
from typing import TYPE_CHECKING, ClassVar

from memlint.facts import Facts
from memlint.facts.layout import Found, Node, Slice
from memlint.gate import Gate, all_of
from memlint.model import Edit, Effect, Finding, Fix, Position, Related, Safety, Severity

__all__ = ["Rule", "cst", "m"]

LONGEST_QUOTED = 60
"""Characters of source that a message quotes."""


class LazyModule(ModuleType):
    """Stands for a module and imports it on first use."""

    def __getattr__(self, name: str) -> object:
        value: object = getattr(importlib.import_module(self.__name__), name)
        setattr(self, name, value)
        return value


if TYPE_CHECKING:
    import libcst as cst
    import libcst.matchers as m

    from memlint.review import Review
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
    """Whether findings in test files are dropped, unless the rule is selected by its own code or name; those that cost
    memory or time alone are, always."""
    since: ClassVar[tuple[int, int]] = (3, 0)
    """The first Python with the effect: the rule is silent where the project must run on an older one."""
    yields_to: ClassVar[tuple[str, ...]] = ()
    """Codes of the rules that say it better: where one of them reports the same line, this rule does not."""
    also: ClassVar[tuple[str, ...]] = ()
    """Codes of other linters for the same fault: where `noqa` names one of them, somebody has decided already."""
    claims: ClassVar[tuple[str, ...]] = ()
    """What a comment may claim that answers a finding: that a container is `bounded`, that a class is a `singleton`."""
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

    @classmethod
    def review(cls, review: Review) -> Iterable[Finding]:
        """What the rule says of the comments of a file, once every rule has seen it."""
        return ()

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
        made: Sequence[tuple[Facts, ast.AST] | None] = (),
        optional: bool = False,
    ) -> None:
        """Report the fault at a node of either tree; `related` are further nodes of this slice, each with what it is,
        and `elsewhere` such nodes of any file. `made` says where each link of the `cycle` is made, None for the place
        of the fault. An `optional` finding is shown where the settings select the rule."""
        start, end = self.slice.span(where)
        path = self.facts.source.path
        places = [Related(path, *self.slice.span(node), text) for node, text in related]

        def at(facts: Facts, node: ast.AST, text: str) -> Related:
            return Related(facts.path_from(path), *facts.tree.span(node), text)

        places += [at(*place) for place in elsewhere]
        links = zip(cycle[:-1], chain(made, repeat(None)), strict=False)
        flow = [at(*place, link) if place else Related(path, start, end, link) for link, place in links]
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
                flow=tuple(flow),
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
