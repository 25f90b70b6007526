from __future__ import annotations

import ast
import re
import sys
from typing import TypeAlias

from memlint.api import (
    Effect,
    Facts,
    FinallyNone,
    Fix,
    Rule,
    Safety,
    Scan,
    Severity,
    Slice,
    all_of,
    cst,
    hoisted_function,
)

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
SHOWN = 3
"""Names of what a cycle holds that a message gives at most."""

DEF = re.compile(rb"def[\s\\]")
NAMED_LAMBDA = re.compile(rb"=(?:[\s\\(]|#[^\n]*\n)*lambda\b")
HEADER = re.compile(rb"class\b|(?:async\s+)?def\s+([^\s(\[]+)")
USED = re.compile(rb"(?<![.\w\x80-\xff])[\w\x80-\xff]+")
BOUND = re.compile(
    rb"\b([\w\x80-\xff]+)(?=[\s)]*=[\s(]*lambda\b)"
    rb"|(?:^|(?<=[;:]))[\s(]*([\w\x80-\xff]+)[\s)]*:(?=.*?=[\s(]*lambda\b)"
)
"""What is bound to a lambda, with or without an annotation."""


def may_nest(scan: Scan) -> bool:
    """Whether a `def` stands deeper than the one before it, or a name may be bound to a lambda."""
    depth = sys.maxsize
    for found in DEF.finditer(scan.data):
        before = scan.data[scan.data.rfind(b"\n", 0, found.start()) + 1 : found.start()]
        outer, depth = depth, len(before) - len(before.lstrip())
        if depth > outer or scan.data.endswith(b"\\\n", 0, found.start() - len(before)):
            return True
    return b"lambda" in scan.words and NAMED_LAMBDA.search(scan.data) is not None


def holds_itself(scan: Scan) -> bool:
    """Whether functions within functions use each other's names in a circle, or one its own."""
    code: dict[bytes, set[bytes]] = {}
    around: list[tuple[int, bytes | None]] = []
    of_class = b"class" if b"nonlocal" in scan.words else None
    for line in scan.lines:
        text = line.lstrip()
        depth = len(line) - len(text)
        while text and around and around[-1][0] >= depth:
            around.pop()
        header = HEADER.match(text)
        if header:
            if header[1] and around and around[-1][1]:
                code.setdefault(header[1], set())
            around.append((depth, header[1] or of_class))
        inner = [name for _, name in around if name in code]
        used = USED.findall(text, header.end() if header else 0) if inner else ()
        for name in inner:
            code[name].update(used)
        if around and b"lambda" in text and NAMED_LAMBDA.search(text):
            for name in BOUND.findall(text):
                code.setdefault(b"".join(name), set()).update(USED.findall(text, text.index(b"lambda")))
    before, left = set[bytes](), {*code}
    while left != before:
        before, left = left, {name for name in left if not code[name].isdisjoint(left)}
    return bool(left)


class RecursiveClosure(Rule):
    """A nested function that calls itself holds itself in a cell: a cycle on every call of the function around it."""

    code = "ML105"
    name = "recursive-closure"
    effect = Effect.LATE
    fixes = (Safety.SAFE, Safety.UNSAFE)
    gate = all_of(rb"\bdef\b", may_nest, holds_itself)

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.closures.is_renewed_circle, part.nodes(*FUNCTIONS)))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        self.examine(self.twin(node, ast.FunctionDef) or self.twin(node, ast.AsyncFunctionDef))

    def visit_Lambda(self, node: cst.Lambda) -> None:
        self.examine(self.twin(node, ast.Lambda))

    def examine(self, function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None) -> None:
        if function is None or not self.facts.closures.is_renewed_circle(function):
            return
        if self.facts.captures.takes_itself_out(function):
            return
        circle = self.facts.closures.circle(function)
        names = [variable.name for each in circle if (variable := self.facts.closures.variable(each))]
        heavy = self.facts.captures.heavy(circle)
        held = [variable.name for variable in heavy]
        around = self.facts.tree.function(function)
        outer = getattr(around, "name", "the lambda")
        itself = "holds itself" if len(circle) == 1 else "hold each other"
        together = f" with {listed(held[:SHOWN])}" if held else ""
        fix, unfixed = self.fix(circle)
        self.report(
            self.facts.tree.statement(function) or function,
            f"{listed(names)} {itself} in a closure: a cycle, which each call of `{outer}` leaves{together} to the "
            f"garbage collector; define {'it' if len(circle) == 1 else 'them'} outside and pass what is needed",
            severity=None if held else Severity.INFO,
            optional=self.facts.closures.is_per_class(around)
            or not any(map(self.facts.captures.is_large, heavy))
            or not self.facts.population.is_done_often(function),
            related=[(each, "the other function") for each in circle[1:]],
            cycle=(*names, names[0]),
            fix=fix,
            unfixed=unfixed,
        )

    def fix(self, circle: list[Function]) -> tuple[Fix | None, str]:
        """The function in the module; or its name let go of at the end; or why neither can be."""
        function, outer = circle[0], self.facts.tree.function(circle[0])
        variable = self.facts.closures.variable(function)
        if variable is None or len(circle) > 1:
            return None, "several functions hold each other"
        fix, unfixed = hoisted_function(self.facts, function, variable)
        if fix or isinstance(function, ast.Lambda) or not isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return fix, unfixed
        fix, reason = FinallyNone(self.facts, outer, function, variable).fix()
        return fix, "" if fix else "; ".join(dict.fromkeys([unfixed, reason]))


def listed(names: list[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
