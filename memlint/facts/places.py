"""A light position pass over a libcst tree: one run of the code generator that notes where nodes begin and end.

libcst's own `PositionProvider` computes a line and column at every token and wraps the tree in metadata; that costs
more than the parse.
Here only token numbers are noted, and turned into offsets at the end. A test holds the result to `PositionProvider`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate

import libcst as cst
from libcst._nodes.internal import CodegenState


class PlaceState(CodegenState):
    """Generates code and remembers the token count at both ends of every node."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__(module.default_indent, module.default_newline)
        self.marks: dict[cst.CSTNode, tuple[int, int]] = {}
        self.open: list[int] = []

    def before_codegen(self, node: cst.CSTNode) -> None:
        self.open.append(len(self.tokens))

    def after_codegen(self, node: cst.CSTNode) -> None:
        start = self.open.pop()
        if node not in self.marks:
            self.marks[node] = (start, len(self.tokens))

    @contextmanager
    def record_syntactic_position(
        self, node: cst.CSTNode, *, start_node: cst.CSTNode | None = None, end_node: cst.CSTNode | None = None
    ) -> Iterator[None]:
        start = len(self.tokens)
        yield
        end = len(self.tokens)
        if start_node is not None:
            start = self.marks[start_node][0]
        if end_node is not None:
            end = self.marks[end_node][1]
        self.marks[node] = (start, end)


def places(module: cst.Module) -> dict[cst.CSTNode, tuple[int, int]]:
    """Offsets of start and end, in characters of the module's text, of every node: the syntactic position where it
    has one."""
    state = PlaceState(module)
    module._codegen(state)
    offsets = [0, *accumulate(map(len, state.tokens))]
    return {node: (offsets[start], offsets[end]) for node, (start, end) in state.marks.items()}
