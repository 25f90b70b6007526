"""Compares what the names of a file mean before and after some edits.

What the edits leave alone must mean the variable that it meant, and so must code that they move. A name that they bind
is new, or its old value was theirs to replace; and nothing that had a value is read without one.
"""

from __future__ import annotations

import ast
import builtins
import warnings
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate, chain
from typing import Any, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.flow import UNBOUND, Flow
from memlint.facts.names import Binding, Definition, DefinitionKind, Names, Scope, ScopeKind
from memlint.model import Edit
from memlint.source import SourceFile

REFLECTION = frozenset({"dir", "eval", "exec", "locals", "vars"})
"""Builtins that see the local names of the function that calls them."""
GIVEN = frozenset(
    {*dir(builtins), "__annotations__", "__class__", "__file__", "__module__", "__path__", "__qualname__"}
)
"""Names that are there without a definition."""
HIDING = frozenset({"assertRaises", "assertRaisesRegex", "raises", "suppress", "warns"})
"""What a `with` calls that may end it without an exception that came up in it."""
LOCAL = (ScopeKind.FUNCTION, ScopeKind.LAMBDA)
BODIES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.Module)
DEFERRED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.GeneratorExp)
"""Code that may run later than where it stands."""


class Variable(NamedTuple):
    """A variable as both texts call it."""

    scopes: tuple[str, ...]
    """The names of the scopes around it, innermost first."""
    name: str


