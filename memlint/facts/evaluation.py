"""The order in which expressions and patterns run, as blocks of reads, bindings and places that can raise."""

from __future__ import annotations

import ast
from ast import Attribute, Call, Compare, Constant, Name
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, TypeAlias

from memlint.facts.branches import walk

Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Unbound(ast.AST):
    """Stands for the lack of a binding."""


UNBOUND = Unbound()


class Binding(NamedTuple):
    """A name and the node that binds it; `*` stands for any name, and `UNBOUND` takes the name away."""

    name: str
    node: ast.AST


class Nested(NamedTuple):
    """Code that is made here and may run later; `hidden` are the names that comprehensions around it bind."""

    node: ast.AST
    hidden: frozenset[str]


Event: TypeAlias = Name | Binding | Nested | None
"""A read, a binding, nested code, or None for a place that can raise. A read can raise too."""


class Block:
    """A run of events without a branch, which an exception leaves for `handler`.

    Where `test` is set, the two `successors` are for its outcomes true and false. Blocks name each other by
    index, so that a graph with loops is no cycle of references.
    """

    __slots__ = ("events", "handler", "index", "successors", "test")

    handler: int

    def __init__(self, index: int) -> None:
        self.index = index
        self.events: list[Event] = []
        self.successors: list[int] = []
        self.test: ast.expr | None = None


