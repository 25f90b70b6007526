"""Holds memlint's scopes to CPython's own, over any source: `python -m benchmarks.symtable_check PATH...`.

Every name of every scope must be local, cell, free or global to both. Left out is what the two are right to see apart:

- names that the compiler makes up: `.0`, `.type_params`, `__classdict__`, and `__class__`, which it plants in methods;
- annotations under `from __future__ import annotations`, which the compiler never reads, and from Python 3.14 on all of
  them, which it reads as functions of their own;
- names of comprehensions that Python 3.12 and later fold into the scope around them, and where these have the name of a
  variable from further out, what becomes of that one: Python loses it, memlint does not;
- whether such an annotation or comprehension makes a local a cell.

Python 3.12.1 goes on mangling private names after the head of a generic class; later ones do not, nor does memlint.
"""

from __future__ import annotations

import _symtable  # type: ignore[import-not-found]
import ast
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from memlint.facts.names import Binding, Names, Scope, ScopeKind, mangled

RESOLUTIONS = {
    _symtable.LOCAL: "local",
    _symtable.CELL: "cell",
    _symtable.FREE: "free",
    _symtable.GLOBAL_EXPLICIT: "global explicit",
    _symtable.GLOBAL_IMPLICIT: "global implicit",
}
MADE_UP = {"__class__", "__classdict__", "__conditional_annotations__", "__type_params__"}
TABLES = {
    ast.DictComp: "dictcomp",
    ast.GeneratorExp: "genexpr",
    ast.Lambda: "lambda",
    ast.ListComp: "listcomp",
    ast.Module: "top",
    ast.SetComp: "setcomp",
}
SHARED = (ast.boolop, ast.cmpop, ast.expr_context, ast.operator, ast.unaryop, ast.type_ignore)
DYNAMIC = (ScopeKind.MODULE, ScopeKind.CLASS)
FOLDS = sys.version_info >= (3, 12)
LATE = sys.version_info >= (3, 14)


@dataclass
class Comparison:
    """What was compared, and each disagreement as `path:line: what`."""

    files: int = 0
    lines: int = 0
    names: int = 0
    disagreements: list[str] = field(default_factory=list)

    def add(self, other: Comparison) -> None:
        self.files += other.files
        self.lines += other.lines
        self.names += other.names
        self.disagreements += other.disagreements


