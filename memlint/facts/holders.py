"""Whether anything still holds a large value when the statement that uses it is done, beside the name that it has."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.names import Binding
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

DEEPEST = 3
"""Functions that are looked into, one called by another."""

COMPREHENSIONS = (ast.DictComp, ast.ListComp, ast.SetComp)
FRESH_ARITHMETIC = frozenset({"array", "bytes", "frame", "list", "rows"})
SLICED_FRESH = frozenset({"bytes", "list", "rows"})
"""Kinds of which a slice is a copy."""

COPIES = frozenset(f"builtins.{name}" for name in "dict frozenset list set sorted tuple".split())
"""Functions whose result holds the elements that it is given."""

OF_OBJECTS = frozenset({"checkpoint", "document", "model", "rows"})
"""Kinds whose elements are what takes the memory."""

ELEMENT = "element"
VIEW = "view"


class Holders:
    """Follows a value up the expression that it is used in, to where it goes."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names
        self.parents = facts.tree.parents

    def lets_go(self, use: ast.expr, kind: str, depth: int = 0) -> bool:
        """Whether nothing that outlives the statement around a use holds the value, as far as the source shows it."""
        parent = self.parents[use]
        rules: list[tuple[type | tuple[type, ...], Callable[[ast.expr, str, int], bool]]] = [
            (ast.Attribute, self.of_attribute),
            (ast.Subscript, self.of_subscript),
            (ast.Call, self.of_argument),
            (ast.keyword, self.of_argument),
            ((ast.For, ast.AsyncFor), self.of_loop),
            (ast.comprehension, self.of_comprehension),
            ((ast.BoolOp, ast.IfExp), self.of_choice),
            ((ast.List, ast.Tuple, ast.Starred, ast.GeneratorExp, ast.Slice), self.of_display),
        ]
        for node, answer in rules:
            if isinstance(parent, node):
                return answer(use, kind, depth)
        if isinstance(parent, ast.BinOp):
            return kind in FRESH_ARITHMETIC or kind == ELEMENT or isinstance(parent.op, ast.Mod)
        if isinstance(parent, ast.AugAssign):
            return use is parent.value and (kind in FRESH_ARITHMETIC or kind == ELEMENT)
        if isinstance(parent, (ast.Assign, ast.AnnAssign)):
            return kind == ELEMENT and use is not parent.value
        return isinstance(parent, DONE) or (isinstance(parent, ast.Return) and depth == 0)

    def of_attribute(self, use: ast.expr, kind: str, depth: int) -> bool:
        """`x.shape`, `x.sum()`, and `x.T.sum()`, where the sum is of a view."""
        attribute = self.parents[use]
        assert isinstance(attribute, ast.Attribute)
        call = self.parents[attribute]
        is_called = isinstance(call, ast.Call) and call.func is attribute
        if not isinstance(attribute.ctx, ast.Load):
            return True
        if attribute.attr in known("producers", "attributes", "views"):
            return self.lets_go(call if is_called and isinstance(call, ast.Call) else attribute, self.seen(kind), depth)
        if not is_called:
            return attribute.attr in known("producers", "attributes", "plain")
        if kind in (ELEMENT, VIEW):
            return any(attribute.attr in known("producers", "fresh", each) for each in ("bytes", "frame", "array"))
        return attribute.attr in known("producers", "fresh", kind)

    def seen(self, kind: str) -> str:
        """The kind of a view of a value."""
        return kind if kind in ("array", "frame") else VIEW

    def of_subscript(self, use: ast.expr, kind: str, depth: int) -> bool:
        subscript = self.parents[use]
        assert isinstance(subscript, ast.Subscript)
        if use is not subscript.value:
            return True
        if not isinstance(subscript.ctx, ast.Load):
            return True
        if isinstance(subscript.slice, ast.Slice) and kind in SLICED_FRESH:
            return True
        if kind == "bytes":
            return True
        return self.lets_go(subscript, kind if kind in ("array", "frame") else ELEMENT, depth)

    def of_argument(self, use: ast.expr, kind: str, depth: int) -> bool:
        """An argument of a call: let go by known functions, and by those of this file that keep nothing."""
        parent = self.parents[use]
        call = self.parents[parent] if isinstance(parent, ast.keyword) else parent
        if not isinstance(call, ast.Call) or use is call.func:
            return False
        called = self.names.qualified(call.func) or ""
        if called in known("producers", "consumers", "functions"):
            return called not in COPIES or kind not in OF_OBJECTS
        if called in known("producers", "consumers", "elements"):
            return self.lets_go(call, ELEMENT, depth) or self.is_number(call, kind)
        if called in known("producers", "consumers", "views"):
            return self.lets_go(call, kind if called.startswith(("numpy.", "torch.")) else VIEW, depth)
        if isinstance(call.func, ast.Attribute) and call.func.attr in known("producers", "consumers", "methods"):
            return True
        if self.is_digest(call):
            return True
        function = self.facts.producers.function(call)
        if function is not None:
            return depth < DEEPEST and self.is_done(function, call, use, kind, depth + 1)
        return isinstance(call.func, ast.Name) and is_dropped(call, self.parents) and is_deed(call.func.id)

    def is_digest(self, call: ast.Call) -> bool:
        """Whether a call feeds a hash, which keeps none of what it gets."""
        receiver = call.func.value if isinstance(call.func, ast.Attribute) and call.func.attr == "update" else None
        binding = self.names.binding(receiver) if isinstance(receiver, ast.Name) else None
        made = binding.sole.value if binding and binding.sole else None
        return isinstance(made, ast.Call) and (self.names.qualified(made.func) or "").startswith(("hashlib.", "hmac."))

    def is_number(self, call: ast.Call, kind: str) -> bool:
        """Whether the greatest of the elements is no more than a number."""
        return kind in ("array", "bytes", "list") and isinstance(self.parents[call], (ast.Assign, ast.AnnAssign))

    def is_done(
        self, function: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call, use: ast.expr, kind: str, depth: int
    ) -> bool:
        """Whether a function of this file lets go of an argument: everything that it does with the parameter does."""
        parameter = self.parameter(function, call, use)
        binding = self.names.binding_of(parameter) if parameter else None
        if binding is None or not binding.sole or any(isinstance(node, LASTING) for node in walk(function)):
            return False
        is_own = all(self.names.scope_of(each).owner is binding.scope for each in binding.uses)
        return is_own and all(self.is_done_with(each, kind, depth, call) for each in binding.uses)

    def is_done_with(self, use: ast.Name, kind: str, depth: int, call: ast.Call) -> bool:
        """Whether one use in the called function lets go; what it returns must be dropped by the caller."""
        if isinstance(self.parents[use], ast.Return):
            return is_dropped(call, self.parents)
        return self.lets_go(use, kind, depth)

    def parameter(
        self, function: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call, use: ast.expr
    ) -> ast.arg | None:
        """The parameter that gets an argument."""
        if any(isinstance(each, ast.Starred) for each in call.args):
            return None
        named = self.parents[use]
        if isinstance(named, ast.keyword):
            every = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
            return next((each for each in every if each.arg == named.arg), None)
        positional = [*function.args.posonlyargs, *function.args.args]
        place = call.args.index(use) + isinstance(call.func, ast.Attribute)
        return positional[place] if place < len(positional) else None

    def of_loop(self, use: ast.expr, kind: str, depth: int) -> bool:
        """`for row in x`: the elements must not be kept as they are."""
        loop = self.parents[use]
        assert isinstance(loop, (ast.For, ast.AsyncFor))
        return use is loop.iter and self.spares(loop.target, kind, depth)

    def of_comprehension(self, use: ast.expr, kind: str, depth: int) -> bool:
        clause = self.parents[use]
        assert isinstance(clause, ast.comprehension)
        made = self.parents[clause]
        if use is not clause.iter:
            return True
        if isinstance(made, ast.GeneratorExp) and not self.lets_go(made, VIEW, depth):
            return False
        return self.spares(clause.target, kind, depth)

    def spares(self, target: ast.expr, kind: str, depth: int) -> bool:
        """Whether what a loop names of each element is not kept; of bytes and flat lists every element is small."""
        if kind in ("bytes", "list"):
            return True
        for name in walk(target):
            binding = self.names.binding(name) if isinstance(name, ast.Name) else None
            if binding is not None and not all(self.lets_go_of_element(each, binding, depth) for each in binding.uses):
                return False
        return True

    def lets_go_of_element(self, use: ast.Name, binding: Binding, depth: int) -> bool:
        if self.names.scope_of(use).owner is not binding.scope.owner:
            return False
        parent = self.parents[use]
        if isinstance(parent, ast.Subscript) and use is parent.value and isinstance(parent.ctx, ast.Load):
            return True
        is_made = isinstance(parent, (*COMPREHENSIONS, ast.GeneratorExp))
        return not is_made and self.lets_go(use, ELEMENT, depth)

    def of_choice(self, use: ast.expr, kind: str, depth: int) -> bool:
        """`x and …` gives `x` on; in a test it does not."""
        parent = self.parents[use]
        if isinstance(parent, ast.IfExp) and use is parent.test:
            return True
        return self.lets_go(parent, kind, depth) if isinstance(parent, ast.expr) else False

    def of_display(self, use: ast.expr, kind: str, depth: int) -> bool:
        """`np.concatenate([x, y])`: what takes the list decides."""
        parent = self.parents[use]
        if isinstance(parent, ast.GeneratorExp):
            return False
        return isinstance(parent, ast.expr) and self.lets_go(parent, VIEW if kind == ELEMENT else kind, depth)


DONE = (
    ast.Assert, ast.Compare, ast.Expr, ast.FormattedValue, ast.If, ast.Raise, ast.UnaryOp, ast.While,
)  # fmt: skip
"""What has looked at a value and does not hold it when it is done."""

LASTING = (ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal)


def is_dropped(call: ast.expr, parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether nothing is done with the result of a call."""
    parent = parents[call]
    return isinstance(parents[parent] if isinstance(parent, ast.Await) else parent, ast.Expr)


def is_deed(name: str) -> bool:
    """Whether a function is named for what it does: `process`, `save_all`."""
    return name.strip("_").partition("_")[0] in known("producers", "consumers", "deeds")
