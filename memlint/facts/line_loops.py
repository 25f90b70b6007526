"""Loops over the lines of a file: which loop uses up a list of them, and what it does with each."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from memlint.facts.branches import walk
from memlint.facts.origins import words_of
from memlint.facts.shapes import asks_name
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

LineLoop: TypeAlias = ast.For | ast.DictComp | ast.GeneratorExp | ast.ListComp | ast.SetComp

EAGER_METHODS = frozenset({"extend", "join", "update"})
STRIPPING = frozenset({"rstrip", "split", "strip"})
TRIMMING = frozenset({"decode", "lstrip", "rstrip", "strip"})
FUNCTIONS = (ast.AsyncFunctionDef, ast.FunctionDef)
MARKS = ("=", ":")
"""What files of settings have between a name and its value."""
KEEPING = frozenset({"add", "append"})


class LineLoops:
    """Questions about such a loop, or comprehension."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def over(self, call: ast.Call) -> LineLoop | None:
        """The loop or comprehension that at once uses up the value of a call, given to `enumerate` or not."""
        parent = self.facts.tree.parents[call]
        if isinstance(parent, ast.Call):
            parent = self.facts.tree.parents[parent]
        loop = parent if isinstance(parent, ast.For) else self.facts.tree.parents[parent]
        if not isinstance(loop, LineLoop) or (isinstance(loop, ast.GeneratorExp) and not self.is_used_up(loop)):
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

    def is_stripped(self, loop: LineLoop) -> bool:
        """Whether every use that the loop makes of a line first cuts off its white space."""
        nodes = [node for part in self.parts(loop) for node in walk(part) if isinstance(node, ast.Name)]
        uses = [node for node in nodes if node.id in self.names(loop) and isinstance(node.ctx, ast.Load)]
        if isinstance(loop, ast.For) and isinstance(loop.body[0], ast.Assign) and uses:
            uses = uses[:1] if [getattr(target, "id", "") for target in loop.body[0].targets] == [uses[0].id] else uses
        return bool(uses) and all(map(self.is_stripping, uses))

    def is_stripping(self, line: ast.Name) -> bool:
        """Whether a name stands in `line.strip()` or the like."""
        method = self.facts.tree.parents[line]
        call = self.facts.tree.parents[method]
        is_method = isinstance(method, ast.Attribute) and method.attr in STRIPPING
        return is_method and isinstance(call, ast.Call) and call.func is method and not call.args and not call.keywords

    def parts(self, loop: LineLoop) -> list[ast.AST]:
        """What a loop runs for each line."""
        if isinstance(loop, ast.For):
            return [loop.target, *loop.body, *loop.orelse]
        results = [loop.key, loop.value] if isinstance(loop, ast.DictComp) else [loop.elt]
        first = loop.generators[0]
        return [*results, first.target, *first.ifs, *loop.generators[1:]]

    def is_in_use(self, file: ast.expr, loop: LineLoop) -> bool:
        """Whether the loop touches the file while it runs over its lines, so that it needs them read before."""
        name = getattr(file, "id", getattr(file, "attr", None))
        names = (getattr(node, "id", getattr(node, "attr", "")) for part in self.parts(loop) for node in walk(part))
        return name in names

    def names(self, loop: LineLoop) -> list[str]:
        """The name that each line gets; none where it is taken apart."""
        target = loop.target if isinstance(loop, ast.For) else loop.generators[0].target
        if isinstance(target, ast.Tuple) and len(target.elts) == 2:
            target = target.elts[1]
        return [target.id] if isinstance(target, ast.Name) else []

    def keeps_all(self, loop: LineLoop) -> bool:
        """Whether the loop does nothing but keep each line as it is, so that all are held anyway."""
        if isinstance(loop, ast.For):
            value = loop.body[0].value if isinstance(loop.body[0], ast.Expr) and len(loop.body) == 1 else None
            is_kept = isinstance(value, ast.Call) and getattr(value.func, "attr", None) in ("add", "append")
            return is_kept and [getattr(argument, "id", "") for argument in value.args] == self.names(loop)  # type: ignore[union-attr]
        is_bare = isinstance(loop, (ast.ListComp, ast.SetComp)) and getattr(loop.elt, "id", "") in self.names(loop)
        return is_bare and not any(generator.ifs for generator in loop.generators)

    def is_short(self, file: ast.expr, loop: LineLoop) -> bool:
        """Whether a second list of the lines is likely a small matter: the texts stay, or the file is one of settings,
        or a script that ends passes each line on."""
        is_passing = self.is_script() and not self.is_gathering(loop)
        return self.keeps_text(loop) or self.is_of_settings(file, loop) or is_passing

    def is_gathering(self, loop: LineLoop) -> bool:
        """Whether a loop makes or fills a container, which tells of a file of data."""
        if not isinstance(loop, ast.For):
            return True
        growing = known("containers", "methods", "grow")
        return any(
            (isinstance(node, ast.Call) and getattr(node.func, "attr", "") in growing)
            or (isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store))
            for part in loop.body
            for node in walk(part)
        )

    def keeps_text(self, loop: LineLoop) -> bool:
        """Whether the loop keeps a text for each line: the line without its white space, or one put together of it."""
        if isinstance(loop, (ast.ListComp, ast.SetComp)):
            return self.is_text(loop.elt, self.names(loop))
        if not isinstance(loop, ast.For):
            return False
        trimmed = [*self.names(loop)]
        for each in loop.body:
            if isinstance(each, ast.Assign) and self.is_text(each.value, trimmed):
                trimmed += [target.id for target in each.targets if isinstance(target, ast.Name)]
        last = loop.body[-1]
        if isinstance(last, ast.If) and not last.orelse and len(last.body) == 1:
            last = last.body[0]
        kept = last.value if isinstance(last, ast.Expr) else None
        if not isinstance(kept, ast.Call) or getattr(kept.func, "attr", "") not in KEEPING or len(kept.args) != 1:
            return False
        return self.is_text(kept.args[0], trimmed) or self.is_put_together(kept.args[0])

    def is_text(self, value: ast.expr, lines: list[str]) -> bool:
        """Whether a value is a line, or what is left of it without the white space round it."""
        while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr in TRIMMING:
            value = value.func.value
        return isinstance(value, ast.Name) and value.id in lines

    def is_put_together(self, value: ast.expr) -> bool:
        """Whether a value is a text with something in it: an f-string, `"…".format(…)`."""
        function = value.func if isinstance(value, ast.Call) else None
        if isinstance(function, ast.Attribute):
            return function.attr == "format" and isinstance(function.value, ast.Constant)
        return isinstance(value, ast.JoinedStr)

    def is_of_settings(self, file: ast.expr, loop: LineLoop) -> bool:
        """Whether a file is named as one of settings, or each line is split once, at the mark after a name."""
        binding = self.facts.names.binding(file) if isinstance(file, ast.Name) else None
        sole = binding.sole if binding else None
        sources = [file, *(each for each in [sole.value if sole else None] if each)]
        for outer in self.facts.tree.ancestors(loop):
            if isinstance(outer, (ast.With, ast.AsyncWith)):
                sources += [each.context_expr for each in outer.items]
        names = [name for each in sources for name in names_of(each)]
        names += [each.name for each in self.facts.tree.ancestors(loop) if isinstance(each, FUNCTIONS)]
        if any(words_of(name) & known("files", "short", "words") for name in names):
            return True
        return any(self.splits_once(node) for part in self.parts(loop) for node in walk(part))

    def splits_once(self, node: ast.AST) -> bool:
        """Whether something is split into a name and a value: `line.split("=", 1)`, `line.partition(":")`."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return False
        mark = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        is_once = node.func.attr == "partition" or (node.func.attr == "split" and len(node.args) > 1)
        return is_once and mark in MARKS

    def is_script(self) -> bool:
        """Whether the module is a program that takes its arguments, works them off, and ends."""
        module = self.facts.tree.module
        guarded = any(isinstance(each, ast.If) and asks_name(each.test) for each in module.body)
        attributes = (node for node in walk(module) if isinstance(node, ast.Attribute) and node.attr == "argv")
        return guarded and any(self.facts.names.qualified(each) == "sys.argv" for each in attributes)


def names_of(opened: ast.expr) -> Iterator[str]:
    """The names in what opens a file; of an attribute or item its own: `limits` of `paths["limits"]`."""
    if isinstance(opened, ast.Name):
        yield opened.id
    elif isinstance(opened, ast.Constant) and isinstance(opened.value, str):
        yield from opened.value.replace("/", ".").split(".")
    elif isinstance(opened, ast.Attribute):
        yield opened.attr
    elif isinstance(opened, ast.Subscript):
        yield from names_of(opened.slice)
    elif isinstance(opened, ast.Call):
        receiver = [opened.func.value] if isinstance(opened.func, ast.Attribute) else []
        for each in (*receiver, *opened.args):
            yield from names_of(each)
    elif isinstance(opened, ast.BinOp):
        yield from names_of(opened.left)
        yield from names_of(opened.right)
