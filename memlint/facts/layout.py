"""Where things stand: the `ast` of a file with its parents, cut into slices, and the way from a libcst node to its
`ast` twin."""

from __future__ import annotations

import ast
import io
import tokenize
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from memlint.facts.branches import BRANCHES
from memlint.model import Position
from memlint.source import SourceFile

if TYPE_CHECKING:
    import libcst as cst

Node: TypeAlias = "ast.AST | cst.CSTNode"
Found = TypeVar("Found", bound=ast.AST)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
PLACED = (ast.stmt, ast.expr, ast.arg, ast.keyword, ast.alias, ast.excepthandler, ast.pattern)
"""The nodes whose place is told; others are punctuation between these."""
CHAINS = (ast.BoolOp, ast.Constant, ast.JoinedStr)

DEEPEST = 250
"""Levels of nesting that are analysed. libcst 1.9 bore 400 on every construct; its code generator recurses to death
before 1,000, its parser
ends the process at some 2,000."""

LONGEST = 5_000
"""Lines of one top-level statement that are parsed: a generated literal of 12,000 lines becomes 330 MB of nodes."""


class Nodes:
    """All nodes of a file, read off its tree."""

    def __init__(self, source: SourceFile, module: ast.Module) -> None:
        self.source = source
        self.parents: dict[ast.AST, ast.AST] = {}
        self.order: list[ast.AST] = []
        """Every node below the module, in source order, each before what is in it."""
        self.starts: list[int] = []
        """Where in the order each top-level statement stands, and where the last one ends."""
        self.depth = 1
        """The depth that libcst's tree will have."""
        for statement in module.body:
            self.parents[statement] = module
            self.starts.append(len(self.order))
            self._adopt(statement)
        self.starts.append(len(self.order))

    def _adopt(self, statement: ast.stmt) -> None:
        parents, order = self.parents, self.order
        nodes: list[ast.AST] = [statement]
        depths = [1]
        deepest = 0
        while nodes:
            node = nodes.pop()
            order.append(node)
            depth = depths.pop() + 1
            if isinstance(node, CHAINS):
                depth += self._chain(node)
            if depth > deepest:
                deepest = depth
            below: list[ast.AST] = []
            for name in BRANCHES[node.__class__]:
                value = getattr(node, name, None)
                if value.__class__ is list:
                    below += value
                elif value is not None:
                    below.append(value)
            for child in reversed(below):
                if child is not None:  # the key of `**rest` in a display, a keyword-only parameter without a default
                    parents[child] = node
                    nodes.append(child)
                    depths.append(depth)
        self.depth = max(self.depth, deepest)

    def _chain(self, node: ast.BoolOp | ast.Constant | ast.JoinedStr) -> int:
        """Levels that libcst nests where `ast` is flat: terms of a boolean chain, parts of an implicit
        concatenation."""
        if isinstance(node, ast.BoolOp):
            return len(node.values)
        if isinstance(node, ast.Constant) and not isinstance(node.value, (str, bytes)):
            return 0
        if node.end_lineno == node.lineno and (node.end_col_offset or 0) - node.col_offset < DEEPEST:
            return 0
        text = self.source.between(*span(self.source, node))
        if text.count("'") + text.count('"') < DEEPEST:
            return 0
        return string_parts(text)


