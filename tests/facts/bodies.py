"""What Flow says about a body, by line; the `def` is line 1."""

from __future__ import annotations

import ast
from textwrap import dedent
from typing import Any

from memlint.facts.flow import UNBOUND, Flow


def parse(source: str) -> Any:
    return ast.parse(dedent(source).strip()).body[0]


def lines(nodes: frozenset[Any]) -> str:
    return " ".join(sorted({"unbound" if node is UNBOUND else str(node.lineno) for node in nodes}))


def definitions(flow: Flow, body: ast.AST, name: str) -> dict[int | str, str]:
    """The lines of the definitions that reads of a name may find, and of those at the normal and all exits."""
    nodes = list(ast.walk(body))
    reads = [node for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)]
    changed = [node.target for node in nodes if isinstance(node, ast.AugAssign)]
    reads += [target for target in changed if isinstance(target, ast.Name)]
    found: dict[int | str, str] = {}
    for read in reads:
        if read.id == name:
            found[read.lineno] = lines(flow.reaching(read))
    found["returned"] = lines(flow.reaching_exit(name, raising=False))
    found["left"] = lines(flow.reaching_exit(name))
    return found


def reaching(source: str, name: str = "x") -> dict[int | str, str]:
    body = parse(source)
    return definitions(Flow(body), body, name)


def live(source: str) -> dict[int, str]:
    """The names that are live after each statement, by the line on which it begins."""
    body = parse(source)
    flow = Flow(body)
    return {
        node.lineno: " ".join(sorted(flow.live_after(node)))
        for node in ast.walk(body)
        if isinstance(node, ast.stmt) and node is not body
    }
