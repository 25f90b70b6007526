"""What is known about a file, worked out on first ask, over the standard library's `ast`."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from memlint.facts.layout import Tree
from memlint.facts.project import Found, Project, joined
from memlint.source import SourceFile

if TYPE_CHECKING:
    from memlint.facts.accumulation import Accumulation
    from memlint.facts.array_copies import ArrayCopies
    from memlint.facts.caching import Caching
    from memlint.facts.callbacks import Callbacks
    from memlint.facts.class_containers import ClassContainers
    from memlint.facts.class_kinds import ClassKinds
    from memlint.facts.classes import Classes
    from memlint.facts.closures import Closures
    from memlint.facts.collector import Collector
    from memlint.facts.constants import Constants
    from memlint.facts.containment import Containment
    from memlint.facts.copies import Copies
    from memlint.facts.cycles import Cycles
    from memlint.facts.defaults import Defaults
    from memlint.facts.deletions import Deletions
    from memlint.facts.elements import Elements
    from memlint.facts.endless import Threads
    from memlint.facts.escape import Escape
    from memlint.facts.exceptions import Exceptions
    from memlint.facts.fields import Fields
    from memlint.facts.figures import Figures
    from memlint.facts.files import Files
    from memlint.facts.flow import Flow
    from memlint.facts.frames import Frames
    from memlint.facts.frameworks import Frameworks
    from memlint.facts.fronts import Fronts
    from memlint.facts.gradients import Gradients
    from memlint.facts.growth import Growths
    from memlint.facts.handing import Handing
    from memlint.facts.handles import Handles
    from memlint.facts.holders import Holders
    from memlint.facts.hooks import Hooks
    from memlint.facts.images import Images
    from memlint.facts.invariance import Invariance
    from memlint.facts.iterated_copies import IteratedCopies
    from memlint.facts.keeping import Keeping
    from memlint.facts.kinds import Kinds
    from memlint.facts.left_paths import LeftPaths
    from memlint.facts.line_loops import LineLoops
    from memlint.facts.links import Links
    from memlint.facts.listeners import Listeners
    from memlint.facts.local_handles import LocalHandles
    from memlint.facts.loggers import Loggers
    from memlint.facts.loops import Loops
    from memlint.facts.losses import Losses
    from memlint.facts.memos import Memos
    from memlint.facts.messages import Messages
    from memlint.facts.models import Models
    from memlint.facts.names import Names
    from memlint.facts.nesting import Nesting
    from memlint.facts.outputs import Outputs
    from memlint.facts.owned_handles import OwnedHandles
    from memlint.facts.parsing import Parsing
    from memlint.facts.probes import Probes
    from memlint.facts.producers import Producers
    from memlint.facts.purity import Purity
    from memlint.facts.queues import Queues
    from memlint.facts.races import Races
    from memlint.facts.reading import Reading
    from memlint.facts.rebuilding import Rebuilding
    from memlint.facts.reductions import Reductions
    from memlint.facts.registrations import Registrations
    from memlint.facts.row_access import RowAccess
    from memlint.facts.rows import Rows
    from memlint.facts.sharing import Sharing
    from memlint.facts.signals import Signals
    from memlint.facts.sizes import Sizes
    from memlint.facts.slots import Slots
    from memlint.facts.snapshots import Snapshots
    from memlint.facts.task_sets import TaskSets
    from memlint.facts.tasks import Tasks
    from memlint.facts.temporaries import Temporaries
    from memlint.facts.tracing import Tracing
    from memlint.facts.transfers import Transfers
    from memlint.facts.views import Views
    from memlint.facts.weak import Weak

Body: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module | ast.ClassDef
Passes: TypeAlias = Callable[[ast.AST, ast.expr, bool], bool]


class Facts:
    """The facts of one file. Each kind of fact is a library of its own and is built when a rule first asks for it."""

    def __init__(self, source: SourceFile, tree: Tree, project: Project) -> None:
        self.source = source
        self.tree = tree
        self.project = project
        self._flows: dict[Body, Flow] = {}

    def close(self) -> None:
        """Cut the cycles between the facts, so that they are freed now and not when the garbage collector comes
        round; they are of no use after it."""
        if "names" in self.__dict__:
            self.names.close()
        if "classes" in self.__dict__:
            self.classes.close()
        if "kinds" in self.__dict__:
            self.kinds.close()
        self.__dict__.clear()

    def path_from(self, path: str) -> str:
        """The path of this file as told beside that of another one: absolute where that is."""
        return self.source.path if os.path.isabs(path) else os.path.relpath(self.source.path)

    def find(self, expression: ast.expr) -> Found | None:
        """The class or function that an expression names, in this file or another one of the project."""
        binding = self.names.binding(expression) if isinstance(expression, ast.Name) else None
        node = binding.sole.node if binding and binding.sole else None
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            return Found(self, node)
        qualified = self.names.qualified(expression)
        if qualified is None and binding is None and isinstance(expression, ast.Name):
            found = (self.project.find(joined(module, expression.id), self.source.path) for module in self.star_imports)
            return next((each for each in found if each), None)
        return self.project.find(qualified, self.source.path) if qualified else None

    @cached_property
    def star_imports(self) -> list[str]:
        """The modules that this one imports all names from, as written, dots included."""
        return [
            "." * node.level + (node.module or "")
            for node in self.tree.parents
            if self.names.has_star_import and isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        ]

    @cached_property
    def names(self) -> Names:
        from memlint.facts.names import Names

        return Names(self.tree.module)

    @cached_property
    def kinds(self) -> Kinds:
        from memlint.facts.kinds import Kinds

        return Kinds(self.tree, self.names, self)

    @cached_property
    def nesting(self) -> Nesting:
        from memlint.facts.nesting import Nesting

        return Nesting(self)

    @cached_property
    def classes(self) -> Classes:
        from memlint.facts.classes import Classes

        return Classes(self)

    @cached_property
    def class_kinds(self) -> ClassKinds:
        from memlint.facts.class_kinds import ClassKinds

        return ClassKinds(self.classes, self.names)

    @cached_property
    def class_containers(self) -> ClassContainers:
        from memlint.facts.class_containers import ClassContainers

        return ClassContainers(self)

    @cached_property
    def closures(self) -> Closures:
        from memlint.facts.closures import Closures

        return Closures(self)

    @cached_property
    def escape(self) -> Escape:
        from memlint.facts.escape import Escape

        return Escape(self.tree, self.names)

    @cached_property
    def exceptions(self) -> Exceptions:
        from memlint.facts.exceptions import Exceptions

        return Exceptions(self)

    @cached_property
    def defaults(self) -> Defaults:
        from memlint.facts.defaults import Defaults

        return Defaults(self)

    @cached_property
    def growths(self) -> Growths:
        from memlint.facts.growth import Growths

        return Growths(self)

    @cached_property
    def queues(self) -> Queues:
        from memlint.facts.queues import Queues

        return Queues(self)

    @cached_property
    def memos(self) -> Memos:
        from memlint.facts.memos import Memos

        return Memos(self)

    @cached_property
    def collector(self) -> Collector:
        from memlint.facts.collector import Collector

        return Collector(self)

    @cached_property
    def caching(self) -> Caching:
        from memlint.facts.caching import Caching

        return Caching(self)

    @cached_property
    def constants(self) -> Constants:
        from memlint.facts.constants import Constants

        return Constants(self)

    @cached_property
    def containment(self) -> Containment:
        from memlint.facts.containment import Containment

        return Containment(self)

    @cached_property
    def line_loops(self) -> LineLoops:
        from memlint.facts.line_loops import LineLoops

        return LineLoops(self)

    @cached_property
    def fields(self) -> Fields:
        from memlint.facts.fields import Fields

        return Fields(self)

    @cached_property
    def elements(self) -> Elements:
        from memlint.facts.elements import Elements

        return Elements(self)

    @cached_property
    def links(self) -> Links:
        from memlint.facts.links import Links

        return Links(self.tree, self.names)

    @cached_property
    def images(self) -> Images:
        from memlint.facts.images import Images

        return Images(self)

    @cached_property
    def keeping(self) -> Keeping:
        from memlint.facts.keeping import Keeping

        return Keeping(self)

    @cached_property
    def cycles(self) -> Cycles:
        from memlint.facts.cycles import Cycles

        return Cycles(self)

    @cached_property
    def purity(self) -> Purity:
        from memlint.facts.purity import Purity

        return Purity(self)

    @cached_property
    def callbacks(self) -> Callbacks:
        from memlint.facts.callbacks import Callbacks

        return Callbacks(self)

    @cached_property
    def listeners(self) -> Listeners:
        from memlint.facts.listeners import Listeners

        return Listeners(self)

    @cached_property
    def loggers(self) -> Loggers:
        from memlint.facts.loggers import Loggers

        return Loggers(self)

    @cached_property
    def registrations(self) -> Registrations:
        from memlint.facts.registrations import Registrations

        return Registrations(self)

    @cached_property
    def local_handles(self) -> LocalHandles:
        from memlint.facts.local_handles import LocalHandles

        return LocalHandles(self)

    @cached_property
    def loops(self) -> Loops:
        from memlint.facts.loops import Loops

        return Loops(self)

    @cached_property
    def losses(self) -> Losses:
        from memlint.facts.losses import Losses

        return Losses(self)

    @cached_property
    def races(self) -> Races:
        from memlint.facts.races import Races

        return Races(self)

    @cached_property
    def sharing(self) -> Sharing:
        from memlint.facts.sharing import Sharing

        return Sharing(self)

    @cached_property
    def signals(self) -> Signals:
        from memlint.facts.signals import Signals

        return Signals(self)

    @cached_property
    def sizes(self) -> Sizes:
        from memlint.facts.sizes import Sizes

        return Sizes(self)

    @cached_property
    def files(self) -> Files:
        from memlint.facts.files import Files

        return Files(self)

    @cached_property
    def figures(self) -> Figures:
        from memlint.facts.figures import Figures

        return Figures(self)

    @cached_property
    def frames(self) -> Frames:
        from memlint.facts.frames import Frames

        return Frames(self)

    @cached_property
    def frameworks(self) -> Frameworks:
        from memlint.facts.frameworks import Frameworks

        return Frameworks(self)

    @cached_property
    def invariance(self) -> Invariance:
        from memlint.facts.invariance import Invariance

        return Invariance(self)

    @cached_property
    def models(self) -> Models:
        from memlint.facts.models import Models

        return Models(self)

    @cached_property
    def hooks(self) -> Hooks:
        from memlint.facts.hooks import Hooks

        return Hooks(self)

    @cached_property
    def tracing(self) -> Tracing:
        from memlint.facts.tracing import Tracing

        return Tracing(self)

    @cached_property
    def row_access(self) -> RowAccess:
        from memlint.facts.row_access import RowAccess

        return RowAccess(self)

    @cached_property
    def reductions(self) -> Reductions:
        from memlint.facts.reductions import Reductions

        return Reductions(self)

    @cached_property
    def gradients(self) -> Gradients:
        from memlint.facts.gradients import Gradients

        return Gradients(self)

    @cached_property
    def handing(self) -> Handing:
        from memlint.facts.handing import Handing

        return Handing(self)

    @cached_property
    def handles(self) -> Handles:
        from memlint.facts.handles import Handles

        return Handles(self)

    @cached_property
    def holders(self) -> Holders:
        from memlint.facts.holders import Holders

        return Holders(self)

    @cached_property
    def messages(self) -> Messages:
        from memlint.facts.messages import Messages

        return Messages(self)

    @cached_property
    def parsing(self) -> Parsing:
        from memlint.facts.parsing import Parsing

        return Parsing(self)

    @cached_property
    def outputs(self) -> Outputs:
        from memlint.facts.outputs import Outputs

        return Outputs(self)

    @cached_property
    def owned_handles(self) -> OwnedHandles:
        from memlint.facts.owned_handles import OwnedHandles

        return OwnedHandles(self)

    @cached_property
    def probes(self) -> Probes:
        from memlint.facts.probes import Probes

        return Probes(self)

    @cached_property
    def producers(self) -> Producers:
        from memlint.facts.producers import Producers

        return Producers(self)

    @cached_property
    def task_sets(self) -> TaskSets:
        from memlint.facts.task_sets import TaskSets

        return TaskSets(self)

    @cached_property
    def tasks(self) -> Tasks:
        from memlint.facts.tasks import Tasks

        return Tasks(self)

    @cached_property
    def temporaries(self) -> Temporaries:
        from memlint.facts.temporaries import Temporaries

        return Temporaries(self)

    @cached_property
    def slots(self) -> Slots:
        from memlint.facts.slots import Slots

        return Slots(self)

    @cached_property
    def snapshots(self) -> Snapshots:
        from memlint.facts.snapshots import Snapshots

        return Snapshots(self)

    @cached_property
    def transfers(self) -> Transfers:
        from memlint.facts.transfers import Transfers

        return Transfers(self)

    @cached_property
    def threads(self) -> Threads:
        from memlint.facts.endless import Threads

        return Threads(self)

    @cached_property
    def left_paths(self) -> LeftPaths:
        from memlint.facts.left_paths import LeftPaths

        return LeftPaths(self)

    @cached_property
    def deletions(self) -> Deletions:
        from memlint.facts.deletions import Deletions

        return Deletions(self)

    @cached_property
    def rows(self) -> Rows:
        from memlint.facts.rows import Rows

        return Rows(self)

    @cached_property
    def copies(self) -> Copies:
        from memlint.facts.copies import Copies

        return Copies(self)

    @cached_property
    def array_copies(self) -> ArrayCopies:
        from memlint.facts.array_copies import ArrayCopies

        return ArrayCopies(self)

    @cached_property
    def iterated_copies(self) -> IteratedCopies:
        from memlint.facts.iterated_copies import IteratedCopies

        return IteratedCopies(self)

    @cached_property
    def reading(self) -> Reading:
        from memlint.facts.reading import Reading

        return Reading(self)

    @cached_property
    def views(self) -> Views:
        from memlint.facts.views import Views

        return Views(self)

    @cached_property
    def weak(self) -> Weak:
        from memlint.facts.weak import Weak

        return Weak(self)

    @cached_property
    def accumulation(self) -> Accumulation:
        from memlint.facts.accumulation import Accumulation

        return Accumulation(self)

    @cached_property
    def fronts(self) -> Fronts:
        from memlint.facts.fronts import Fronts

        return Fronts(self)

    @cached_property
    def rebuilding(self) -> Rebuilding:
        from memlint.facts.rebuilding import Rebuilding

        return Rebuilding(self)

    def kind(self, value: ast.expr) -> str | None:
        """The kind that an expression has where it stands: of a local name, by the values that reach it there."""
        binding = self.names.binding(value) if isinstance(value, ast.Name) else None
        body = self.tree.function(value)
        if binding is None or not isinstance(value, ast.Name) or binding.scope.node is not body:
            return self.kinds.of(value)
        current = self.flow(body).reaching(value)
        made = [each for each in binding.definitions if each.node in current]
        is_changed = any(isinstance(each.statement, ast.AugAssign) for each in made)
        return self.kinds.of_definitions(binding.definitions if is_changed else made)

    def flow(self, body: Body, passes: Passes | None = None) -> Flow:
        """The control flow of a body; kept, unless `passes` refines it for one question."""
        from memlint.facts.flow import Flow

        if passes is not None:
            return Flow(body, passes)
        if body not in self._flows:
            self._flows[body] = Flow(body)
        return self._flows[body]

    def flow_of_object(self, body: Body, target: ast.Name) -> Flow:
        """The control flow of a body where a target binds its name to an object, which no test finds None or false."""
        from memlint.facts.flow import may_be_object

        def passes(node: ast.AST, test: ast.expr, outcome: bool) -> bool:
            return node is not target or may_be_object(test, target.id, outcome)

        return self.flow(body, passes)
