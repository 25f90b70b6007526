"""What is known about a file, worked out on first ask, over the standard library's `ast`."""

from __future__ import annotations

import ast
import os
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from memlint.facts.layout import Tree
from memlint.facts.project import Found, Project, joined
from memlint.facts.remembered import remembered
from memlint.source import SourceFile

if TYPE_CHECKING:
    from memlint.facts.accumulation import Accumulation
    from memlint.facts.array_copies import ArrayCopies
    from memlint.facts.caching import Caching
    from memlint.facts.callbacks import Callbacks
    from memlint.facts.captures import Captures
    from memlint.facts.cell_outputs import CellOutputs
    from memlint.facts.children import Children
    from memlint.facts.class_containers import ClassContainers
    from memlint.facts.class_kinds import ClassKinds
    from memlint.facts.classes import Classes
    from memlint.facts.closures import Closures
    from memlint.facts.collector import Collector
    from memlint.facts.columns import Columns
    from memlint.facts.company import Company
    from memlint.facts.constants import Constants
    from memlint.facts.containment import Containment
    from memlint.facts.contradictions import Contradictions
    from memlint.facts.copies import Copies
    from memlint.facts.cycles import Cycles
    from memlint.facts.datasets import Datasets
    from memlint.facts.defaults import Defaults
    from memlint.facts.deletions import Deletions
    from memlint.facts.drains import Drains
    from memlint.facts.elements import Elements
    from memlint.facts.endless import Threads
    from memlint.facts.escape import Escape
    from memlint.facts.exception_fates import ExceptionFates
    from memlint.facts.exceptions import Exceptions
    from memlint.facts.few_parts import FewParts
    from memlint.facts.fields import Fields
    from memlint.facts.figures import Figures
    from memlint.facts.files import Files
    from memlint.facts.flow import Flow
    from memlint.facts.frames import Frames
    from memlint.facts.frameworks import Frameworks
    from memlint.facts.fronts import Fronts
    from memlint.facts.gathered import Gatherings
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
    from memlint.facts.kept_tensors import KeptTensors
    from memlint.facts.kinds import Kinds
    from memlint.facts.left_paths import LeftPaths
    from memlint.facts.line_loops import LineLoops
    from memlint.facts.links import Links
    from memlint.facts.listeners import Listeners
    from memlint.facts.local_handles import LocalHandles
    from memlint.facts.log_messages import LogMessages
    from memlint.facts.loggers import Loggers
    from memlint.facts.loops import Loops
    from memlint.facts.losses import Losses
    from memlint.facts.made_defaults import MadeDefaults
    from memlint.facts.memos import Memos
    from memlint.facts.messages import Messages
    from memlint.facts.models import Models
    from memlint.facts.names import Names
    from memlint.facts.nesting import Nesting
    from memlint.facts.outputs import Outputs
    from memlint.facts.owned_handles import OwnedHandles
    from memlint.facts.parsing import Parsing
    from memlint.facts.population import Population
    from memlint.facts.predictions import Predictions
    from memlint.facts.probes import Probes
    from memlint.facts.producers import Producers
    from memlint.facts.purity import Purity
    from memlint.facts.qt_lambdas import QtLambdas
    from memlint.facts.querysets import Querysets
    from memlint.facts.queues import Queues
    from memlint.facts.races import Races
    from memlint.facts.reading import Reading
    from memlint.facts.rebuilding import Rebuilding
    from memlint.facts.reductions import Reductions
    from memlint.facts.registrations import Registrations
    from memlint.facts.repeats import Repeats
    from memlint.facts.row_access import RowAccess
    from memlint.facts.rows import Rows
    from memlint.facts.sharing import Sharing
    from memlint.facts.signals import Signals
    from memlint.facts.sizes import Sizes
    from memlint.facts.slots import Slots
    from memlint.facts.snapshots import Snapshots
    from memlint.facts.stored_defaults import StoredDefaults
    from memlint.facts.task_sets import TaskSets
    from memlint.facts.tasks import Tasks
    from memlint.facts.temporaries import Temporaries
    from memlint.facts.tracing import Tracing
    from memlint.facts.transfers import Transfers
    from memlint.facts.views import Views
    from memlint.facts.weak import Weak
    from memlint.facts.wide import WideClasses

