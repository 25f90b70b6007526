"""What is known about a file, worked out on first ask, over the standard library's `ast`."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

if TYPE_CHECKING:
    from memlint.facts.classes import Classes
    from memlint.facts.closures import Closures
    from memlint.facts.defaults import Defaults
    from memlint.facts.elements import Elements
    from memlint.facts.escape import Escape
    from memlint.facts.files import Files
    from memlint.facts.flow import Flow
    from memlint.facts.kinds import Kinds
    from memlint.facts.links import Links
    from memlint.facts.loops import Loops
    from memlint.facts.names import Names
    from memlint.facts.purity import Purity
    from memlint.facts.sizes import Sizes

Body: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module | ast.ClassDef
Passes: TypeAlias = Callable[[ast.AST, ast.expr, bool], bool]


class Facts:
    """The facts of one file. Each kind of fact is a library of its own and is built when a rule first asks for it."""

    def __init__(self, source: SourceFile, tree: Tree, project: Project) -> None:
        self.source = source
        self.tree = tree
        self.project = project
        self._flows: dict[Body, Flow] = {}

    @cached_property
    def names(self) -> Names:
        from memlint.facts.names import Names

        return Names(self.tree.module)

    @cached_property
    def kinds(self) -> Kinds:
        from memlint.facts.kinds import Kinds

        return Kinds(self.tree, self.names)

    @cached_property
    def classes(self) -> Classes:
        from memlint.facts.classes import Classes

        return Classes(self.tree, self.names)

    @cached_property
    def closures(self) -> Closures:
        from memlint.facts.closures import Closures

        return Closures(self)

    @cached_property
    def escape(self) -> Escape:
        from memlint.facts.escape import Escape

        return Escape(self.tree, self.names)

    @cached_property
    def defaults(self) -> Defaults:
        from memlint.facts.defaults import Defaults

        return Defaults(self)

    @cached_property
    def elements(self) -> Elements:
        from memlint.facts.elements import Elements

        return Elements(self)

    @cached_property
    def links(self) -> Links:
        from memlint.facts.links import Links

        return Links(self.tree, self.names)

    @cached_property
    def purity(self) -> Purity:
        from memlint.facts.purity import Purity

        return Purity(self)

    @cached_property
    def loops(self) -> Loops:
        from memlint.facts.loops import Loops

        return Loops(self)

    @cached_property
    def sizes(self) -> Sizes:
        from memlint.facts.sizes import Sizes

        return Sizes(self)

    @cached_property
    def files(self) -> Files:
        from memlint.facts.files import Files

        return Files(self)

    def kind(self, value: ast.expr) -> str | None:
        """The kind that an expression has where it stands: of a local name, by the values that reach it there."""
        binding = self.names.binding(value) if isinstance(value, ast.Name) else None
        body = self.tree.function(value)
        if binding is None or not isinstance(value, ast.Name) or binding.scope.node is not body:
            return self.kinds.of(value)
        current = self.flow(body).reaching(value)
        return self.kinds.of_definitions(made for made in binding.definitions if made.node in current)

    def flow(self, body: Body, passes: Passes | None = None) -> Flow:
        """The control flow of a body; kept, unless `passes` refines it for one question."""
        from memlint.facts.flow import Flow

        if passes is not None:
            return Flow(body, passes)
        if body not in self._flows:
            self._flows[body] = Flow(body)
        return self._flows[body]
