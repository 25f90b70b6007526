"""The scopes of a module, and what each binds and reads, gathered in one pass over its tree."""

from __future__ import annotations

import ast
import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from memlint.facts.branches import BRANCHES


class ScopeKind(enum.Enum):
    """What makes a scope; `TYPE` is the hidden one of type parameters, of their bounds and of `type` aliases."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    LAMBDA = "lambda"
    COMPREHENSION = "comprehension"
    TYPE = "type"


class DefinitionKind(enum.Enum):
    """How a name is bound; `ANNOTATION` is one without a value, `LOOP` the target of any `for`."""

    ASSIGNMENT = "assignment"
    ANNOTATION = "annotation"
    AUGMENTED = "augmented"
    PARAMETER = "parameter"
    IMPORT = "import"
    FUNCTION = "function"
    CLASS = "class"
    LOOP = "loop"
    WITH = "with"
    EXCEPT = "except"
    WALRUS = "walrus"
    MATCH = "match"
    DELETE = "delete"
    TYPE_PARAMETER = "type parameter"
    TYPE_ALIAS = "type alias"


@dataclass(eq=False, slots=True)
class Definition:
    """One place that binds or unbinds a name."""

    node: ast.AST
    """What names it: a `Name`, `arg`, `alias`, `def`, `class`, `ExceptHandler`, pattern or type parameter."""
    kind: DefinitionKind
    statement: ast.stmt
    """The innermost statement around it: for the parameters of a `def` that `def`."""
    value: ast.expr | None = None
    """The expression that the name alone is bound to; for `with open(p) as f` it is `open(p)`."""


@dataclass(eq=False, slots=True)
class Binding:
    """One variable: a name in the scope that owns it."""

    name: str
    """The name as Python stores it: `_Queue__head` for `__head` inside `class Queue`."""
    scope: Scope = field(repr=False)
    definitions: list[Definition] = field(default_factory=list, repr=False)
    """In source order; `global` and `nonlocal` bring in those of other scopes."""
    uses: list[ast.Name] = field(default_factory=list, repr=False)
    """Where it is read, from any scope, in source order; the target of `x += 1` is a definition only."""

    @property
    def sole(self) -> Definition | None:
        """The only definition, if there is exactly one."""
        return self.definitions[0] if len(self.definitions) == 1 else None


@dataclass(eq=False, slots=True)
class Scope:
    """A stretch of code with names of its own."""

    node: ast.AST
    kind: ScopeKind
    parent: Scope | None = field(repr=False)
    private: str = ""
    """What Python puts before `__name` here: `_Queue` inside `class Queue`, nothing outside classes."""
    bindings: dict[str, Binding] = field(default_factory=dict, repr=False)
    declared: dict[str, ast.Global | ast.Nonlocal] = field(default_factory=dict, repr=False)
    """Names that a `global` or `nonlocal` statement takes from another scope."""

    def close(self) -> None:
        """Cut the links to the bindings, which keep their scope."""
        self.bindings.clear()

    @property
    def owner(self) -> Scope:
        """The function, lambda or module that runs this code, itself included."""
        scope = self
        while scope.kind not in OWNERS and scope.parent is not None:
            scope = scope.parent
        return scope


OWNERS = (ScopeKind.FUNCTION, ScopeKind.LAMBDA, ScopeKind.MODULE)
BLOCKS = (ScopeKind.FUNCTION, ScopeKind.CLASS, ScopeKind.MODULE)


def mangled(identifier: str, private: str) -> str:
    """The name that Python stores for an identifier in a scope with this private prefix."""
    hidden = private and identifier.startswith("__") and not identifier.endswith("__")
    return private + identifier if hidden else identifier


TARGETS: dict[type, DefinitionKind] = {
    ast.AsyncFor: DefinitionKind.LOOP,
    ast.AsyncWith: DefinitionKind.WITH,
    ast.AugAssign: DefinitionKind.AUGMENTED,
    ast.Delete: DefinitionKind.DELETE,
    ast.For: DefinitionKind.LOOP,
    ast.With: DefinitionKind.WITH,
}
"""What each statement does to the names that are its targets; the others assign."""


class Walk:
    """One reading of a tree: its scopes with what each binds, and the names that each region of code loads.

    A region is code of one scope; inner ones wait until it is read. Source order is restored later, by position.
    """

    scope: Scope
    statement: ast.stmt
    target: DefinitionKind
    """How the current statement or comprehension binds its targets."""
    statements: list[ast.stmt]
    """The statements of the region; those inside `if`, `for` and the like join at the end."""
    nodes: list[Any]
    """The nodes of the current statement; their children join at the end."""
    loads: list[ast.Name]
    placed: list[ast.AST]

    def __init__(self, module: ast.Module) -> None:
        self.has_star_import = False
        self.scopes: list[Scope] = []
        self.inner: dict[ast.AST, Scope] = {}
        self.values: dict[ast.AST, ast.expr] = {}
        self.regions: list[tuple[Scope, list[ast.Name], list[ast.AST]]] = []
        self.waiting: list[tuple[Scope, list[Any], ast.stmt | None]] = []
        scope = self.enter(ScopeKind.MODULE, module, None, module.body)
        self.regions.append((scope, [], [module]))
        while self.waiting:
            self.read(*self.waiting.pop())

    def enter(self, kind: ScopeKind, node: ast.AST, parent: Scope | None, body: list[Any]) -> Scope:
        """Make a scope; its body waits: statements, or else expressions of the current statement."""
        scope = Scope(node, kind, parent, "" if parent is None else parent.private)
        self.scopes.append(scope)
        self.inner[node] = scope
        self.waiting.append((scope, body, None if kind in BLOCKS else self.statement))
        return scope

    def read(self, scope: Scope, body: list[Any], statement: ast.stmt | None) -> None:
        self.scope, self.loads, self.placed = scope, [], []
        if statement is not None:
            self.statement, self.nodes, self.target = statement, list(body), DefinitionKind.LOOP
            self.read_nodes()
        else:
            self.statements = list(body)
            for current in self.statements:
                self.statement, self.nodes = current, [current]
                self.target = TARGETS.get(current.__class__, DefinitionKind.ASSIGNMENT)
                self.read_nodes()
        self.regions.append((scope, self.loads, self.placed))

    def read_nodes(self) -> None:
        nodes, loads, reader_of, children = self.nodes, self.loads, READERS.get, Walk.children
        for node in nodes:
            kind = node.__class__
            if kind is ast.Name:
                if node.ctx.__class__ is ast.Load:
                    loads.append(node)
                else:
                    self.define(node.id, node, self.target)
            elif kind is ast.Attribute:
                nodes.append(node.value)
            elif kind is not ast.Constant:
                reader_of(kind, children)(self, node)
        self.placed += nodes

    def children(self, node: ast.AST) -> None:
        for name in BRANCHES.get(node.__class__, ()):
            child = getattr(node, name)
            if child.__class__ is not list:
                self.nodes.append(child)
            elif name in ("body", "orelse", "finalbody"):
                self.statements += child
            else:
                self.nodes += child

    def define(self, identifier: str, node: ast.AST, kind: DefinitionKind, scope: Scope | None = None) -> None:
        scope = scope or self.scope
        name = mangled(identifier, scope.private)
        binding = scope.bindings.get(name)
        if binding is None:
            binding = scope.bindings[name] = Binding(name, scope)
        binding.definitions.append(Definition(node, kind, self.statement, self.values.get(node)))

    def pair(self, target: ast.expr, value: ast.expr) -> None:
        """Note what each name in a target gets, where the source shows it: `a, b = 1, 2`."""
        pairs = [(target, value)]
        for target, value in pairs:
            if isinstance(target, ast.Name):
                self.values[target] = value
            elif isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
                starred = any(isinstance(element, ast.Starred) for element in target.elts + value.elts)
                if len(target.elts) == len(value.elts) and not starred:
                    pairs += zip(target.elts, value.elts, strict=True)

    def visit_Assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self.pair(target, node.value)
        self.children(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.pair(node.target, node.value)
        elif not node.simple and isinstance(node.target, ast.Name):
            self.placed.append(node.target)  # `(x): int` makes no variable
            self.nodes.append(node.annotation)
            return
        else:
            self.target = DefinitionKind.ANNOTATION
        self.children(node)

    def visit_withitem(self, node: ast.withitem) -> None:
        if isinstance(node.optional_vars, ast.Name):
            self.values[node.optional_vars] = node.context_expr
        self.children(node)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        home = self.scope
        while home.kind is ScopeKind.COMPREHENSION and home.parent is not None:
            home = home.parent
        self.values[node.target] = node.value
        self.define(node.target.id, node.target, DefinitionKind.WALRUS, home)
        self.placed.append(node.target)
        self.nodes.append(node.value)

    def visit_alias(self, node: ast.alias) -> None:
        if node.name == "*":
            self.has_star_import = True
        else:
            self.define(node.asname or node.name.partition(".")[0], node, DefinitionKind.IMPORT)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name is not None:
            self.define(node.name, node, DefinitionKind.EXCEPT)
        self.children(node)

    def visit_MatchAs(self, node: ast.MatchAs | ast.MatchStar | ast.MatchMapping) -> None:
        name = node.rest if isinstance(node, ast.MatchMapping) else node.name
        if name is not None:
            self.define(name, node, DefinitionKind.MATCH)
        self.children(node)

    def visit_Global(self, node: ast.Global | ast.Nonlocal) -> None:
        for name in node.names:
            self.scope.declared[mangled(name, self.scope.private)] = node

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.define(node.name, node, DefinitionKind.FUNCTION)
        self.nodes += node.decorator_list
        outer = self.type_parameters(node)
        parameters = self.parameters(node.args, self.enter(ScopeKind.FUNCTION, node, outer, node.body))
        self.within(outer, [node.returns, *(parameter.annotation for parameter in parameters)])

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.parameters(node.args, self.enter(ScopeKind.LAMBDA, node, self.scope, [node.body]))

    def parameters(self, arguments: ast.arguments, scope: Scope) -> list[ast.arg]:
        """Define the parameters in the function's own scope; their defaults belong to the one around it."""
        self.nodes += arguments.defaults + arguments.kw_defaults
        parameters = arguments.posonlyargs + arguments.args + arguments.kwonlyargs
        parameters += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
        for parameter in parameters:
            self.define(parameter.arg, parameter, DefinitionKind.PARAMETER, scope)
        self.regions.append((scope, [], [arguments, *parameters]))
        return parameters

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.define(node.name, node, DefinitionKind.CLASS)
        self.nodes += node.decorator_list
        outer = self.type_parameters(node)
        self.within(outer, [*node.bases, *node.keywords])
        self.enter(ScopeKind.CLASS, node, outer, node.body).private = _private(node)

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        first, *others = node.generators
        self.nodes.append(first.iter)
        body = [*results, first.target, *first.ifs, *others]
        scope = self.enter(ScopeKind.COMPREHENSION, node, self.scope, body)
        self.regions.append((scope, [], [first]))

    def visit_TypeAlias(self, node: Any) -> None:
        self.target = DefinitionKind.TYPE_ALIAS
        self.nodes.append(node.name)
        self.enter(ScopeKind.TYPE, node, self.type_parameters(node), [node.value])

    def type_parameters(self, node: Any) -> Scope:
        """The scope that `[T, …]` makes around a definition, or the current one where there is no such list."""
        parameters = getattr(node, "type_params", None)
        if not parameters:
            return self.scope
        scope = self.enter(ScopeKind.TYPE, node, self.scope, [])
        self.regions.append((scope, [], parameters))
        private = scope.private
        if isinstance(node, ast.ClassDef):
            private, scope.private = _private(node), ""
        for parameter in parameters:
            name = mangled(parameter.name, private)
            self.define(name, parameter, DefinitionKind.TYPE_PARAMETER, scope)
            scope.bindings[parameter.name] = scope.bindings[name]  # what the head of a class calls it, unlike the body
            for expression in (getattr(parameter, "bound", None), getattr(parameter, "default_value", None)):
                if expression is not None:
                    self.enter(ScopeKind.TYPE, parameter, scope, [expression])
        return scope

    def within(self, scope: Scope, expressions: list[Any]) -> None:
        """Read expressions of the current statement in this scope, or in the one just made around a definition."""
        if scope is self.scope:
            self.nodes += expressions
        else:
            self.waiting.append((scope, expressions, self.statement))

    visit_AsyncFunctionDef = visit_FunctionDef
    visit_DictComp = visit_GeneratorExp = visit_SetComp = visit_ListComp
    visit_MatchMapping = visit_MatchStar = visit_MatchAs
    visit_Nonlocal = visit_Global


def _private(node: ast.ClassDef) -> str:
    name = node.name.lstrip("_")
    return f"_{name}" if name else ""


READERS: dict[type, Callable[[Walk, Any], None]] = {
    getattr(ast, name.removeprefix("visit_")): reader
    for name, reader in vars(Walk).items()
    if name.startswith("visit_") and hasattr(ast, name.removeprefix("visit_"))
}
