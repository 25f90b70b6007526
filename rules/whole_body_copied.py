from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst

INSTEAD = {
    ("file", "file"): "`shutil.copyfileobj` copies it in blocks",
    ("file", "hash"): "read it in blocks, or `hashlib.file_digest`",
    ("response", "file"): "stream it and write each block",
    ("response", "hash"): "stream it and hash each block",
    ("stream", "file"): "read and write it in blocks",
    ("stream", "hash"): "read and hash it in blocks",
}
READS = rb"\b(?:read(?:_bytes)?[\s\\]*\(|content\b)"
TAKES = rb"\b(?:write(?:_bytes|_text)?|update)[\s\\]*\("


class WholeBodyCopied(Rule):
    """What only goes from one place to another needs one block of memory, not all of it."""

    code = "ML408"
    name = "whole-body-copied"
    effect = Effect.PEAK
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(READS, rb"\(", file=(TAKES + rb"|hashlib", rb"open|File|IO|Path|requests|httpx|aiohttp|urllib"))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.transfers.copied(call) for call in part.nodes(ast.Call))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        copied = self.facts.transfers.copied(call) if call else None
        if call is None or copied is None:
            return
        source = "file" if copied.kind.endswith("file") else copied.kind
        what = {"file": "the whole file", "response": "the whole body", "stream": "the whole body"}[source]
        doing = "write" if copied.taker == "file" else "hash"
        fix = self.blocks(call, copied.source) if (source, copied.taker) == ("file", "file") else None
        self.report(
            call,
            f"{self.quoted(copied.read) or 'this'} reads {what} into memory to {doing} it; "
            + INSTEAD[source, copied.taker],
            related=[(copied.read, "what is read")] if copied.read is not call.args[0] else [],
            fix=fix,
            unfixed="" if fix else "more than one expression has to be rewritten",
            optional=self.facts.transfers.is_minor(call, copied),
        )

    def blocks(self, call: ast.Call, source: ast.expr) -> Fix | None:
        """Copy from one open file to another with `shutil`, where the module has that already."""
        read, function = call.args[0], call.func
        scope = self.facts.names.scope_of(call)
        shutil = self.facts.names.lookup(scope, "shutil")
        imported = shutil.sole.node if shutil and shutil.sole else None
        is_shutil = isinstance(imported, ast.alias) and imported.name == "shutil"
        if not is_shutil or "#" in self.text(call) or not isinstance(self.facts.tree.parents[call], ast.Expr):
            return None
        if not isinstance(read, ast.Call) or not isinstance(function, ast.Attribute) or function.attr != "write":
            return None
        if getattr(read.func, "attr", "") != "read":
            return None
        content = f"shutil.copyfileobj({self.text(source)}, {self.text(function.value)})"
        return Fix("copy in blocks", Safety.UNSAFE, (self.replace(call, content),))
