from __future__ import annotations

import ast
import re

from memlint.api import Binding, Effect, Facts, Rule, Scan, ScopeKind, Severity, Slice, all_of, cst

GAP = rb"(?:[\s\\]|#[^\n]*\n)*"
METHOD = rb"\." + GAP + rb"(?:append|appendleft|insert|setdefault|extend|extendleft|update)" + GAP + rb"\("
PUT = METHOD + rb"|\][\s\\)]*=(?!=)|[+|]=(?:[\s\\(]|#[^\n]*\n)*[\[{\w]"
PUTS = re.compile(METHOD + rb"|(\])[\s)]*=(?!=)|[+|]=")
WORD = rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*"
NAME = re.compile(WORD)
RECEIVER = re.compile(rb"(?<![\w.\x80-\xff])(" + WORD + rb")[\s)]*\Z")
INDEXED = re.compile(rb"(?<![\w.\x80-\xff])(" + WORD + rb")[\s)]*\[")
VALUE = re.compile(rb"(?<![\w.\x80-\xff])" + WORD + rb"(?![\w\x80-\xff]|\s*[.(\[]|\s*=[^=])")
"""A name that is read for its value."""

BINDS = re.compile(rb"(?<![=!<>+*/|&^%@-])=(?!=)")


def holds_itself(scan: Scan) -> bool:
    """Whether the name of a container is read in what is put into it, or in what another name stands for that is."""
    made: set[bytes] = set()
    held: dict[bytes, set[bytes]] = {}
    put: set[tuple[bytes, bytes]] = set()
    for line in scan.lines:
        if (places := [*BINDS.finditer(line)]) and re.search(rb"[\[{(,]", line[places[0].end() :]):
            targets = NAME.findall(line[: places[-1].start()])
            made.update(targets)
            values = VALUE.findall(line[places[0].end() :])
            for target in targets if values else ():
                held.setdefault(target, set()).update(values)
        for found in PUTS.finditer(line):
            before = (INDEXED if found[1] else RECEIVER).findall(line[: found.start()])
            put.update((each, value) for each in before for value in VALUE.findall(line[found.end() :]))
    return any(each in made and (each == value or each in held.get(value, ())) for each, value in put)


class SelfContainingContainer(Rule):
    """A container that is put into itself is a cycle of one."""

    code = "ML111"
    name = "self-containing-container"
    effect = Effect.LATE
    gate = all_of(PUT, file=(PUT, holds_itself))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.containment.in_itself, part.nodes(ast.Call, ast.Assign, ast.AugAssign)))

    def visit_Call(self, node: cst.Call) -> None:
        self.examine(self.twin(node, ast.Call))

    def visit_Assign(self, node: cst.Assign) -> None:
        self.examine(self.twin(node, ast.Assign))

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self.examine(self.twin(node, ast.AugAssign))

    def examine(self, by: ast.Call | ast.Assign | ast.AugAssign | None) -> None:
        """Report, where one of the values that are put into a container is or holds that container."""
        binding = self.facts.containment.in_itself(by) if by else None
        if by is not None and binding is not None:
            self.report_cycle(binding, by)

    def report_cycle(self, binding: Binding, by: ast.Call | ast.stmt) -> None:
        name = binding.name
        if binding.scope.kind in (ScopeKind.MODULE, ScopeKind.CLASS) and binding.sole is not None:
            until = f"once the {binding.scope.kind.value} lets go of it, only the garbage collector frees it"
            severity = Severity.INFO
        else:
            until = "it and all that it holds are freed only by the garbage collector"
            severity = Severity.WARNING
        self.report(
            by if isinstance(by, ast.stmt) else self.whole(by),
            f"`{name}` contains itself: a cycle, so {until}; take the entry out again when the work is done",
            severity=severity,
            cycle=(name, name),
            optional=is_ring(by) or any(map(is_of_no_program, self.facts.tree.ancestors(by))),
        )

    def whole(self, call: ast.Call) -> ast.Call | ast.Expr:
        """The statement that a call is, else the call."""
        parent = self.facts.tree.parents[call]
        return parent if isinstance(parent, ast.Expr) else call


def is_ring(by: ast.AST) -> bool:
    """Whether a display names one thing twice, as where the first node of a ring comes before and after itself."""
    names = [each.id for each in getattr(getattr(by, "value", None), "elts", ()) if isinstance(each, ast.Name)]
    return len(names) > len(set(names))


def is_of_no_program(outer: ast.AST) -> bool:
    """Whether a node is a test, which makes such a cycle on purpose, or stands in for a module that is not there."""
    if isinstance(outer, ast.ExceptHandler):
        return isinstance(outer.type, ast.Name) and outer.type.id in ("ImportError", "ModuleNotFoundError")
    return isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef)) and outer.name.startswith("test_")
