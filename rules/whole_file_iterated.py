from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, LineLoop, Rule, Safety, Slice, all_of, cst

BLANKS = rb"(?:[\s(\\]|#[^\n]*\n)*"


class WholeFileIterated(Rule):
    """A file gives its lines one by one; a list of them is a copy of all of it."""

    code = "ML404"
    name = "whole-file-iterated"
    effect = Effect.PEAK
    default = False
    fixes = (Safety.SAFE, Safety.UNSAFE)
    gate = all_of(
        rb"\bfor\b",
        rb"\breadlines\b|\bread\b|\bin\b" + BLANKS + rb"(?:enumerate" + BLANKS + rb")?list\b",
        file=(rb"open|File|IO|std|Buffered",),
    )

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        loops = part.nodes(ast.For, ast.AsyncFor, ast.comprehension)
        return any(facts.files.listed(call) for loop in loops if (call := listing(loop.iter)))

    def visit_For(self, node: cst.For) -> None:
        self.examine(node.iter)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self.examine(node.iter)

    def examine(self, iterable: cst.BaseExpression) -> None:
        call = listing(self.twin(iterable, ast.Call))
        file, loop = (self.facts.files.listed(call), self.facts.line_loops.over(call)) if call else (None, None)
        if call is None or file is None or loop is None or self.facts.line_loops.is_in_use(file, loop):
            return
        is_split = getattr(call.func, "attr", "readlines") != "readlines"
        if not is_split and self.facts.line_loops.keeps_all(loop):
            return
        kept = "the whole text and a list of its lines" if is_split else "every line of the file"
        fix = self.stream(call, file, loop, is_split)
        self.report(
            call,
            f"`{ast.unparse(call)}` holds {kept} at once; iterate `{ast.unparse(file)}`, one line at a time",
            optional=self.facts.line_loops.is_short(file, loop),
            fix=fix,
            unfixed="" if fix else "a comment, a line break or a bracket stands in the way",
        )

    def stream(self, call: ast.Call, file: ast.expr, loop: LineLoop, is_split: bool) -> Fix | None:
        """Run over the file in place of the list; cut off each newline, where that was done and may matter."""
        content, text = self.text(file), self.text(call)
        if "#" in text or "\n" in content or text.startswith("("):
            return None
        if is_split and not self.facts.line_loops.is_stripped(loop):
            prefix = "b" if self.facts.kind(file) == "binary file" else ""
            ends = r'"\n"' if call.args else r'"\r\n"'
            names = (*self.facts.line_loops.names(loop), "line", "row")
            line = next(name for name in names if name != content)
            content = f"({line}.rstrip({prefix}{ends}) for {line} in {content})"
        is_equal = not is_split and isinstance(file, ast.Name) and self.is_unseen(file, loop)
        safety = Safety.SAFE if is_equal else Safety.UNSAFE
        return Fix(f"iterate `{ast.unparse(file)}` itself", safety, (self.replace(call, content),))

    def is_unseen(self, file: ast.Name, loop: LineLoop) -> bool:
        """Whether nobody could tell that the lines are read one by one, not even where reading fails halfway."""
        parts = self.facts.line_loops.parts(loop)
        return self.facts.files.is_private(file, loop) and self.facts.purity.is_confined(parts, loop)


def listing(iterated: ast.expr | None) -> ast.Call | None:
    """The call that a loop runs over, also through `enumerate`."""
    if isinstance(iterated, ast.Call) and isinstance(iterated.func, ast.Name) and iterated.func.id == "enumerate":
        iterated = iterated.args[0] if iterated.args else None
    return iterated if isinstance(iterated, ast.Call) else None