class Evaluation:
    """Blocks under construction, in about the order of the source; events are added to the current one."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.bindings: list[Binding] = []
        self.nested: list[Nested] = []
        self.count = 0
        """How many blocks there are, with those that are not entered yet; blocks have an index from 0 on."""
        self._hidden: frozenset[str] = frozenset()
        entry = self.new()
        self.raised = self.handler = self.new()
        self.enter(entry)

    def new(self) -> Block:
        self.count += 1
        return Block(self.count - 1)

    def enter(self, block: Block) -> None:
        block.handler = self.handler.index
        self.blocks.append(block)
        self.block = block

    def link(self, *blocks: Block) -> None:
        self.block.successors += [block.index for block in blocks]

    def proceed(self) -> None:
        """Goes on in a new block."""
        block = self.new()
        self.link(block)
        self.enter(block)

    def risk(self) -> None:
        """The code can raise here. No event is needed right after a read, which is one of the same state."""
        events = self.block.events
        if not events or (events[-1] is not None and type(events[-1]) is not Name):
            events.append(None)

    def bind(self, name: str, node: ast.AST) -> None:
        binding = Binding(name, node)
        self.bindings.append(binding)
        self.block.events.append(binding)

    def nest(self, node: ast.AST) -> None:
        nested = Nested(node, self._hidden)
        self.nested.append(nested)
        self.block.events.append(nested)

    def assign(self, target: ast.expr) -> None:
        if isinstance(target, Name):
            if target.id not in self._hidden:
                self.bind(target.id, target)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self.risk()
            for element in target.elts:
                self.assign(element)
        elif isinstance(target, ast.Starred):
            self.assign(target.value)
        else:
            self.evaluate(target)
            self.risk()

    def evaluate(self, expression: ast.expr) -> None:
        """Works from a list where nothing branches: sums and call chains can be too deep for recursion."""
        pending: list[Any] = [expression]
        events = self.block.events
        hidden = self._hidden
        while pending:
            node = pending.pop()
            kind = type(node)
            if kind is Name:
                if node.id not in hidden:
                    events.append(node)
            elif kind is Attribute:
                pending.append(node.value)
            elif kind is Constant:
                continue
            elif kind is Call:
                if node.keywords:
                    pending += [keyword.value for keyword in reversed(node.keywords)]
                if node.args:
                    pending += reversed(node.args)
                pending.append(node.func)
            elif kind in BRANCHING and (kind is not Compare or len(node.ops) > 1):
                BRANCHING[kind](self, node)
                events = self.block.events
            else:
                for field in PARTS[kind]:
                    part = getattr(node, field)
                    if type(part) is list:
                        pending += reversed(part)
                    elif part is not None:
                        pending.append(part)

    def evaluate_all(self, expressions: Iterable[ast.expr | None]) -> None:
        for expression in expressions:
            if expression is not None:
                self.evaluate(expression)

    def branch(self, test: ast.expr, yes: Block, no: Block) -> None:
        """Evaluates a test and goes to one of two blocks, which the caller then enters."""
        if isinstance(test, Constant):
            self.link(yes if test.value else no)
        elif isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
            self.branch(test.operand, no, yes)
        elif isinstance(test, ast.BoolOp):
            for value in test.values[:-1]:
                following = self.new()
                self._short_circuit(test.op, value, following, no if isinstance(test.op, ast.And) else yes)
            self.branch(test.values[-1], yes, no)
        elif isinstance(test, ast.IfExp):
            body, orelse = self.new(), self.new()
            self.branch(test.test, body, orelse)
            self.enter(body)
            self.branch(test.body, yes, no)
            self.enter(orelse)
            self.branch(test.orelse, yes, no)
        else:
            if isinstance(test, Compare):
                self._compare(test, no)
            else:
                self.evaluate(test)
            self.risk()
            self.link(yes, no)
            if not self._hidden or not any(type(part) is Name and part.id in self._hidden for part in walk(test)):
                self.block.test = test

    def _short_circuit(self, operator: ast.boolop, value: ast.expr, following: Block, decided: Block) -> None:
        if isinstance(operator, ast.And):
            self.branch(value, following, decided)
        else:
            self.branch(value, decided, following)
        self.enter(following)

    def _compare(self, node: Compare, failed: Block) -> None:
        self.evaluate(node.left)
        self.evaluate(node.comparators[0])
        for comparator in node.comparators[1:]:
            following = self.new()
            self.risk()
            self.link(following, failed)
            self.enter(following)
            self.evaluate(comparator)

    def visit_Compare(self, node: Compare) -> None:
        after = self.new()
        self._compare(node, after)
        self.link(after)
        self.enter(after)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        after = self.new()
        for value in node.values[:-1]:
            self._short_circuit(node.op, value, self.new(), after)
        self.evaluate(node.values[-1])
        self.link(after)
        self.enter(after)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        body, orelse, after = self.new(), self.new(), self.new()
        self.branch(node.test, body, orelse)
        self.enter(body)
        self.evaluate(node.body)
        self.link(after)
        self.enter(orelse)
        self.evaluate(node.orelse)
        self.link(after)
        self.enter(after)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.evaluate(node.value)
        self.bind(node.target.id, node.target)
        self.risk()

    def visit_Dict(self, node: ast.Dict) -> None:
        for key, value in zip(node.keys, node.values, strict=True):
            self.evaluate_all((key, value))

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.make_function(node)

    def make_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        self.evaluate_all(defaults(node.args))
        self.nest(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self.evaluate(node.generators[0].iter)
        self.risk()
        self.nest(node)

    def visit_ListComp(self, node: Comprehension) -> None:
        self.evaluate(node.generators[0].iter)
        outside = self._hidden
        self._hidden |= comprehension_targets(node)
        exhausted = after = self.new()
        for generator in node.generators:
            exhausted = self._take_turns(generator, exhausted, generator is node.generators[0])
        self.evaluate_all((node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,))
        self.link(exhausted)
        self._hidden = outside
        self.enter(after)

    visit_SetComp = visit_ListComp
    visit_DictComp = visit_ListComp

    def _take_turns(self, generator: ast.comprehension, exhausted: Block, is_first: bool) -> Block:
        """Enters one turn of a `for`; the result is the block that asks for the next turn."""
        if not is_first:
            self.evaluate(generator.iter)
        self.risk()
        head, turn = self.new(), self.new()
        self.link(head)
        self.enter(head)
        self.risk()
        self.link(turn, exhausted)
        self.enter(turn)
        self.assign(generator.target)
        for condition in generator.ifs:
            accepted = self.new()
            self.branch(condition, accepted, head)
            self.enter(accepted)
        return head

    def compare(self, pattern: ast.pattern) -> None:
        """Reads what a pattern compares with; it may fail before any of it."""
        self.risk()
        for part in walk(pattern):
            for operand in ast.iter_child_nodes(part) if isinstance(part, ast.pattern) else ():
                if isinstance(operand, ast.expr) and not isinstance(operand, Constant):
                    asked, following = self.new(), self.new()
                    self.link(asked, following)
                    self.enter(asked)
                    self.evaluate(operand)
                    self.link(following)
                    self.enter(following)

    def capture(self, pattern: ast.pattern) -> None:
        """Binds the names of a pattern, which happens once all of it has matched."""
        if isinstance(pattern, ast.MatchOr):
            after = self.new()
            alternatives = [self.new() for _ in pattern.patterns]
            self.link(*alternatives)
            for alternative, entry in zip(pattern.patterns, alternatives, strict=True):
                self.enter(entry)
                self.capture(alternative)
                self.link(after)
            self.enter(after)
            return
        for part in ast.iter_child_nodes(pattern):
            if isinstance(part, ast.pattern):
                self.capture(part)
        name = pattern.rest if isinstance(pattern, ast.MatchMapping) else getattr(pattern, "name", None)
        if name is not None:
            self.bind(name, pattern)


def visitors(owner: type) -> dict[type[ast.AST], Callable[[Any, Any], None]]:
    """The `visit_*` methods of a class by the type of node that they are for, if this Python has the type."""
    kinds = {name: getattr(ast, name.removeprefix("visit_"), None) for name in vars(owner) if "visit_" in name}
    return {kind: vars(owner)[name] for name, kind in kinds.items() if kind is not None}


BRANCHING = visitors(Evaluation)


PARTS = {
    kind: tuple(field for field in reversed(kind._fields) if field not in {"conversion", "ctx", "op", "ops", "str"})
    for kind in ast.expr.__subclasses__()
}
"""The fields of expressions that hold expressions, last evaluated first."""


def parameters(arguments: ast.arguments) -> list[ast.arg]:
    extra = [parameter for parameter in (arguments.vararg, arguments.kwarg) if parameter is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *extra]


def defaults(arguments: ast.arguments) -> list[ast.expr]:
    return [*arguments.defaults, *(default for default in arguments.kw_defaults if default is not None)]


def comprehension_targets(node: Comprehension) -> frozenset[str]:
    """The names that a comprehension binds for itself."""
    return frozenset(
        part.id
        for generator in node.generators
        for part in walk(generator.target)
        if isinstance(part, Name) and isinstance(part.ctx, ast.Store)
    )


def is_harmless(value: ast.expr) -> bool:
    """Whether evaluating it can neither raise nor read: constants, displays of constants, bare lambdas."""
    if isinstance(value, ast.UnaryOp):
        operand = value.operand.value if isinstance(value.operand, Constant) else None
        return isinstance(value.op, ast.USub) and isinstance(operand, (int, float, complex))
    if isinstance(value, (ast.List, ast.Tuple)):
        return all(map(is_harmless, value.elts))
    if isinstance(value, ast.Set):
        return all(isinstance(element, Constant) for element in value.elts)
    if isinstance(value, ast.Dict):
        return all(isinstance(key, Constant) for key in value.keys) and all(map(is_harmless, value.values))
    if isinstance(value, ast.Lambda):
        return not defaults(value.args)
    return isinstance(value, Constant)


def is_irrefutable(pattern: ast.pattern) -> bool:
    """Whether a pattern matches anything."""
    if isinstance(pattern, ast.MatchOr):
        return is_irrefutable(pattern.patterns[-1])
    return isinstance(pattern, ast.MatchAs) and (pattern.pattern is None or is_irrefutable(pattern.pattern))