class Tree:
    """The syntax tree of a file. Its nodes are read off when somebody first asks for one."""

    def __init__(self, source: SourceFile, module: ast.Module) -> None:
        self.source = source
        self.module = module

    @cached_property
    def _nodes(self) -> Nodes:
        return Nodes(self.source, self.module)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Each node's parent."""
        return self._nodes.parents

    @cached_property
    def order(self) -> list[ast.AST]:
        """Every node below the module, in source order, each before what is in it."""
        return self._nodes.order

    @property
    def is_too_deep(self) -> bool:
        """Whether something is nested so deep in it that it cannot be analysed."""
        return self._nodes.depth > DEEPEST

    def places(self, first: int, last: int) -> range:
        """Where in the order some top-level statements and all that is in them stand, by their numbers."""
        return range(self._nodes.starts[first], self._nodes.starts[last])

    @cached_property
    def _by_kind(self) -> dict[type, list[ast.AST]]:
        by_kind: dict[type, list[ast.AST]] = {}
        for node in self.order:
            by_kind.setdefault(node.__class__, []).append(node)
        return by_kind

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[Any]:
        """The nodes of the file of some classes, those of the first first, in source order; read off once."""
        for kind in kinds:
            yield from self._by_kind.get(kind, ())

    @cached_property
    def calls(self) -> dict[ast.stmt, list[ast.Call]]:
        """The calls in the expressions of each statement that has any, nested statements apart."""
        calls: dict[ast.stmt, list[ast.Call]] = {}
        for node in self.nodes(ast.Call):
            outer = self.parents[node]
            while not isinstance(outer, ast.stmt):
                outer = self.parents[outer]
            calls.setdefault(outer, []).append(node)
        return calls

    @cached_property
    def words(self) -> Counter[str]:
        """How often the nodes of the file spell each identifier, or a text that may name one."""
        return Counter(word for node in self.order for word in spelled(node))

    def span(self, node: ast.AST) -> tuple[Position, Position]:
        """Start and end of a node; raises `TypeError` for nodes that have no place, such as `ast.arguments`."""
        return span(self.source, node)

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, innermost first."""
        while parent := self.parents.get(node):
            yield parent
            node = parent

    def enclosing(self, node: ast.AST, *kinds: type[Found]) -> Found | None:
        """The innermost node of one of the kinds around a node."""
        return next((outer for outer in self.ancestors(node) if isinstance(outer, kinds)), None)

    def function(self, node: ast.AST) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module:
        """The function whose body runs this node, or the module; a class body runs in what holds it."""
        inner = node
        for outer in self.ancestors(node):
            if isinstance(outer, ast.Module) or (isinstance(outer, FUNCTIONS) and in_body(outer, inner)):
                return outer
            inner = outer
        return self.module

    def is_called(self, use: ast.AST) -> bool:
        """Whether an expression is what a call calls."""
        parent = self.parents[use]
        return isinstance(parent, ast.Call) and parent.func is use

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """The innermost statement that a node is or is part of."""
        return node if isinstance(node, ast.stmt) else self.enclosing(node, ast.stmt)

    def slices(self) -> Iterator[Slice]:
        """The top-level statements; those that share a line share a slice."""
        for first, last in grouped(self.module.body):
            yield Slice(self, self.module.body[first:last], partial(self.places, first, last))


class Slice:
    """Whole lines of a file that hold one top-level statement: what libcst parses at a time.

    Of a class libcst need not see every member: `narrow` leaves out those that no rule asks for. Positions stay those
    of the file.
    """

    def __init__(self, tree: Tree, statements: list[ast.stmt], places: Callable[[], range]) -> None:
        self.tree = tree
        self.statements = statements
        self._places_of = places
        self.first = first_line(statements[0])
        self.last = last_line(statements[-1])
        self._rows: Sequence[int] = range(self.first, self.last + 1)
        """The lines of the file that libcst sees."""
        self._ending = "\n"

    @cached_property
    def _places_in_order(self) -> range:
        return self._places_of()

    @cached_property
    def text(self) -> str:
        """What libcst sees of the slice."""
        lines = self.tree.source.lines
        return "\n".join([lines[row - 1] for row in self._rows]) + self._ending

    @cached_property
    def scanned(self) -> bytes:
        """The whole text as UTF-8, for the gate."""
        lines = self.tree.source.lines[self.first - 1 : self.last]
        return ("\n".join(lines) + "\n").encode("utf-8", "surrogatepass")

    def members(self) -> list[Slice]:
        """The statements of a class body, as slices of their own; none where the slice is no class alone, or its body
        begins on the line of its header."""
        owner = self.statements[0]
        if not isinstance(owner, ast.ClassDef) or len(self.statements) > 1:
            return []
        if first_line(owner.body[0]) <= last_line_of_header(owner):
            return []
        body = set(owner.body)
        starts = [index for index in self._places_in_order if self.tree.order[index] in body]
        starts.append(self._places_in_order.stop)
        return [
            Slice(self.tree, owner.body[first:last], partial(range, starts[first], starts[last]))
            for first, last in grouped(owner.body)
        ]

    @property
    def length(self) -> int:
        """The number of lines that libcst sees."""
        return len(self._rows)

    def narrow(self, members: Sequence[Slice]) -> None:
        """Let libcst see but these members of the class."""
        owner = self.statements[0]
        assert isinstance(owner, ast.ClassDef)
        head = first_line(owner.body[0])
        self._rows = [*range(self.first, head), *(row for each in members for row in range(each.first, each.last + 1))]
        if not members:
            line = self.tree.source.lines[head - 1]
            self._ending = f"\n{line[: len(line) - len(line.lstrip())]}pass\n"

    @cached_property
    def module(self) -> cst.Module:
        """The concrete tree of the slice; raises libcst's `ParserSyntaxError` where it cannot read what Python can."""
        import libcst

        return libcst.parse_module(self.text)

    @cached_property
    def _places(self) -> dict[cst.CSTNode, tuple[int, int]]:
        from memlint.facts.places import places

        return places(self.module)

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(line) + 1 for line in self.text.split("\n"))]

    def _position(self, offset: int) -> Position:
        line = bisect_right(self._starts, offset)
        row = self._rows[line - 1] if line <= len(self._rows) else self.last + line - len(self._rows)
        return Position(row, offset - self._starts[line - 1] + 1)

    def span(self, node: Node) -> tuple[Position, Position]:
        """Start and end of a node of either tree, without blanks and enclosing parentheses."""
        if isinstance(node, ast.AST):
            return self.tree.span(node)
        start, end = self._places[node]
        return self._position(start), self._position(end)

    @cached_property
    def _by_kind(self) -> dict[type, list[ast.AST]]:
        by_kind: dict[type, list[ast.AST]] = {}
        for index in self._places_in_order:
            node = self.tree.order[index]
            by_kind.setdefault(node.__class__, []).append(node)
        return by_kind

    def nodes(self, *kinds: type[ast.AST]) -> Iterator[Any]:
        """The nodes of the slice of some classes, those of the first first, in source order; read off once."""
        for kind in kinds:
            yield from self._by_kind.get(kind, ())

    @cached_property
    def _twins(self) -> dict[tuple[str, Position, Position | None], ast.AST]:
        twins: dict[tuple[str, Position, Position | None], ast.AST] = {}
        for index in self._places_in_order:
            node = self.tree.order[index]
            if isinstance(node, ast.expr):
                start, end = self.tree.span(node)
                twins[type(node).__name__, start, end] = node
            elif isinstance(node, ast.stmt):
                twins[type(node).__name__, self.tree.span(node)[0], None] = node
        return twins

    def twin(self, node: cst.CSTNode, kind: type[Found]) -> Found | None:
        """The `ast` node of class `kind` that stands where a libcst node stands.

        None where the trees differ in shape: a tuple or generator in its own parentheses, which `ast` counts in.
        """
        start, end = self.span(node)
        found = self._twins.get((kind.__name__, start, None if issubclass(kind, ast.stmt) else end))
        return found if isinstance(found, kind) else None


