"""Puts faults into code whose safe fix takes them out again: the list that a generator would spare, the copy that a
loop does not need.

Each seed is the inverse of a fix of which a rule's page says that it leaves behaviour as it was. So a suite that passes
without a seed has to pass with it, and again when the seed is fixed. Whether memlint fixes a seed is left to memlint.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from memlint import run
from memlint.model import Safety
from memlint.settings import load

ONE_BY_ONE = {"sum", "min", "max", "set", "frozenset", "dict", "any", "all", "Counter"}
"""What takes elements one by one."""
AT_ONCE = ONE_BY_ONE | {"len", "sorted", "tuple", "list", "enumerate"}
"""What runs over a container before anything else happens."""
VIEWS = {"items", "keys", "values"}
LINE_END = re.compile(rb"\r\n?|\n")


class Seed(NamedTuple):
    """A fault for the text between two offsets in the bytes of a file; no line moves."""

    code: str
    line: int
    start: int
    end: int
    opening: str
    closing: str = ""
    cut: int = 0
    """How many bytes at either end the opening and the closing replace."""
    is_whole: bool = False
    """Whether the opening replaces all of the text."""
    shows: bool = True
    """Whether the fault is found in the line of the seed."""


def seeds(data: bytes) -> list[Seed]:
    """What can be sown in a file; nothing where it is no UTF-8 or does not parse."""
    try:
        data.decode("utf-8")
        tree = ast.parse(data)
    except (SyntaxError, ValueError):
        return []
    sower = Sower(data)
    sower.visit(tree)
    return sower.found


def sown(data: bytes, chosen: Iterable[Seed]) -> bytes:
    """The bytes with these seeds in them, without those inside of text that another seed replaces."""
    seeds = list(chosen)
    whole: list[Seed] = []
    for seed in seeds:
        if seed.is_whole and not any(crosses(seed, other) for other in whole):
            whole.append(seed)
    edits = [(seed.start, 1, 0, seed.end, seed.opening) for seed in whole]
    for seed in seeds:
        if seed.is_whole or any(crosses(seed, other) for other in whole):
            continue
        edits.append((seed.start, 1, -seed.end, seed.start + seed.cut, seed.opening))  # the outer one first
        edits.append((seed.end - seed.cut, 0, -seed.start, seed.end, seed.closing))  # the inner one first
    pieces, done = [], 0
    for start, _, _, end, text in sorted(edits):
        pieces += [data[done:start], text.encode()]
        done = end
    return b"".join([*pieces, data[done:]])


def crosses(one: Seed, other: Seed) -> bool:
    return one.start < other.end and other.start < one.end


class Sower(ast.NodeVisitor):
    """Finds the places where a fault can be put in."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.starts = [0, *(end.end() for end in LINE_END.finditer(data))]
        self.found: list[Seed] = []
        self.managed: set[str] = set()
        """Names that a `with` binds, a file's among them."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Nodes in an f-string have no places of their own before Python 3.12."""

    def visit_With(self, node: ast.With) -> None:
        self.managed |= {item.optional_vars.id for item in node.items if isinstance(item.optional_vars, ast.Name)}
        inline = self.inline(node)
        if inline:
            self.found.append(inline)
        self.generic_visit(node)

    def visit_For(self, node: ast.For) -> None:
        self.iterated(node.iter)
        self.generic_visit(node)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        if not node.is_async:
            self.iterated(node.iter)
        self.generic_visit(node)

    def visit_SetComp(self, node: ast.SetComp) -> None:
        self.wrap("ML405", node, "set([", "])", cut=1)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = called(node)
        first = node.args[0] if node.args else None
        if name in ONE_BY_ONE and isinstance(first, ast.GeneratorExp):
            shared = self.span(first)[1] == self.span(node)[1]  # the parentheses are those of the call
            self.wrap("ML405", first, "([" if shared else "[", "])" if shared else "]", cut=1)
        elif name in AT_ONCE and isinstance(first, ast.Name):
            self.wrap("ML506", first, "list(", ")")
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        if isinstance(node.ops[-1], (ast.In, ast.NotIn)) and isinstance(
            node.comparators[-1], (ast.Name, ast.Attribute)
        ):
            self.wrap("ML415", node.comparators[-1], "list(", ")")
        self.generic_visit(node)

    def visit_Delete(self, node: ast.Delete) -> None:
        if all(isinstance(target, ast.Name) for target in node.targets):
            self.replace("ML401", node, "pass")

    def visit_Try(self, node: ast.Try) -> None:
        for last in node.finalbody:
            if isinstance(last, ast.Assign) and isinstance(last.value, ast.Constant) and last.value.value is None:
                self.replace("ML109", last, "pass")
        self.generic_visit(node)

    def iterated(self, node: ast.expr) -> None:
        """What a loop runs over, made a list before."""
        if isinstance(node, ast.Name) and node.id in self.managed:
            self.wrap("ML404", node, "", ".readlines()")
        elif isinstance(node, ast.Call) and called(node) == "range":
            self.wrap("ML415", node, "list(", ")")
        elif isinstance(node, (ast.Name, ast.Attribute)) or (isinstance(node, ast.Call) and called(node) in VIEWS):
            self.wrap("ML506", node, "list(", ")")

    def inline(self, node: ast.With) -> Seed | None:
        """The file of a `with`, opened where its one statement reads it."""
        item, body = node.items[0], node.body[0]
        if len(node.items) > 1 or len(node.body) > 1 or not isinstance(item.optional_vars, ast.Name):
            return None
        opened, name = item.context_expr, item.optional_vars.id
        uses = [each for each in ast.walk(body) if isinstance(each, ast.Name) and each.id == name]
        if len(uses) != 1 or called(opened) != "open" or not isinstance(body, (ast.Return, ast.Assign, ast.Expr)):
            return None
        start, end = self.span(body)
        at, behind = self.span(uses[0])
        opening = self.text(start, at) + self.text(*self.span(opened)) + self.text(behind, end)
        return self.whole("ML801", node, opening)

    def wrap(self, code: str, node: ast.expr, opening: str, closing: str, cut: int = 0) -> None:
        self.found.append(Seed(code, node.lineno, *self.span(node), opening, closing, cut))

    def replace(self, code: str, node: ast.stmt, text: str) -> None:
        self.found.append(self.whole(code, node, text)._replace(shows=False))

    def whole(self, code: str, node: ast.stmt, text: str) -> Seed:
        """A seed in place of a statement, with lines behind it for those that go."""
        start, end = self.span(node)
        gone = self.text(start, end).count("\n") - text.count("\n")
        return Seed(code, node.lineno, start, end, text + "\n" * gone, is_whole=True)

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return (
            self.starts[node.lineno - 1] + node.col_offset,
            self.starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def text(self, start: int, end: int) -> str:
        return self.data[start:end].decode("utf-8")


def called(node: ast.expr) -> str:
    """The last name of what a call calls."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def fixable(path: Path, data: bytes) -> list[Seed]:
    """The seeds of a file that memlint fixes by safe fixes."""
    task = run.Task(str(path), replace(load(path.parent, {"select": ["ALL"]}, isolated=True), profile="library"))

    def safe(text: bytes) -> list[tuple[str, int]]:
        """Rule and line of each finding with a safe fix."""
        found = run.check_bytes(task, text).findings
        return [(each.code, each.start.line) for each in found if each.fix and each.fix.safety is Safety.SAFE]

    candidates = seeds(data)
    if not candidates:
        return []
    there = len(safe(data))
    shown = set(safe(sown(data, [seed for seed in candidates if seed.shows])))

    def is_fixed(seed: Seed) -> bool:
        return (seed.code, seed.line) in shown if seed.shows else len(safe(sown(data, [seed]))) > there

    return [seed for seed in candidates if is_fixed(seed)]
