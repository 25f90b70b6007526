"""Hot loops: which loops turn so often, over so little work, that the cost of a single lookup can be felt."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from memlint.facts.branches import walk
from memlint.facts.names import Definition, DefinitionKind, ScopeKind
from memlint.facts.shapes import is_none
from memlint.knowledge import names as known
from memlint.knowledge import table

if TYPE_CHECKING:
    from memlint.facts import Facts

Loop: TypeAlias = ast.For | ast.While

LONG = 10_000
"""Turns from which on a loop is long."""

FEW = 10
"""Turns of an inner loop under which it is but a detail of the outer one."""

AROUND = 4
"""Statements of an outer loop besides the inner one, itself included, beside which that one still counts."""

INDEXED = 2
"""Items that a turn may look up before a name beside them is a trifle."""

SMALL = 8
"""Statements of a small body."""

LIGHT = (ast.AnnAssign, ast.Assign, ast.AugAssign, ast.Break, ast.Continue, ast.Expr, ast.If, ast.Pass)
LOOPS = (ast.For, ast.While)
HEAVY = (
    ast.Await, ast.Dict, ast.DictComp, ast.GeneratorExp, ast.JoinedStr, ast.Lambda, ast.ListComp, ast.SetComp,
    ast.Yield, ast.YieldFrom,
)  # fmt: skip
PLAIN = frozenset({"bool", "bytes", "dict", "float", "int", "list", "set", "str", "tuple"})
"""Kinds of values on which an operation costs no more than a few lookups."""

COMPILERS = ("numba.", "torch.jit.", "triton.")
"""Decorators that compile a function from its source: a lookup costs nothing there, and generators are unknown."""


class Loops:
    """Questions about the `for` and `while` statements of functions."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names
        self.tree = facts.tree

    def nest(self, loop: Loop) -> list[Loop]:
        """The loop and those around it that repeat it, in one function, the outermost first."""
        nest: list[Loop] = [loop]
        inner: ast.AST = loop
        for outer in self.tree.ancestors(loop):
            if not isinstance(outer, ast.stmt | ast.excepthandler | ast.match_case):
                break
            if isinstance(outer, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                break
            if leaves(outer, inner):
                break
            if isinstance(outer, (ast.For, ast.While)) and inner in outer.body:
                nest.insert(0, outer)
            inner = outer
        return nest

    def is_hot(self, loop: Loop) -> bool:
        """Whether a loop of a function is small and innermost, and either long for certain or in another small one.

        Loops of few turns do not count; nor do those that other work surrounds, of which they may be a trifle.
        """
        if self.names.scope_of(loop).kind is not ScopeKind.FUNCTION or not self.is_small(loop):
            return False
        items = [node for node in walk(loop) if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load)]
        if len(items) > INDEXED:
            return False
        nest = self.nest(loop)
        turns = [self.turns(each) for each in nest]
        if turns[-1] is not None and turns[-1] < FEW:
            return False
        if math.prod(map(self.certain_turns, nest)) >= LONG:
            return self.is_long(loop)
        many = [each for each in turns if each is None or each >= FEW]
        is_long = len(many) > 1 and None in many and is_counting(loop)
        is_wide = is_long and is_filled(nest[-2], loop) and self.is_small(nest[-2], is_outer=True)
        return is_wide and is_of_table(nest[-2], loop)

    def fills(self, loop: Loop) -> bool:
        """Whether a turn puts something into a container or array, beside which a lookup may be a trifle."""
        return any(isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) for node in walk(loop))

    def is_long(self, loop: Loop) -> bool:
        """Whether a loop has many turns for certain, with those around it that repeat it."""
        nest = self.nest(loop)
        counts = len(nest) > 1 or isinstance(loop, ast.While) or is_over_range(loop)
        return counts and math.prod(map(self.certain_turns, nest)) >= LONG

    def certain_turns(self, loop: Loop) -> int:
        """How often a loop turns, left early or not, if it counts up to a number; else once."""
        if isinstance(loop, ast.While):
            return self.turns(loop) or 1
        call = loop.iter
        if not isinstance(call, ast.Call) or any(self.facts.sizes.number(bound) is None for bound in call.args):
            return 1
        return (self.turns(loop) or 1) if self.names.qualified(call.func) == "builtins.range" else 1

    def turns(self, loop: Loop) -> int | None:
        """How often a loop turns at most: by the size of what it runs over, or by the number that it counts up to."""
        if isinstance(loop, ast.For):
            return self.facts.sizes.most(loop.iter)
        test = loop.test
        if not isinstance(test, ast.Compare) or not isinstance(test.left, ast.Name):
            return None
        if not isinstance(test.ops[0], (ast.Lt, ast.LtE, ast.NotEq)) or len(test.ops) > 1:
            return None
        counter, number = test.left.id, self.facts.sizes.number
        steps = (each for each in loop.body if isinstance(each, ast.AugAssign) and isinstance(each.op, ast.Add))
        is_counted = any(getattr(step.target, "id", None) == counter and number(step.value) == 1 for step in steps)
        return number(test.comparators[0]) if is_counted else None

    def is_small(self, loop: Loop, *, is_outer: bool = False) -> bool:
        """Whether a turn is a few statements of arithmetic, indexing and light calls; also loops if `is_outer`."""
        count, works = 0, False
        for part in (loop.test, *loop.body) if isinstance(loop, ast.While) else loop.body:
            for node in walk(part):
                count += isinstance(node, ast.stmt)
                works = works or is_arithmetic(node)
                if isinstance(node, ast.stmt) and not isinstance(node, (*LIGHT, *LOOPS) if is_outer else LIGHT):
                    return False
                if isinstance(node, HEAVY) or is_making(node) or self.is_of_arrays(node):
                    return False
                if isinstance(node, ast.Call) and not (self.is_light(node) or (is_outer and self.is_source(node))):
                    return False
        return (works or is_outer) and count <= (SMALL * 3 if is_outer else SMALL)

    def is_source(self, call: ast.Call) -> bool:
        """Whether a call makes something to run over, at no cost worth a word for each turn."""
        qualified = self.names.qualified(call.func)
        if qualified is None:
            return isinstance(call.func, ast.Attribute) and call.func.attr in ("items", "keys", "values")
        return qualified.startswith("itertools.") or qualified in known("lookups", "light", "sources")

    def is_of_arrays(self, node: ast.AST) -> bool:
        """Whether an expression is about whole arrays: `x[:, i]`, `x[i, None]`, `numpy.newaxis`."""
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Tuple):
            return any(isinstance(each, ast.Slice) or is_none(each) for each in node.slice.elts)
        qualified = self.names.qualified(node) if isinstance(node, ast.Attribute) else None
        return (qualified or "").partition(".")[0] in known("lookups", "light", "of_arrays")

    def is_light(self, call: ast.Call) -> bool:
        """Whether a call costs no more than a few lookups; what has a length is dear to compute."""
        function = call.func
        binding = self.names.binding(function) if isinstance(function, ast.Name) else None
        if binding and binding.sole and binding.sole.value and binding.scope.kind is ScopeKind.FUNCTION:
            function = binding.sole.value
        qualified = self.names.qualified(function)
        if qualified is None:
            return isinstance(function, ast.Attribute) and function.attr in known("lookups", "light", "methods")
        if qualified == "builtins.len" and isinstance(call.args[0] if call.args else None, ast.BinOp):
            return False
        in_light_module = qualified.startswith(tuple(known("lookups", "light", "modules")))
        return in_light_module or qualified in known("lookups", "light", "functions")

    def is_compiled(self, node: ast.AST) -> bool:
        """Whether a decorator compiles the function that a loop or a comprehension stands in."""
        decorators: list[ast.expr] = getattr(self.tree.function(node), "decorator_list", [])
        bare = (each.func if isinstance(each, ast.Call) else each for each in decorators)
        return any((self.names.qualified(each) or "").startswith(COMPILERS) for each in bare)

    def every_turn(self, loop: Loop) -> Iterator[ast.expr]:
        """The expressions that each turn of a loop evaluates for certain, in source order; branches are left out."""
        waiting: list[ast.AST] = [*reversed(loop.body)]
        if isinstance(loop, ast.While):
            waiting.append(loop.test)
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.expr):
                yield node
            waiting += reversed(certain_parts(node))

    def lookup(self, read: ast.expr) -> str | None:
        """How a read finds its value: `builtin`, `global`, `module` for a module's attribute; None for anything else.

        Globals are constants, tables and imported functions; not what functions rebind, nor objects of unknown classes.
        """
        if not isinstance(getattr(read, "ctx", None), ast.Load):
            return None
        if isinstance(read, ast.Attribute):
            binding = self.names.binding(read.value) if isinstance(read.value, ast.Name) else None
            imports = [made.statement for made in binding.definitions] if binding else []
            is_module = bool(imports) and all(isinstance(each, ast.Import) for each in imports)
            return "module" if is_module and binding and binding.scope is self.names.module else None
        if not isinstance(read, ast.Name):
            return None
        binding = self.names.binding(read)
        is_called = getattr(self.tree.parents[read], "func", None) is read
        if binding is None:
            return "builtin" if is_called and self.names.qualified(read) else None
        if binding.scope is not self.names.module or isinstance(self.tree.parents[read], ast.Attribute):
            return None
        is_constant = read.id.isupper() or is_called or self.facts.kinds.of_binding(binding) in PLAIN
        return "global" if is_constant and all(map(self.is_of_module, binding.definitions)) else None

    def chain(self, read: ast.expr) -> list[str]:
        """The attributes, outermost last, that a read looks up one after the other from a variable: of `a.b.c.d` all
        three, of the method call `a.b.c.d.get()` as well. Empty for a part of a longer chain, and for modules."""
        parents = self.tree.parents
        parent = parents[read]
        if not isinstance(getattr(read, "ctx", None), ast.Load) or getattr(parent, "func", None) is read:
            return []
        if isinstance(parent, ast.Attribute) and getattr(parents[parent], "func", None) is not parent:
            return []
        attributes: list[str] = []
        while isinstance(read, ast.Attribute):
            attributes.insert(0, read.attr)
            read = read.value
        binding = self.names.binding(read) if isinstance(read, ast.Name) else None
        if binding is None or any(made.kind is DefinitionKind.IMPORT for made in binding.definitions):
            return []
        return attributes

    def is_unchanging(self, read: ast.expr, loop: Loop) -> bool:
        """Whether nothing in a loop binds the variable or an attribute of a chain, or calls a method of an object on
        its way."""
        parts = [each for each in walk(read) if isinstance(each, (ast.Attribute, ast.Name))]
        attributes = {each.attr for each in parts if isinstance(each, ast.Attribute)}
        on_the_way = {ast.unparse(each) for each in parts if each is not read}
        root = next(each.id for each in parts if isinstance(each, ast.Name))
        for node in walk(loop):
            is_bound = not isinstance(getattr(node, "ctx", ast.Load()), ast.Load)
            if is_bound and (getattr(node, "id", None) == root or getattr(node, "attr", None) in attributes):
                return False
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and ast.unparse(called.value) in on_the_way:
                return False
        return True

    def is_of_module(self, made: Definition) -> bool:
        """Whether a definition is an assignment or import in the module's own code."""
        is_plain = made.kind in (DefinitionKind.ASSIGNMENT, DefinitionKind.IMPORT)
        return is_plain and self.names.scope_of(made.statement) is self.names.module

    def saving(self, kind: str) -> tuple[str, str]:
        """The measured version of Python nearest to the target, and the nanoseconds that a local name saves there."""
        measured = table("lookups")["nanoseconds"]
        versions = [tuple(map(int, version.split("."))) for version in measured["versions"]]
        nearest = max((each for each in versions if each <= self.facts.project.target), default=versions[0])
        return ".".join(map(str, nearest)), measured[kind][versions.index(nearest)]