class Text:
    """One of the two texts: where its names are read, and where they are bound."""

    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.starts = [0, *accumulate(len(line) + 1 for line in source.lines)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = unwrap(ast.parse(source.text))
        self.names = Names(module)
        self.reads: dict[int, ast.Name] = {}
        self.definitions: dict[int, tuple[Definition, Binding]] = {}
        self.strings: set[str] = set()
        self.flows: dict[tuple[ast.AST, frozenset[str]], Flow] = {}
        bindings: dict[Binding, None] = {}
        for node in walk(module):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                self.reads[self.offset(node)] = node
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                self.strings.add(node.value)
            elif binding := self.names.binding_of(node):
                bindings[binding] = None
        for binding in bindings:
            self.definitions |= {self.offset(each.node): (each, binding) for each in binding.definitions}

    def offset(self, node: ast.AST) -> int:
        """How many characters stand in front of a node."""
        first, column = start(node)
        return self.starts[first - 1] + self.source.column(first, column) - 1

    def reaching(self, read: ast.Name, changed: frozenset[str]) -> frozenset[ast.AST]:
        """What may have bound a name where a function or module comes to a read of its own; empty where others do."""
        binding, scope = self.names.binding(read), self.names.scope_of(read)
        body = scope.node
        if binding is None or read.id not in changed or binding.scope is not scope or not isinstance(body, BODIES):
            return frozenset()
        asked = body, changed
        if asked not in self.flows:
            self.flows[asked] = Flow(body, names=changed)
        flow = self.flows[asked]
        return flow.reaching(read) if flow.is_own(read) else frozenset()

    def is_seen_whole(self, scope: Scope) -> str:
        """The builtin by which a function sees all its names at once; empty where it calls none."""
        for name in self.reads.values():
            if name.id in REFLECTION and self.names.binding(name) is None and self.names.scope_of(name).owner is scope:
                return name.id
        return ""


@lru_cache(maxsize=2)
def text_of(source: SourceFile) -> Text:
    """The names of a file, kept while fixes are tried on it."""
    return Text(source)


def unwrap(module: ast.Module) -> ast.Module:
    """Write each `with` as plain statements: to names it only binds its targets, unless it hides exceptions."""
    for node in walk(module):
        for field in ("body", "orelse", "finalbody"):
            if isinstance(block := getattr(node, field, None), list):
                setattr(node, field, [each for statement in block for each in unwrapped(statement)])
    return module


def unwrapped(statement: ast.stmt) -> Iterator[ast.stmt]:
    """A statement, or what stands for a `with`."""
    items = statement.items if isinstance(statement, (ast.With, ast.AsyncWith)) else []
    functions = [getattr(item.context_expr, "func", None) for item in items]
    if not items or any(getattr(each, "attr", getattr(each, "id", "")) in HIDING for each in functions):
        yield statement
        return
    for item in items:
        value, target = item.context_expr, item.optional_vars
        yield ast.copy_location(ast.Assign([target], value) if target else ast.Expr(value), value)
    for inner in getattr(statement, "body", ()):
        yield from unwrapped(inner)


class Comparison:
    """The names of a file before and after some edits, and what is wrong with them."""

    def __init__(self, before: SourceFile, after: SourceFile, edits: Iterable[Edit]) -> None:
        self.before, self.after = text_of(before), text_of(after)
        self.spans = sorted(map(self.span, edits))
        """Where the edits begin and end, and by how much the text grows there; they do not overlap."""
        self.growth = [0, *accumulate(growth for _, _, growth in self.spans)]
        self.reads: list[tuple[ast.Name, ast.Name]] = []
        """The reads that were left alone, in both texts."""
        self.stayed: dict[Definition, Definition] = {}
        """The same for what binds a name."""
        self.match()
        self.gone_reads = set(self.before.reads.values()).difference(old for old, _ in self.reads)
        self.new_reads = set(self.after.reads.values()).difference(new for _, new in self.reads)
        self.gone = self.unmatched(self.before, self.stayed)
        self.new = self.unmatched(self.after, set(self.stayed.values()))
        changed = {variable(binding) for _, binding in chain(self.gone, self.new)}
        self.changed = frozenset(each.name for each in changed)

    def span(self, edit: Edit) -> tuple[int, int, int]:
        first, last = (self.before.starts[place.line - 1] + place.column - 1 for place in (edit.start, edit.end))
        return first, last, len(edit.content) - (last - first)

    def match(self) -> None:
        """Pair what both texts have."""
        for offset, name in self.before.reads.items():
            moved = self.moved(offset, len(name.id))
            other = self.after.reads.get(moved) if moved is not None else None
            if other is not None and other.id == name.id:
                self.reads.append((name, other))
        for offset, (definition, binding) in self.before.definitions.items():
            moved = self.moved(offset, 1)
            found = self.after.definitions.get(moved) if moved is not None else None
            if found is not None and found[1].name == binding.name and found[0].kind is definition.kind:
                self.stayed[definition] = found[0]

    def moved(self, offset: int, length: int) -> int | None:
        """Where a stretch of the old text stands in the new one; None where an edit touches it."""
        count = bisect_left(self.spans, (offset + length,))
        first, last, _ = self.spans[count - 1] if count else (0, 0, 0)
        return offset + self.growth[count] if first <= offset and last <= offset else None

    def unmatched(self, text: Text, stayed: Iterable[Definition]) -> list[tuple[Definition, Binding]]:
        return [found for found in text.definitions.values() if found[0] not in stayed]

    def objection(self) -> str:
        """The first thing that is wrong; empty where there is none."""
        return next(chain(self.changed_reads(), self.wrong_reads(), self.wrong_definitions(), self.late_reads()), "")

    def changed_reads(self) -> Iterator[str]:
        """What was left alone and means something else."""
        for old, new in self.reads:
            was, now = self.before.names.binding(old), self.after.names.binding(new)
            if not self.is_same(was, now) and not self.went_along(was, now):
                what = "mean another variable" if now else "be bound no more"
                yield f"`{new.id}` on line {old.lineno} would {what}"

    def is_same(self, was: Binding | None, now: Binding | None) -> bool:
        if was is None or now is None:
            return was is now
        if variable(was) == variable(now):
            return True
        return any(self.stayed.get(each) in now.definitions for each in was.definitions)

    def wrong_reads(self) -> Iterator[str]:
        """What was written or moved, and means nothing or something else than where it was."""
        moved: dict[str, list[Binding | None]] = {}
        for name in self.gone_reads:
            moved.setdefault(name.id, []).append(self.before.names.binding(name))
        unknown = {name.id for name in self.before.reads.values() if self.before.names.binding(name) is None}
        for name in sorted(self.new_reads, key=self.after.offset):
            now = self.after.names.binding(name)
            were = moved.get(name.id)
            if were and not any(self.is_same(was, now) or self.went_along(was, now) for was in were):
                yield f"`{name.id}` would mean another variable at its new place"
            if now is None and name.id not in GIVEN | unknown and not self.after.names.has_star_import:
                yield f"`{name.id}` is bound nowhere"

    def went_along(self, was: Binding | None, now: Binding | None) -> bool:
        """Whether a variable was moved with the code that reads it, or is the instance in both methods of a class."""
        if was is None or now is None:
            return False
        if is_first_parameter(was) and is_first_parameter(now) and variable(was).scopes[1:] == variable(now).scopes[1:]:
            return True
        kept = {*self.stayed, *self.stayed.values()}
        return was.name == now.name and kept.isdisjoint(was.definitions) and kept.isdisjoint(now.definitions)

    def wrong_definitions(self) -> Iterator[str]:
        """Names that the edits bind or take away where that is not theirs alone."""
        counts = Counter(variable(binding) for _, binding in self.new)
        counts.subtract(variable(binding) for _, binding in self.gone)
        kept = set(self.stayed.values())
        for definition, binding in self.new:
            name = binding.name
            is_more = counts[variable(binding)] > 0
            if is_more and name in self.after.names.scope_of(definition.node).declared:
                yield f"`{name}` is declared `global` or `nonlocal` where the fix binds it"
            is_old = not kept.isdisjoint(binding.definitions)
            if is_more and is_old and not is_release(definition) and not self.is_guarded(definition):
                yield f"`{name}` is bound already where the fix binds it"
        there = {variable(binding) for _, binding in self.after.definitions.values()}
        for _, binding in self.gone:
            is_lost = binding.scope.kind is ScopeKind.MODULE and variable(binding) not in there
            if is_lost and binding.name in self.after.strings:
                yield f"`{binding.name}` is named in a string, as in `__all__`, and the fix takes it away"
        yield from self.entangled(counts)

    def entangled(self, counts: Counter[Variable]) -> Iterator[str]:
        """Changed names of a function that other code sees."""
        for binding in dict.fromkeys(binding for _, binding in chain(self.new, self.gone)):
            scope = binding.scope
            is_let_go = any(is_release(definition) for definition, owner in self.new if owner is binding)
            if not counts[variable(binding)] or (scope.kind not in LOCAL and not is_let_go):
                continue
            text = self.after if any(binding is each for _, each in self.new) else self.before
            if scope.kind in LOCAL and (reader := text.is_seen_whole(scope)):
                yield f"`{reader}` sees the names of the function, and `{binding.name}` is one that the fix changes"
            kept = {new for _, new in self.reads}
            uses = (use for use in binding.uses if use in kept)
            inner = {code for use in uses if (code := deferred(text.names.scope_of(use), scope))}
            if any(not self.is_bound_by(code, scope) and not self.is_made_later(code, binding) for code in inner):
                yield f"`{binding.name}` is read by inner code, which may run at another time"

    def is_bound_by(self, code: ast.AST, scope: Scope) -> bool:
        """Whether inner code is what a name holds that the edits change too: it runs by that name alone."""
        return any(
            code in (definition.node, definition.value)
            for binding in scope.bindings.values()
            if binding.name in self.changed
            for definition in binding.definitions
        )

    def is_made_later(self, code: ast.AST, binding: Binding) -> bool:
        """Whether inner code stands behind the guard that gives its name a value."""
        new = [definition for definition, owner in self.new if owner is binding]
        return bool(new) and all(self.is_guarded(each) and start(each.node) < start(code) for each in new)

    def is_guarded(self, definition: Definition) -> bool:
        """Whether a name gets a new value from its old one, or where that is None."""
        name = definition.node.id if isinstance(definition.node, ast.Name) else ""
        parts = [definition.value] if definition.value else []
        if any(isinstance(node, ast.Name) and node.id == name for part in parts for node in walk(part)):
            return True
        tests = (node for node in walk(self.after.names.module.node) if isinstance(node, ast.If))
        return any(definition.statement in test.body and ast.unparse(test.test) == f"{name} is None" for test in tests)

    def late_reads(self) -> Iterator[str]:
        """Reads that may come to a name without a value, and could not before, or to one that the edits let go of."""
        before = {new: self.before.reaching(old, self.changed) for old, new in self.reads}
        unsure = {old.id for old in self.gone_reads if UNBOUND in self.before.reaching(old, self.changed)}
        let_go = {definition.node for definition, _ in self.new if is_release(definition)}
        for read in sorted(self.after.reads.values(), key=self.after.offset):
            reaching = self.after.reaching(read, self.changed)
            if UNBOUND in reaching and (UNBOUND not in before[read] if read in before else read.id not in unsure):
                yield f"`{read.id}` may have no value on line {read.lineno} of the fixed text"
            if read in before and not let_go.isdisjoint(reaching):
                yield f"`{read.id}` may be read on line {read.lineno} of the fixed text, where the fix has let go of it"


def variable(binding: Binding) -> Variable:
    scopes: list[str] = []
    scope: Scope | None = binding.scope
    while scope is not None:
        scopes.append(getattr(scope.node, "name", scope.kind.value))
        scope = scope.parent
    return Variable(tuple(scopes), binding.name)


def start(node: Any) -> tuple[int, int]:
    return node.lineno, node.col_offset


def is_release(definition: Definition) -> bool:
    """Whether a name is let go of."""
    value = definition.value
    return definition.kind is DefinitionKind.DELETE or (isinstance(value, ast.Constant) and value.value is None)


def deferred(reader: Scope, owner: Scope) -> ast.AST | None:
    """The outermost code between two scopes that may run later than where it stands."""
    found: ast.AST | None = None
    scope: Scope | None = reader
    while scope is not None and scope is not owner:
        if isinstance(scope.node, DEFERRED):
            found = scope.node
        scope = scope.parent
    return found


def is_first_parameter(binding: Binding) -> bool:
    """Whether a variable is what a method calls its instance."""
    sole, outer = binding.sole, binding.scope.parent
    if sole is None or outer is None or outer.kind is not ScopeKind.CLASS:
        return False
    function = binding.scope.node
    if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    return sole.node in (function.args.posonlyargs + function.args.args)[:1]