def compare(source: bytes, path: str) -> Comparison:
    """Compare one source; raises `SyntaxError` or `ValueError` where Python cannot read it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source, path)
        table = _symtable.symtable(source, path, "exec")
    expectation = Expectation(tree)
    matched = expectation.match(expectation.names.module, table)
    found = [f"{path}:{line}: {text}" for line, text in matched.disagreements]
    return Comparison(1, source.count(b"\n"), matched.names, found)


@dataclass
class Match:
    """A scope set against a table, with all inside."""

    names: int = 0
    apart: int = 0
    """Names that only one of the two has, allowed or not."""
    disagreements: list[tuple[int, str]] = field(default_factory=list)

    @property
    def distance(self) -> tuple[int, int]:
        return len(self.disagreements), self.apart


class Expectation:
    """What memlint makes of a module, told the way that CPython's tables tell it."""

    def __init__(self, tree: ast.Module) -> None:
        self.names = Names(tree)
        self.mentioned: dict[Scope, dict[str, Binding | None]] = defaultdict(dict)
        self.loose: dict[Scope, set[str]] = defaultdict(set)
        """Names that a table may lack, or have as a local where we have a cell: the exceptions above."""
        self.folded: dict[Scope, set[str]] = defaultdict(set)
        """Names that folded comprehensions bind, for the compiler in this scope."""
        self.bound: set[tuple[Scope, str]] = set()
        self.lifted: set[tuple[Scope, str]] = set()
        """Names that an assignment expression in a comprehension binds outside it."""
        self.exposed: set[str] = set()
        """Names of the module that some scope declares global, which the compiler then does for the module too."""
        self.captured: set[Binding] = set()
        self.children: dict[Scope, list[Scope]] = defaultdict(list)
        for node, early in _with_time(tree):
            self._mention_node(node, early)
        for scope in list(self.mentioned):
            self._mention_declared(scope)
        self._loosen()
        self._capture()

    def _mention_node(self, node: ast.AST, early: bool) -> None:
        scope = self.names.scope_of(node)
        if early:
            self._enter(scope)
        binding = self.names.binding_of(node)
        if binding is not None:
            name = binding.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            name = mangled(node.id, scope.private)
        else:
            return
        if not early:
            outer: Scope | None = scope
            while outer is not None:
                self.loose[outer].add(name)
                outer = outer.parent
            return
        self.mentioned[scope][name] = binding
        if binding is not None and not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)):
            self.bound.add((scope, name))
            if scope.kind is ScopeKind.COMPREHENSION and binding.scope is not scope:
                self.lifted.add((scope, name))
                self._lift(scope, name, binding)

    def _lift(self, scope: Scope, name: str, binding: Binding) -> None:
        home = scope
        while home.kind is ScopeKind.COMPREHENSION and home.parent is not None:
            home = home.parent
        self.mentioned[home][name] = binding
        self.bound.add((home, name))
        if home.kind is ScopeKind.MODULE:
            self._expose(name)

    def _expose(self, name: str) -> None:
        module = self.names.module
        self.exposed.add(name)
        self.mentioned[module].setdefault(name, module.bindings.get(name))

    def _enter(self, scope: Scope) -> None:
        while scope not in self.mentioned:
            self.mentioned[scope] = {}
            if scope.parent is None:
                return
            self.children[scope.parent].append(scope)
            scope = scope.parent

    def _mention_declared(self, scope: Scope) -> None:
        for name, declaration in scope.declared.items():
            outer: Scope | None = scope.parent
            if isinstance(declaration, ast.Global):
                self._expose(name)
                outer = self.names.module
            while outer is not None and (outer.kind is ScopeKind.CLASS or name not in outer.bindings):
                outer = outer.parent
            self.mentioned[scope].setdefault(name, outer.bindings[name] if outer is not None else None)

    def _loosen(self) -> None:
        """Let the names of folded comprehensions turn up in the scopes that they are folded into."""
        for scope, names in list(self.mentioned.items()):
            outer = scope
            while _folded(outer) and outer.parent is not None:
                outer = outer.parent
                self.loose[outer] |= names.keys()
                self.folded[outer] |= scope.bindings.keys()

    def _capture(self) -> None:
        """Make cells of what inner scopes read or bind, and let the name pass through the scopes between."""
        passed: dict[Scope, dict[str, Binding | None]] = defaultdict(dict)
        for scope, names in self.mentioned.items():
            for name, binding in names.items():
                if binding is not None and binding.scope.kind not in DYNAMIC:
                    self._pass(scope, name, binding, passed)
        for scope, extra in passed.items():
            known = self.loose[scope] | scope.bindings.keys()
            firm = {name: binding for name, binding in extra.items() if name not in known}
            self.mentioned[scope] = {**firm, **self.mentioned[scope]}

    def _pass(self, scope: Scope, name: str, binding: Binding, passed: dict[Scope, dict[str, Binding | None]]) -> None:
        """Follow a name out to its home; a folded comprehension of that name on the way makes the rest unsure."""
        home, outer = binding.scope, scope
        while outer is not home and _folded(outer) and outer.parent is not None:
            outer = outer.parent
        if outer is home:
            return
        self.captured.add(binding)
        lost = outer is not scope and name in self.folded[outer]
        while outer is not home and outer.parent is not None:
            outer = outer.parent
            passed[outer][name] = binding
            if lost:
                self.loose[outer].add(name)
            lost = lost or name in self.folded[outer]

    def resolution(self, scope: Scope, name: str, binding: Binding | None) -> str:
        home = binding.scope if binding is not None else self.names.module
        visible = _enclosing_class(scope)
        if home is not scope and isinstance(visible.declared.get(name), ast.Global):
            return "global explicit" if home is self.names.module else "not global"
        if scope.kind is ScopeKind.MODULE and name in self.exposed:
            return "global explicit"
        if (scope, name) in self.lifted:
            return "global explicit" if home is self.names.module else "free"
        if home is not scope and home.kind is ScopeKind.CLASS:
            return "global implicit" if home is visible else "of a class"
        if binding is None or home is not scope:
            return "global implicit" if home.kind is ScopeKind.MODULE else "free"
        if scope.kind is ScopeKind.MODULE:
            return "local" if (scope, name) in self.bound else "global implicit"
        return "cell" if binding in self.captured else "local"

    def match(self, scope: Scope, table: Any) -> Match:
        line = table.lineno
        match = Match()
        found = {
            name: RESOLUTIONS[flags >> _symtable.SCOPE_OFF & _symtable.SCOPE_MASK]
            for name, flags in table.symbols.items()
            if not name.startswith(".") and name not in MADE_UP
        }
        for name, binding in self.mentioned[scope].items():
            if name in MADE_UP:
                continue
            ours = self.resolution(scope, name, binding)
            theirs = found.pop(name, "absent")
            match.names += 1
            if ours != theirs and not (name in self.loose[scope] and {ours, theirs} <= {"local", "cell"}):
                match.disagreements.append((line, f"`{name}` in {_label(scope)}: {ours} to us, {theirs} to Python"))
        match.apart = len(table.symbols.keys() ^ (self.mentioned[scope].keys() | self.loose[scope]))
        for name in found.keys() - self.loose[scope]:
            text = f"`{name}` in {_label(scope)}: unknown to us, {found[name]} to Python"
            match.disagreements.append((line, text))
        self._match_children(self.children[scope], list(table.children), match)
        return match

    def _match_children(self, scopes: list[Scope], tables: list[Any], match: Match) -> None:
        """Set each scope against the table of its name and line that suits it best."""
        tables = [table for table in tables if table.type != getattr(_symtable, "TYPE_ANNOTATION", None)]
        scopes = list(scopes)
        for scope in scopes:
            twins = [table for table in tables if (table.name, table.lineno) == _label_and_line(scope)]
            if twins:
                results = [(self.match(scope, twin), twin) for twin in twins]
                best, twin = min(results, key=lambda result: result[0].distance)
                tables.remove(twin)
                match.names += best.names
                match.disagreements += best.disagreements
            elif _folded(scope):
                scopes += self.children[scope]
            else:
                match.disagreements.append((_label_and_line(scope)[1], f"{_label(scope)}: no scope to Python"))
        match.disagreements += [(table.lineno, f"{table.name}: no scope to us") for table in tables]


