from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst

BLOCK = "65536"


class UnchunkedStream(Rule):
    """A response that is streamed so that it need not be held, and is then read in one piece."""

    code = "ML411"
    name = "unchunked-stream"
    effect = Effect.PEAK
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\biter_content\b|\bcontent\b", file=(rb"\biter_content\b|\bstream\b",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(whole_block(call) for call in part.nodes(ast.Call)) or any(
            facts.transfers.streamed(attribute) for attribute in part.nodes(ast.Attribute)
        )

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        size = whole_block(call) if call else None
        if call is None or size is None:
            return
        fix = Fix("read 64 KiB at a time", Safety.UNSAFE, (self.replace(size, BLOCK),))
        self.report(
            call,
            f"{self.quoted(call) or '`iter_content`'} gives the whole body as one block, unless the server sends it in "
            "chunks; give a size in bytes",
            fix=fix,
        )

    def visit_Attribute(self, node: cst.Attribute) -> None:
        attribute = self.twin(node, ast.Attribute)
        opened = self.facts.transfers.streamed(attribute) if attribute else None
        if attribute is None or opened is None:
            return
        self.report(
            attribute,
            f"{self.quoted(attribute)} reads the whole body into memory, which `stream=True` was to avoid; "
            "read it with `iter_content`, or leave out `stream`",
            related=[(opened, "the request")],
        )


def whole_block(call: ast.Call) -> ast.Constant | None:
    """The `None` that a call of `iter_content` is given as the size of a block."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "iter_content":
        return None
    sizes = [*call.args[:1], *(each.value for each in call.keywords if each.arg == "chunk_size")]
    size = sizes[0] if len(sizes) == 1 else None
    return size if isinstance(size, ast.Constant) and size.value is None else None