def leaves(outer: ast.AST, inner: ast.AST) -> bool:
    """Whether the block of a statement that holds another ends by leaving the loop or function around it."""
    blocks = (getattr(outer, field, None) for field in ("body", "orelse", "finalbody"))
    holding = next((block for block in blocks if isinstance(block, list) and inner in block), [inner])
    return isinstance(holding[-1], (ast.Break, ast.Raise, ast.Return))


def is_counting(loop: Loop) -> bool:
    """Whether a loop is a `for`, or a `while` that moves what it tests: `while i < n: …; i += 1`."""
    if isinstance(loop, ast.For):
        return True
    tested = {node.id for node in walk(loop.test) if isinstance(node, ast.Name)}
    steps = (each.target for each in loop.body if isinstance(each, ast.AugAssign))
    return any(getattr(target, "id", None) in tested for target in steps)


def is_filled(outer: Loop, inner: Loop) -> bool:
    """Whether a `for` loop does little besides running another one, each time round."""
    if isinstance(outer, ast.While) or inner not in outer.body:
        return False
    around, within = (sum(isinstance(node, ast.stmt) for node in walk(loop)) for loop in (outer, inner))
    return around - within <= AROUND


def is_of_table(outer: Loop, inner: Loop) -> bool:
    """Whether two loops go through all pairs of some items, or all items of a table: what grows with the data."""
    if not isinstance(outer, ast.For) or not isinstance(inner, ast.For):
        return False
    rows = {node.id for node in walk(outer.target) if isinstance(node, ast.Name)}
    is_row = isinstance(inner.iter, ast.Name) and inner.iter.id in rows
    return is_row or ast.dump(inner.iter) == ast.dump(outer.iter)