Body: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module | ast.ClassDef


Library = TypeVar("Library")


class Analysis(Generic[Library]):
    """A kind of fact: a class of a module beside this one, imported, and made of the file's facts, when a rule first
    asks for it."""

    def __init__(self, module: str) -> None:
        self.module = f"memlint.facts.{module}"

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.library = owner.__annotations__[name].removeprefix("Analysis[").removesuffix("]")

    def __get__(self, facts: Facts, owner: type[Facts]) -> Library:
        made: Library = getattr(import_module(self.module), self.library)(facts)
        facts.__dict__[self.name] = made
        return made


class Facts:
    """The facts of one file. Each kind of fact is a library of its own and is built when a rule first asks for it."""

    accumulation: Analysis[Accumulation] = Analysis("accumulation")
    array_copies: Analysis[ArrayCopies] = Analysis("array_copies")
    caching: Analysis[Caching] = Analysis("caching")
    callbacks: Analysis[Callbacks] = Analysis("callbacks")
    captures: Analysis[Captures] = Analysis("captures")
    cell_outputs: Analysis[CellOutputs] = Analysis("cell_outputs")
    children: Analysis[Children] = Analysis("children")
    class_containers: Analysis[ClassContainers] = Analysis("class_containers")
    classes: Analysis[Classes] = Analysis("classes")
    closures: Analysis[Closures] = Analysis("closures")
    collector: Analysis[Collector] = Analysis("collector")
    columns: Analysis[Columns] = Analysis("columns")
    company: Analysis[Company] = Analysis("company")
    constants: Analysis[Constants] = Analysis("constants")
    containment: Analysis[Containment] = Analysis("containment")
    contradictions: Analysis[Contradictions] = Analysis("contradictions")
    copies: Analysis[Copies] = Analysis("copies")
    cycles: Analysis[Cycles] = Analysis("cycles")
    datasets: Analysis[Datasets] = Analysis("datasets")
    defaults: Analysis[Defaults] = Analysis("defaults")
    deletions: Analysis[Deletions] = Analysis("deletions")
    drains: Analysis[Drains] = Analysis("drains")
    elements: Analysis[Elements] = Analysis("elements")
    exception_fates: Analysis[ExceptionFates] = Analysis("exception_fates")
    exceptions: Analysis[Exceptions] = Analysis("exceptions")
    few_parts: Analysis[FewParts] = Analysis("few_parts")
    fields: Analysis[Fields] = Analysis("fields")
    figures: Analysis[Figures] = Analysis("figures")
    files: Analysis[Files] = Analysis("files")
    frames: Analysis[Frames] = Analysis("frames")
    frameworks: Analysis[Frameworks] = Analysis("frameworks")
    fronts: Analysis[Fronts] = Analysis("fronts")
    gatherings: Analysis[Gatherings] = Analysis("gathered")
    gradients: Analysis[Gradients] = Analysis("gradients")
    growths: Analysis[Growths] = Analysis("growth")
    handing: Analysis[Handing] = Analysis("handing")
    handles: Analysis[Handles] = Analysis("handles")
    holders: Analysis[Holders] = Analysis("holders")
    hooks: Analysis[Hooks] = Analysis("hooks")
    images: Analysis[Images] = Analysis("images")
    invariance: Analysis[Invariance] = Analysis("invariance")
    iterated_copies: Analysis[IteratedCopies] = Analysis("iterated_copies")
    keeping: Analysis[Keeping] = Analysis("keeping")
    kept_tensors: Analysis[KeptTensors] = Analysis("kept_tensors")
    left_paths: Analysis[LeftPaths] = Analysis("left_paths")
    line_loops: Analysis[LineLoops] = Analysis("line_loops")
    listeners: Analysis[Listeners] = Analysis("listeners")
    local_handles: Analysis[LocalHandles] = Analysis("local_handles")
    log_messages: Analysis[LogMessages] = Analysis("log_messages")
    loggers: Analysis[Loggers] = Analysis("loggers")
    loops: Analysis[Loops] = Analysis("loops")
    losses: Analysis[Losses] = Analysis("losses")
    made_defaults: Analysis[MadeDefaults] = Analysis("made_defaults")
    memos: Analysis[Memos] = Analysis("memos")
    messages: Analysis[Messages] = Analysis("messages")
    models: Analysis[Models] = Analysis("models")
    nesting: Analysis[Nesting] = Analysis("nesting")
    outputs: Analysis[Outputs] = Analysis("outputs")
    owned_handles: Analysis[OwnedHandles] = Analysis("owned_handles")
    parsing: Analysis[Parsing] = Analysis("parsing")
    population: Analysis[Population] = Analysis("population")
    predictions: Analysis[Predictions] = Analysis("predictions")
    probes: Analysis[Probes] = Analysis("probes")
    producers: Analysis[Producers] = Analysis("producers")
    purity: Analysis[Purity] = Analysis("purity")
    qt_lambdas: Analysis[QtLambdas] = Analysis("qt_lambdas")
    querysets: Analysis[Querysets] = Analysis("querysets")
    queues: Analysis[Queues] = Analysis("queues")
    races: Analysis[Races] = Analysis("races")
    reading: Analysis[Reading] = Analysis("reading")
    rebuilding: Analysis[Rebuilding] = Analysis("rebuilding")
    reductions: Analysis[Reductions] = Analysis("reductions")
    registrations: Analysis[Registrations] = Analysis("registrations")
    repeats: Analysis[Repeats] = Analysis("repeats")
    row_access: Analysis[RowAccess] = Analysis("row_access")
    rows: Analysis[Rows] = Analysis("rows")
    sharing: Analysis[Sharing] = Analysis("sharing")
    signals: Analysis[Signals] = Analysis("signals")
    sizes: Analysis[Sizes] = Analysis("sizes")
    slots: Analysis[Slots] = Analysis("slots")
    snapshots: Analysis[Snapshots] = Analysis("snapshots")
    stored_defaults: Analysis[StoredDefaults] = Analysis("stored_defaults")
    task_sets: Analysis[TaskSets] = Analysis("task_sets")
    tasks: Analysis[Tasks] = Analysis("tasks")
    temporaries: Analysis[Temporaries] = Analysis("temporaries")
    threads: Analysis[Threads] = Analysis("endless")
    tracing: Analysis[Tracing] = Analysis("tracing")
    transfers: Analysis[Transfers] = Analysis("transfers")
    views: Analysis[Views] = Analysis("views")
    weak: Analysis[Weak] = Analysis("weak")
    wide: Analysis[WideClasses] = Analysis("wide")

    def __init__(self, source: SourceFile, tree: Tree, project: Project) -> None:
        self.source = source
        self.tree = tree
        self.project = project

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

    def definition_at(self, line: int) -> Found | None:
        """The class or function whose `class` or `def` stands on a line."""
        nodes = self.tree.nodes(ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        return next((Found(self, node) for node in nodes if node.lineno == line), None)

    @cached_property
    def star_imports(self) -> list[str]:
        """The modules that this one imports all names from, as written, dots included."""
        return [
            "." * node.level + (node.module or "")
            for node in self.tree.nodes(ast.ImportFrom)
            if node.names[0].name == "*"
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
    def class_kinds(self) -> ClassKinds:
        from memlint.facts.class_kinds import ClassKinds

        return ClassKinds(self.classes, self.names)

    @cached_property
    def escape(self) -> Escape:
        from memlint.facts.escape import Escape

        return Escape(self.tree, self.names)

    @cached_property
    def links(self) -> Links:
        from memlint.facts.links import Links

        return Links(self.tree, self.names)

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

    @remembered
    def flow(self, body: Body) -> Flow:
        """The control flow of a body."""
        from memlint.facts.flow import Flow

        return Flow(body)

    @remembered
    def flow_of_objects(self, body: Body) -> Flow:
        """The control flow of a body for names that are bound to an object, which no test finds None or false: what it
        says of one such binding is right whatever the others are bound to."""
        from memlint.facts.flow import Flow, may_be_object

        def passes(node: ast.AST, test: ast.expr, outcome: bool) -> bool:
            return not isinstance(node, ast.Name) or may_be_object(test, node.id, outcome)

        return Flow(body, passes)
