"""What a finding is tied to: a fingerprint that outlives moved lines, and the lines where a comment suppresses it."""

from __future__ import annotations

import ast
import hashlib
import os
from collections import Counter
from dataclasses import replace
from functools import cached_property

from memlint.facts.layout import PLACED, Tree, first_line, last_line
from memlint.model import Finding
from memlint.normal_form import NAMED, normal_form


def anchored(findings: list[Finding], tree: Tree, root: str) -> list[Finding]:
    """The findings in order of place, each with its scope, anchor, fingerprint and suppression lines."""
    ordered = in_order(findings)
    statements = Statements(tree)
    seen: Counter[str] = Counter()
    result = []
    for finding in ordered:
        node = statements.at(finding)
        scope = qualified_name(node, tree)
        anchor = digest(finding.code, scope, normal_form(node, tree))
        seen[anchor] += 1
        path = (os.path.relpath(finding.path, root) if root else finding.path).replace(os.sep, "/")
        fingerprint = digest(path, anchor, str(seen[anchor]))
        rows = finding.rows or statements.rows(finding)
        result.append(replace(finding, scope=scope, anchor=anchor, fingerprint=fingerprint, rows=rows))
    return result


def digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def qualified_name(node: ast.AST, tree: Tree) -> str:
    """The names of the functions and classes around a node, and its own if it is one, the outermost first."""
    around = [each.name for each in (node, *tree.ancestors(node)) if isinstance(each, NAMED)]
    return ".".join(reversed(around))


def in_order(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (finding.start, finding.code, finding.end))


class Statements:
    """The statements of a file, found by line."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    @cached_property
    def by_line(self) -> dict[int, ast.stmt]:
        """The innermost statement on each line, decorators included; of several that share the line, the last."""
        found: dict[int, ast.stmt] = {}
        statements = [node for node in self.tree.parents if isinstance(node, ast.stmt)]
        for node in sorted(statements, key=lambda node: (node.lineno, node.col_offset)):
            found.update(dict.fromkeys(range(first_line(node), last_line(node) + 1), node))
        return found

    @cached_property
    def long_strings(self) -> list[tuple[int, int]]:
        """First and last line of every string that spans lines."""
        strings = (node for node in self.tree.parents if isinstance(node, (ast.Constant, ast.JoinedStr)))
        spans = [(node.lineno, node.end_lineno or node.lineno) for node in strings]
        return sorted({(first, last) for first, last in spans if first < last})

    def at(self, finding: Finding) -> ast.AST:
        """The smallest node that holds the whole finding."""
        node: ast.AST = self.by_line.get(finding.start.line, self.tree.module)
        while node in self.tree.parents and not self.holds(node, finding):
            node = self.tree.parents[node]
        return self.below(node, finding) or node

    def below(self, node: ast.AST, finding: Finding) -> ast.AST | None:
        """The smallest node inside an expression or a header that holds the finding."""
        for child in ast.iter_child_nodes(node):
            has_place = isinstance(child, PLACED)
            if isinstance(child, ast.stmt) or (has_place and not self.holds(child, finding)):
                continue
            if found := self.below(child, finding) or (child if has_place else None):
                return found
        return None

    def holds(self, node: ast.AST, finding: Finding) -> bool:
        """Whether a node, with its decorators, reaches over the whole finding."""
        if isinstance(node, NAMED):
            return first_line(node) <= finding.start.line and finding.end.line <= last_line(node)
        start, end = self.tree.span(node)
        return start <= finding.start and finding.end <= end

    def rows(self, finding: Finding) -> tuple[int, ...]:
        """The line where a new comment belongs, then the others that count: the anchor's own and the header of its
        statement."""
        line = finding.start.line
        rows = [self.comment_row(line), line]
        statement = self.by_line.get(line)
        if statement and statement.lineno > line:  # the line is a decorator's
            statement = self.tree.enclosing(statement, ast.stmt)
        if statement:
            body: list[ast.stmt] = getattr(statement, "body", [])
            header_end = body[0].lineno - 1 if body else statement.end_lineno or line
            rows += range(statement.lineno, header_end + 1) if body else (statement.lineno, header_end)
        return tuple(dict.fromkeys(rows))

    def comment_row(self, line: int) -> int:
        """The first line from `line` on that can end in a comment: not inside a string, not continued by a
        backslash."""
        lines = self.tree.source.lines
        for first, last in self.long_strings:
            if first <= line < last:
                line = last
        while line < len(lines) and lines[line - 1].endswith("\\"):
            line += 1
        return line