def _with_time(tree: ast.Module) -> Iterator[tuple[ast.AST, bool]]:
    """Every node that has a scope, and whether the compiler reads it in the scope where it stands."""
    late = LATE or any(
        isinstance(statement, ast.ImportFrom)
        and statement.module == "__future__"
        and any(alias.name == "annotations" for alias in statement.names)
        for statement in tree.body
    )
    waiting: list[tuple[ast.AST, bool]] = [(tree, True)]
    while waiting:
        node, early = waiting.pop()
        yield node, early
        for name, value in ast.iter_fields(node):
            below = early and not (late and name in ("annotation", "returns"))
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not isinstance(child, SHARED):
                    waiting.append((child, below))


def _enclosing_class(scope: Scope) -> Scope:
    """The class whose names Python looks up from a type scope at run time, before any other; else the scope itself."""
    outer = scope
    while outer.kind is ScopeKind.TYPE and outer.parent is not None:
        outer = outer.parent
    return outer if outer.kind is ScopeKind.CLASS else scope


def _folded(scope: Scope) -> bool:
    return FOLDS and scope.kind is ScopeKind.COMPREHENSION and not isinstance(scope.node, ast.GeneratorExp)


def _label_and_line(scope: Scope) -> tuple[str, int]:
    node: Any = scope.node
    name = TABLES.get(type(node)) or node.name
    return name if isinstance(name, str) else name.id, getattr(node, "lineno", 0)


def _label(scope: Scope) -> str:
    return f"{scope.kind.value} `{_label_and_line(scope)[0]}`"


def main(paths: list[str]) -> int:
    total, unreadable = Comparison(), 0
    for root in map(Path, paths):
        for path in sorted(root.rglob("*.py")) if root.is_dir() else [root]:
            try:
                comparison = compare(path.read_bytes(), str(path))
            except (SyntaxError, ValueError):
                unreadable += 1
                continue
            total.add(comparison)
            print(*comparison.disagreements, sep="\n", end="\n" if comparison.disagreements else "")
    print(
        f"{total.files:,} files, {total.lines:,} lines, {total.names:,} names compared, "
        f"{len(total.disagreements):,} disagreements; {unreadable:,} files that Python cannot read"
    )
    return 1 if total.disagreements else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