def is_over_range(loop: ast.For) -> bool:
    """Whether a loop runs over numbers that it makes as it goes."""
    return any(isinstance(node, ast.Name) and node.id == "range" for node in walk(loop.iter))


def is_arithmetic(node: ast.AST) -> bool:
    """Whether a node works something out; to count, as in `n += 1`, is no work."""
    return isinstance(node, ast.BinOp) or (isinstance(node, ast.AugAssign) and not isinstance(node.value, ast.Constant))


def is_making(node: ast.AST) -> bool:
    """Whether an operation makes a text by a format, or a list: `"%d" % x`, `[0] * n`."""
    if not isinstance(node, ast.BinOp):
        return False
    is_format = isinstance(node.op, ast.Mod) and isinstance(getattr(node.left, "value", None), (bytes, str))
    return is_format or isinstance(node.left, ast.List) or isinstance(node.right, ast.List)


def certain_parts(node: ast.AST) -> list[ast.AST]:
    """The parts of a statement or expression that are evaluated whenever it is."""
    if isinstance(node, (ast.If, ast.IfExp)):
        return [node.test]
    if isinstance(node, ast.BoolOp):
        return [node.values[0]]
    if isinstance(node, ast.Compare):
        return [node.left, node.comparators[0]]
    if isinstance(node, ast.AnnAssign):
        return [part for part in (node.target, node.value) if part is not None]
    return list(ast.iter_child_nodes(node))
