from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Rule, Slice, all_of, cst

STREAMS = {
    "binary file": "lines of the file",
    "cursor": "rows of the cursor",
    "generator": "items of the generator",
    "text file": "lines of the file",
}
"""What gives its items one by one, and may have any number of them."""

GATHERERS = ("asyncio.gather", "asyncio.wait")
LISTS = (ast.GeneratorExp, ast.ListComp, ast.SetComp)


class ExecutorDrainsIterable(Rule):
    """An executor takes all of an iterable at once and keeps a task for each item, however slowly they are done."""

    code = "ML413"
    name = "executor-drains-iterable"
    effect = Effect.PEAK
    default = False
    gate = all_of(rb"\b(?:map|submit)\b|\*", file=(rb"Executor|\bfutures\b|\bgather\b|\basyncio\b",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        rule = cls(facts, part)
        return any(rule.drained(each) for each in part.nodes(ast.Call))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        source = self.drained(call) if call else None
        if call is None or source is None:
            return
        function = ast.unparse(call.func)
        items = STREAMS[self.facts.kind(source) or ""]
        self.report(
            call,
            f"`{function}` makes tasks of all {items} `{ast.unparse(source)}` before the first is done: "
            "hand them over in batches",
        )

    def drained(self, call: ast.Call) -> ast.expr | None:
        """The open-ended iterable of whose items a call makes tasks, all at once."""
        method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if method == "map" and len(call.args) > 1 and self.facts.kind(call.func.value) == "executor":  # type: ignore
            is_bounded = any(keyword.arg == "buffersize" for keyword in call.keywords)
            return None if is_bounded else next(filter(None, map(self.stream, call.args[1:])), None)
        if method == "submit" and self.facts.kind(call.func.value) == "executor":  # type: ignore[attr-defined]
            return self.listed(self.facts.tree.parents[call], call)
        if self.facts.names.qualified(call.func) in GATHERERS and len(call.args) == 1:
            given = call.args[0].value if isinstance(call.args[0], ast.Starred) else call.args[0]
            return self.listed(given, given.elt) if isinstance(given, LISTS) else None
        return None

    def listed(self, made: ast.AST, element: ast.expr) -> ast.expr | None:
        """The open-ended iterable for each item of which a comprehension makes an element."""
        if not isinstance(made, (ast.ListComp, ast.SetComp, ast.GeneratorExp)) or made.elt is not element:
            return None
        is_lazy = isinstance(made, ast.GeneratorExp) and isinstance(element, ast.Call)
        if is_lazy and getattr(element.func, "attr", "") == "submit":  # type: ignore[attr-defined]
            return None
        return next(filter(None, (self.stream(each.iter) for each in made.generators)), None)

    def stream(self, iterable: ast.expr) -> ast.expr | None:
        """What gives its items one by one; of a generator expression, what that runs over."""
        binding = self.facts.names.binding(iterable) if isinstance(iterable, ast.Name) else None
        if binding and binding.sole and isinstance(binding.sole.value, ast.GeneratorExp):
            iterable = binding.sole.value
        if isinstance(iterable, ast.GeneratorExp):
            return next(filter(None, (self.stream(each.iter) for each in iterable.generators)), None)
        if isinstance(iterable, ast.Call) and self.facts.names.qualified(iterable.func) == "builtins.enumerate":
            return self.stream(iterable.args[0]) if iterable.args else None
        return iterable if self.facts.kind(iterable) in STREAMS else None
