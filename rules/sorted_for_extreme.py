from __future__ import annotations

import ast
from typing import NamedTuple

from memlint.api import Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst, walk

LONG = 100
"""Elements from which on a list is worth a word; as many are taken to be in what is of unknown size."""

FEW = 10
"""Elements of a slice up to which `heapq` is far ahead of sorting."""

BLANKS = rb"(?:[\s\\]|#[^\n]*\n)*"

HASHED = ("defaultdict", "dict", "frozenset", "set")


class Better(NamedTuple):
    """What to call in the place of a call of `sorted`, with how many, and how a message shows it."""

    sorting: ast.Call
    called: str
    limit: tuple[str, ...]
    shown: str


class SortedForExtreme(Rule):
    """A list that is sorted or copied in full for one of its elements, or for an answer that needs no list."""

    code = "ML415"
    name = "sorted-for-extreme"
    effect = Effect.PEAK
    default = False
    fixes = (Safety.SAFE, Safety.UNSAFE)
    gate = all_of(
        rb"\[" + BLANKS + rb"(?:-" + BLANKS + rb")?\d*_?\d*" + BLANKS + rb"[\]:]|\bin\b",
        file=(rb"\bsorted\b|\blist\b",),
    )

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        rule = cls(facts, part)
        if any(rule.extreme(each) for each in part.nodes(ast.Subscript)):
            return True
        return any(rule.searched(each) for each in part.nodes(ast.Compare)) or any(
            rule.listed(each) for each in part.nodes(ast.For, ast.comprehension)
        )

    def visit_Subscript(self, node: cst.Subscript) -> None:
        subscript = self.twin(node, ast.Subscript)
        better = self.extreme(subscript) if subscript else None
        if subscript is None or better is None:
            return
        wanted = "one" if isinstance(subscript.slice, (ast.Constant, ast.UnaryOp)) else "few"
        fix = self.shorter(subscript, better)
        self.report(
            subscript,
            f"`{ast.unparse(subscript.value)[:60]}` sorts a list of all for {wanted} of them: `{better.shown}`",
            optional=not self.facts.repeats.is_again(better.sorting),
            fix=fix,
            unfixed="" if fix else f"`{better.called}` is not at hand, or a comment stands in the expression",
        )

    def shorter(self, subscript: ast.Subscript, better: Better) -> Fix | None:
        """Ask for the extreme itself, where its function has its usual name."""
        scope = self.facts.names.scope_of(subscript)
        read = self.facts.names.read(better.called, scope)
        usual = better.called if "." in better.called else f"builtins.{better.called}"
        if read is None or self.facts.names.qualified(read) != usual or "#" in self.text(subscript):
            return None
        given = better.sorting.args[0]
        texts = [*better.limit, self.text(given)]
        texts += [f"key={self.text(each.value)}" for each in better.sorting.keywords if each.arg == "key"]
        is_generator = isinstance(given, ast.GeneratorExp) and len(texts) == 1
        content = f"{better.called}{texts[0]}" if is_generator else f"{better.called}({', '.join(texts)})"
        return Fix("ask for the extreme", Safety.UNSAFE, (self.replace(subscript, content),))

    def visit_Comparison(self, node: cst.Comparison) -> None:
        self.examine(self.twin(node, ast.Compare))

    def examine(self, comparison: ast.Compare | None) -> None:
        call = self.searched(comparison) if comparison else None
        if comparison is None or call is None:
            return
        given, key = call.args[0], comparison.left if len(comparison.ops) == 1 else comparison.comparators[-2]
        is_safe = self.facts.kind(given) in HASHED and self.facts.repeats.is_hashable(key)
        self.report(
            call,
            f"`{ast.unparse(call)}` is a copy to look for one key: ask `{ast.unparse(given)}`",
            optional=not self.facts.repeats.is_looked_up_by_turn(key, given) or self.only_complains(comparison),
            fix=self.without_list(call, Safety.SAFE if is_safe else Safety.UNSAFE),
            unfixed="a comment stands in the copy" if "#" in self.text(call) else "",
        )

    def visit_For(self, node: cst.For) -> None:
        self.examine_iterable(node.iter)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self.examine_iterable(node.iter)

    def examine_iterable(self, iterable: cst.BaseExpression) -> None:
        call = self.twin(iterable, ast.Call)
        loop = self.facts.tree.parents.get(call) if call else None
        if call is not None and isinstance(loop, (ast.For, ast.comprehension)) and self.listed(loop):
            text = ast.unparse(call.args[0])
            self.report(
                call,
                f"`{ast.unparse(call)}` holds all numbers of the range at once: iterate `{text}` itself",
                fix=self.without_list(call, Safety.SAFE),
                unfixed="a comment stands in the copy" if "#" in self.text(call) else "",
            )

    def without_list(self, call: ast.Call, safety: Safety) -> Fix | None:
        content = self.text(call.args[0])
        return None if "#" in self.text(call) else Fix("leave out the list", safety, (self.replace(call, content),))

    def only_complains(self, comparison: ast.Compare) -> bool:
        """Whether all that comes of a comparison is an error: what a caller names is checked, a few names at a time."""
        statement = self.facts.tree.statement(comparison)
        if not isinstance(statement, ast.If):
            return isinstance(statement, ast.Assert)
        return comparison in walk(statement.test) and isinstance(statement.body[-1], ast.Raise)

    def sorting(self, value: ast.expr) -> ast.Call | None:
        """The call of `sorted` over something that may be long."""
        if not isinstance(value, ast.Call) or len(value.args) != 1 or isinstance(value.args[0], ast.Starred):
            return None
        if self.facts.names.qualified(value.func) != "builtins.sorted":
            return None
        return value if self.is_long(value.args[0]) else None

    def is_long(self, iterable: ast.expr) -> bool:
        most = self.facts.sizes.most(iterable)
        return most is None or most > LONG

    def extreme(self, subscript: ast.Subscript) -> Better | None:
        """What gives the first or last few elements of a sorted list without it; None where nothing does."""
        call = self.sorting(subscript.value) if isinstance(subscript.ctx, ast.Load) else None
        options = {keyword.arg: keyword.value for keyword in call.keywords} if call else {}
        reverse = options.get("reverse", ast.Constant(value=False))
        if call is None or None in options or not isinstance(reverse, ast.Constant):
            return None
        key = ", key=…" if "key" in options else ""
        if isinstance(subscript.slice, ast.Slice):
            return self.few(subscript.slice, call, bool(reverse.value), key)
        place = self.facts.sizes.number(subscript.slice)
        if place not in (0, -1) or isinstance(subscript.slice, ast.Name):
            return None
        called = "min" if (place == 0) != bool(reverse.value) else "max"
        return Better(call, called, (), f"{called}(…{key})")

    def few(self, cut: ast.Slice, call: ast.Call, is_reversed: bool, key: str) -> Better | None:
        """What gives `[:n]` of a sorted list."""
        count = self.facts.sizes.number(cut.upper) if cut.upper and not cut.lower and not cut.step else None
        if cut.upper is None or count is None or not 0 < count <= FEW:
            return None
        called = f"heapq.{'nlargest' if is_reversed else 'nsmallest'}"
        return Better(call, called, (self.text(cut.upper),), f"{called}({count}, …{key})")

    def searched(self, comparison: ast.Compare) -> ast.Call | None:
        """The list that is made of a dictionary or set only to look for something in it."""
        call = comparison.comparators[-1]
        if not isinstance(comparison.ops[-1], (ast.In, ast.NotIn)) or not isinstance(call, ast.Call) or call.keywords:
            return None
        if len(call.args) != 1 or self.facts.names.qualified(call.func) != "builtins.list":
            return None
        given = call.args[0]
        is_view = isinstance(given, ast.Call) and isinstance(given.func, ast.Attribute) and given.func.attr == "keys"
        return call if is_view or self.facts.kind(given) in HASHED else None

    def listed(self, loop: ast.For | ast.comprehension) -> ast.Call | None:
        """The list of a range that a loop runs over."""
        call = loop.iter
        if not isinstance(call, ast.Call) or len(call.args) != 1 or not isinstance(call.args[0], ast.Call):
            return None
        names = [self.facts.names.qualified(each.func) for each in (call, call.args[0])]
        return call if names == ["builtins.list", "builtins.range"] and self.is_long(call.args[0]) else None
