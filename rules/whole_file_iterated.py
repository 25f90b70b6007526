from __future__ import annotations

import ast

from memlint.api import Effect, Fix, Rule, Safety, all_of, cst, known

BLANKS = rb"(?:[\s(\\]|#[^\n]*\n)*"
EAGER_METHODS = frozenset({"extend", "join", "update"})
STRIPPING = frozenset({"rstrip", "split", "strip"})

Loop = ast.For | ast.DictComp | ast.GeneratorExp | ast.ListComp | ast.SetComp


class WholeFileIterated(Rule):
    """A file gives its lines one by one; a list of them is a copy of all of it."""

    code = "ML404"
    name = "whole-file-iterated"
    effect = Effect.PEAK
    fixes = (Safety.SAFE, Safety.UNSAFE)
    gate = all_of(
        rb"\bfor\b",
        rb"\breadlines\b|\bread\b(?s:.)*?\bsplit|\bin\b" + BLANKS + rb"(?:enumerate" + BLANKS + rb")?list\b",
        file=(rb"open|File|IO|std|Buffered",),
    )

    def visit_For(self, node: cst.For) -> None:
        self.examine(node.iter)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self.examine(node.iter)

    def examine(self, iterable: cst.BaseExpression) -> None:
        call = self.twin(iterable, ast.Call)
        if call is not None and isinstance(call.func, ast.Name) and call.func.id == "enumerate" and call.args:
            call = call.args[0] if isinstance(call.args[0], ast.Call) else None
        file, loop = (self.facts.files.listed(call), self.loop_over(call)) if call else (None, None)
        if call is None or file is None or loop is None or is_in_use(file, call, loop):
            return
        is_split = getattr(call.func, "attr", "readlines") != "readlines"
        if not is_split and keeps_all(loop):
            return
        kept = "the whole text and a list of its lines" if is_split else "every line of the file"
        fix = self.stream(call, file, loop, is_split)
        self.report(
            call,
            f"`{ast.unparse(call)}` holds {kept} at once; iterate `{ast.unparse(file)}`, one line at a time",
            fix=fix,
            unfixed="" if fix else "a comment, a line break or a bracket stands in the way",
        )

    def loop_over(self, call: ast.Call) -> Loop | None:
        """The loop or comprehension that at once uses up the value of a call, given to `enumerate` or not."""
        parent = self.facts.tree.parents[call]
        if isinstance(parent, ast.Call):
            parent = self.facts.tree.parents[parent]
        loop = parent if isinstance(parent, ast.For) else self.facts.tree.parents[parent]
        if not isinstance(loop, Loop) or (isinstance(loop, ast.GeneratorExp) and not self.is_used_up(loop)):
            return None
        return loop if isinstance(loop, ast.For) or loop.generators[0] is parent else None

    def is_used_up(self, generator: ast.GeneratorExp) -> bool:
        """Whether a generator is given straight to a function that has used it up when it returns."""
        taker = self.facts.tree.parents[generator]
        if not isinstance(taker, ast.Call) or generator not in taker.args:
            return False
        if isinstance(taker.func, ast.Attribute) and taker.func.attr in EAGER_METHODS:
            return True
        return self.facts.names.qualified(taker.func) in known("iteration", "takers", "eager")

    def stream(self, call: ast.Call, file: ast.expr, loop: Loop, is_split: bool) -> Fix | None:
        """Run over the file in place of the list; cut off each newline, where that was done and may matter."""
        content, text = self.text(file), self.text(call)
        if "#" in text or "\n" in content or text.startswith("("):
            return None
        if is_split and not self.is_stripped(loop):
            prefix = "b" if self.facts.kind(file) == "binary file" else ""
            ends = r'"\n"' if call.args else r'"\r\n"'
            line = next(name for name in (*line_names(loop), "line", "row") if name != content)
            content = f"({line}.rstrip({prefix}{ends}) for {line} in {content})"
        is_equal = not is_split and isinstance(file, ast.Name) and self.is_unseen(file, loop)
        safety = Safety.SAFE if is_equal else Safety.UNSAFE
        return Fix(f"iterate `{ast.unparse(file)}` itself", safety, (self.replace(call, content),))

    def is_unseen(self, file: ast.Name, loop: Loop) -> bool:
        """Whether nobody could tell that the lines are read one by one, not even where reading fails halfway."""
        return self.facts.files.is_private(file, loop) and self.facts.purity.is_confined(parts(loop), loop)

    def is_stripped(self, loop: Loop) -> bool:
        """Whether every use that the loop makes of a line first cuts off its white space."""
        nodes = [node for part in parts(loop) for node in ast.walk(part) if isinstance(node, ast.Name)]
        uses = [node for node in nodes if node.id in line_names(loop) and isinstance(node.ctx, ast.Load)]
        if isinstance(loop, ast.For) and isinstance(loop.body[0], ast.Assign) and uses:
            uses = uses[:1] if [getattr(target, "id", "") for target in loop.body[0].targets] == [uses[0].id] else uses
        return bool(uses) and all(map(self.is_stripping, uses))

    def is_stripping(self, line: ast.Name) -> bool:
        """Whether a name stands in `line.strip()` or the like."""
        method = self.facts.tree.parents[line]
        call = self.facts.tree.parents[method]
        is_method = isinstance(method, ast.Attribute) and method.attr in STRIPPING
        return is_method and isinstance(call, ast.Call) and call.func is method and not call.args and not call.keywords


def parts(loop: Loop) -> list[ast.AST]:
    """What a loop runs for each line."""
    if isinstance(loop, ast.For):
        return [loop.target, *loop.body, *loop.orelse]
    results = [loop.key, loop.value] if isinstance(loop, ast.DictComp) else [loop.elt]
    first = loop.generators[0]
    return [*results, first.target, *first.ifs, *loop.generators[1:]]


def is_in_use(file: ast.expr, call: ast.Call, loop: Loop) -> bool:
    """Whether the loop touches the file while it runs over its lines, so that it needs them read before."""
    name = getattr(file, "id", getattr(file, "attr", None))
    names = (getattr(node, "id", getattr(node, "attr", "")) for part in parts(loop) for node in ast.walk(part))
    return name in names


def line_names(loop: Loop) -> list[str]:
    """The name that each line gets; none where it is taken apart."""
    target = loop.target if isinstance(loop, ast.For) else loop.generators[0].target
    if isinstance(target, ast.Tuple) and len(target.elts) == 2:
        target = target.elts[1]
    return [target.id] if isinstance(target, ast.Name) else []


def keeps_all(loop: Loop) -> bool:
    """Whether the loop does nothing but keep each line as it is, so that all are held anyway."""
    if isinstance(loop, ast.For):
        value = loop.body[0].value if isinstance(loop.body[0], ast.Expr) and len(loop.body) == 1 else None
        is_kept = isinstance(value, ast.Call) and getattr(value.func, "attr", None) in ("add", "append")
        return is_kept and [getattr(argument, "id", "") for argument in value.args] == line_names(loop)  # type: ignore[union-attr]
    is_bare = isinstance(loop, (ast.ListComp, ast.SetComp)) and getattr(loop.elt, "id", "") in line_names(loop)
    return is_bare and not any(generator.ifs for generator in loop.generators)