def spelled(node: ast.AST) -> list[str]:
    """The identifiers of a node, and its text, which may name one."""
    values: list[object] = [getattr(node, field, None) for field in ("arg", "asname", "attr", "id", "name", "value")]
    values += getattr(node, "names", ()) if isinstance(node, (ast.Global, ast.Nonlocal)) else ()
    if isinstance(node, ast.alias):
        values.append(node.name.rpartition(".")[2])
    return [value for value in values if isinstance(value, str)]


def grouped(body: list[ast.stmt]) -> Iterator[tuple[int, int]]:
    """The statements of a block by their numbers, the first of each group and the first behind it; those that share a
    line are together."""
    first = 0
    for number, statement in enumerate(body):
        if number > first and first_line(statement) > last_line(body[number - 1]):
            yield first, number
            first = number
    if body:
        yield first, len(body)


def span(source: SourceFile, node: ast.AST) -> tuple[Position, Position]:
    """Start and end of a node; raises `TypeError` for nodes that have no place, such as `ast.arguments`."""
    if not isinstance(node, PLACED):
        raise TypeError(f"{type(node).__name__} has no position")
    column = source.column
    end_line = node.end_lineno or node.lineno
    return (
        Position(node.lineno, column(node.lineno, node.col_offset)),
        Position(end_line, column(end_line, node.end_col_offset or 0)),
    )


def in_body(function: ast.AST, child: ast.AST) -> bool:
    """Whether a direct child of a function belongs to what a call runs, and not to its defaults, decorators or
    annotations."""
    body = getattr(function, "body", None)
    return child is body or (isinstance(body, list) and child in body)


def first_line(statement: ast.stmt) -> int:
    """The line where a statement begins, decorators included."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def last_line_of_header(owner: ast.ClassDef) -> int:
    """The last line on which a base or keyword of a class stands."""
    parts = [*owner.bases, *(each.value for each in owner.keywords)]
    return max([owner.lineno, *(each.end_lineno or each.lineno for each in parts)])


def last_line(statement: ast.stmt) -> int:
    return statement.end_lineno or statement.lineno


def string_parts(text: str) -> int:
    """How many literals an implicit concatenation joins; more than can be borne where it cannot be told."""
    starts = {tokenize.STRING, getattr(tokenize, "FSTRING_START", tokenize.STRING)}
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(f"({text})").readline))
    except (tokenize.TokenError, SyntaxError):
        return DEEPEST
    return sum(token.type in starts for token in tokens)
