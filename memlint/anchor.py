"""What a finding is tied to: a fingerprint that outlives moved lines, and the lines where a comment suppresses it."""

from __future__ import annotations

import ast
import hashlib
import os
from collections import Counter
from dataclasses import replace
from functools import cached_property

from memlint.facts.layout import Tree
from memlint.model import Finding


def anchored(findings: list[Finding], tree: Tree, root: str) -> list[Finding]:
    """The findings in order of place, each with its fingerprint and suppression lines."""
    ordered = in_order(findings)
    statements = Statements(tree)
    seen: Counter[str] = Counter()
    result = []
    for finding in ordered:
        identity = statements.identity(finding, root)
        seen[identity] += 1
        digest = hashlib.sha256(f"{identity}\0{seen[identity]}".encode("utf-8", "surrogatepass")).hexdigest()
        result.append(replace(finding, fingerprint=digest[:16], rows=finding.rows or statements.rows(finding)))
    return result


def in_order(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: (finding.start, finding.code, finding.end))


class Statements:
    """The statements of a file, found by line."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree

    @cached_property
    def by_line(self) -> dict[int, ast.stmt]:
        """The innermost statement on each line; of several that share the line, the last."""
        found: dict[int, ast.stmt] = {}
        statements = [node for node in self.tree.parents if isinstance(node, ast.stmt)]
        for node in sorted(statements, key=lambda node: (node.lineno, node.col_offset)):
            found.update(dict.fromkeys(range(node.lineno, (node.end_lineno or node.lineno) + 1), node))
        return found

    @cached_property
    def long_strings(self) -> list[tuple[int, int]]:
        """First and last line of every string that spans lines."""
        strings = (node for node in self.tree.parents if isinstance(node, (ast.Constant, ast.JoinedStr)))
        spans = [(node.lineno, node.end_lineno or node.lineno) for node in strings]
        return sorted({(first, last) for first, last in spans if first < last})

    def identity(self, finding: Finding, root: str) -> str:
        """Rule, path, qualified name and normalised anchor: what stays when other lines move."""
        path = os.path.relpath(finding.path, root) if root else finding.path
        names: list[str] = []
        statement = self.by_line.get(finding.start.line)
        if statement is not None:
            for node in (statement, *self.tree.ancestors(statement)):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    names.insert(0, node.name)
        anchor = " ".join(self.tree.source.between(finding.start, finding.end).split())
        return "\0".join([finding.code, path.replace(os.sep, "/"), ".".join(names), anchor])

    def rows(self, finding: Finding) -> tuple[int, ...]:
        """The line where a new comment belongs, then the others that count: the anchor's own and the header of its
        statement."""
        line = finding.start.line
        rows = [self.comment_row(line), line]
        if statement := self.by_line.get(finding.start.line):
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
