"""The order in which the statements of one body run, as blocks of reads, bindings and places that can raise.

A `finally` is built once for each way of leaving its `try`, as CPython compiles it, so its statements can
stand in several blocks. From the third `finally` inside another on, one copy serves all ways.
"""

from __future__ import annotations

import ast
from ast import Constant, Name
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from memlint.facts.evaluation import (
    UNBOUND,
    Block,
    Evaluation,
    is_harmless,
    is_irrefutable,
    parameters,
    visitors,
)

Body: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.Module | ast.ClassDef
Leaving: TypeAlias = Literal["end", "raise", "return", "break", "continue"]

JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


class Loop(NamedTuple):
    """Where `continue` and `break` lead."""

    head: Block
    after: Block


class Region:
    """Statements after which a cleanup runs, however they are left: a copy for each way, or one for all."""

    def __init__(self, new: Callable[[], Block], is_shared: bool) -> None:
        self._new = new
        self._is_shared = is_shared
        self.entries: dict[Leaving, Block] = {}

    def entry(self, leaving: Leaving) -> Block:
        if leaving not in self.entries:
            first = next(iter(self.entries.values()), None)
            self.entries[leaving] = first if self._is_shared and first else self._new()
        return self.entries[leaving]


class Graph(Evaluation):
    """The blocks of a body, the entry first."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self.is_function = isinstance(body, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        self.declared: set[str] = set()
        """Names that a `global` or `nonlocal` statement gives to another scope."""
        self.annotated: set[str] = set()
        """Names made local by an annotation without a value."""
        self.loops: dict[ast.For | ast.AsyncFor | ast.While, None] = {}
        self.deletions: list[Block] = []
        """Blocks of one `del name` each; whether it raises is left open."""
        self.starts: list[tuple[ast.stmt, Block]] = []
        self.ends: list[tuple[ast.stmt, Block, int]] = []
        """Where each statement is done: the block and the number of its events until then."""
        self.exit = self.new()
        self._frames: list[Loop | Region] = []
        self._cleanups = 0
        self._build(body)
        self.link(self.exit)
        self.enter(self.exit)
        self.enter(self.raised)

    def _build(self, body: Body) -> None:
        if isinstance(body, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            for parameter in parameters(body.args):
                self.bind(parameter.arg, parameter)
        if isinstance(body, ast.Lambda):
            self.risk()
            self.evaluate(body.body)
        else:
            self._run(body.body)

    def _leave(self, leaving: Leaving) -> None:
        self.link(self._destination(leaving))

    def _destination(self, leaving: Leaving) -> Block:
        if leaving == "raise":
            return self.handler
        for frame in reversed(self._frames):
            if isinstance(frame, Region):
                return frame.entry(leaving)
            if leaving != "return":
                return frame.after if leaving == "break" else frame.head
        return self.exit

    def _protect(self, run: Callable[[], None], cleanup: Callable[[], None], swallows: bool = False) -> None:
        """Runs code and then, on each way out of it, the cleanup; `swallows` lets an exception end there."""
        region = Region(self.new, is_shared=self._cleanups > 1)
        outer = self.handler
        self._frames.append(region)
        self.handler = region.entry("raise")
        self.proceed()
        run()
        self._frames.pop()
        self.handler = outer
        self.link(region.entry("end"))
        after = self.new()
        for entry in dict.fromkeys(region.entries.values()):
            self.enter(entry)
            cleanup()
            for leaving, candidate in region.entries.items():
                if candidate is entry:
                    self.link(after if leaving == "end" else self._destination(leaving))
                    if leaving == "raise" and swallows:
                        self.link(after)
        self.enter(after)

    def _run(self, statements: Iterable[ast.stmt]) -> None:
        for statement in statements:
            self.starts.append((statement, self.block))
            kind = type(statement)
            STATEMENTS[kind](self, statement)
            self.ends.append((statement, self.block, len(self.block.events)))
            if kind in JUMPS:
                self.enter(self.new())

    def visit_Pass(self, node: ast.Pass) -> None:
        pass

    def visit_Global(self, node: ast.Global | ast.Nonlocal) -> None:
        self.declared.update(node.names)

    visit_Nonlocal = visit_Global

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, Constant):
            self.risk()
            self.evaluate(node.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        self._evaluate_value(node.value)
        for target in node.targets:
            self.assign(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self._evaluate_value(node.value)
            self.assign(node.target)
        elif isinstance(node.target, Name):
            self.annotated.add(node.target.id)
        else:
            self.risk()
            self.evaluate(node.target)
        if not self.is_function:
            self.risk()
            self.nest(node.annotation)

    def _evaluate_value(self, value: ast.expr) -> None:
        if not is_harmless(value):
            self.risk()
        self.evaluate(value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.risk()
        if isinstance(node.target, Name):
            self.block.events.append(node.target)
            self.evaluate(node.value)
            self.bind(node.target.id, node.target)
        else:
            self.evaluate(node.target)
            self.evaluate(node.value)

    def visit_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._delete(target)

    def _delete(self, target: ast.expr) -> None:
        if isinstance(target, Name):
            self.proceed()
            self.bind(target.id, UNBOUND)
            self.deletions.append(self.block)
            self.proceed()
        elif isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                self._delete(element)
        else:
            self.risk()
            self.evaluate(target)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.risk()
            self.bind(alias.asname or alias.name.partition(".")[0], alias)

    visit_ImportFrom = visit_Import

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.risk()
        self.evaluate_all(node.decorator_list)
        self.make_function(node)
        self.bind(node.name, node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.risk()
        self.evaluate_all(node.decorator_list)
        self.evaluate_all(node.bases)
        self.evaluate_all(keyword.value for keyword in node.keywords)
        self.nest(node)
        self.bind(node.name, node)

    def visit_TypeAlias(self, node: Any) -> None:
        self.nest(node)
        self.bind(node.name.id, node.name)

    def visit_Return(self, node: ast.Return) -> None:
        if node.value is not None:
            self._evaluate_value(node.value)
        self._leave("return")

    def visit_Raise(self, node: ast.Raise) -> None:
        self.risk()
        self.evaluate_all((node.exc, node.cause))
        self._leave("raise")

    def visit_Break(self, node: ast.Break) -> None:
        self._leave("break")

    def visit_Continue(self, node: ast.Continue) -> None:
        self._leave("continue")

    def visit_Assert(self, node: ast.Assert) -> None:
        holds, fails = self.new(), self.new()
        self.branch(node.test, holds, fails)
        self.enter(fails)
        self.evaluate_all((node.msg,))
        self._leave("raise")
        self.enter(holds)

    def visit_If(self, node: ast.If) -> None:
        """Goes along the `elif`s in a loop, as there can be more of them than calls inside calls."""
        after = self.new()
        chain: list[ast.If] = []
        while True:
            then, otherwise = self.new(), self.new() if node.orelse else after
            self.branch(node.test, then, otherwise)
            self.enter(then)
            self._run(node.body)
            self.link(after)
            if not node.orelse:
                break
            self.enter(otherwise)
            if len(node.orelse) > 1 or not isinstance(node.orelse[0], ast.If):
                self._run(node.orelse)
                self.link(after)
                break
            node = node.orelse[0]
            chain.append(node)
            self.starts.append((node, otherwise))
        self.enter(after)
        self.ends.extend((follower, after, 0) for follower in chain)

    def visit_While(self, node: ast.While) -> None:
        head, turn, after = self.new(), self.new(), self.new()
        done = self.new() if node.orelse else after
        self.link(head)
        self.enter(head)
        self.branch(node.test, turn, done)
        self.enter(turn)
        self._loop(node, Loop(head, after), done)

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        head, turn, after = self.new(), self.new(), self.new()
        done = self.new() if node.orelse else after
        self.risk()
        self.evaluate(node.iter)
        self.link(head)
        self.enter(head)
        self.risk()
        self.link(turn, done)
        self.enter(turn)
        self.assign(node.target)
        self._loop(node, Loop(head, after), done)

    visit_AsyncFor = visit_For

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, loop: Loop, done: Block) -> None:
        self.loops[node] = None
        self._frames.append(loop)
        self._run(node.body)
        self._frames.pop()
        self.link(loop.head)
        if node.orelse:
            self.enter(done)
            self._run(node.orelse)
            self.link(loop.after)
        self.enter(loop.after)

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        self._manage(node.items, node.body)

    visit_AsyncWith = visit_With

    def _manage(self, items: Sequence[ast.withitem], body: list[ast.stmt]) -> None:
        def run() -> None:
            if items[0].optional_vars is not None:
                self.assign(items[0].optional_vars)
            if items[1:]:
                self._manage(items[1:], body)
            else:
                self._run(body)

        self.risk()
        self.evaluate(items[0].context_expr)
        self._protect(run, self.risk, swallows=True)

    def visit_Try(self, node: Any) -> None:
        is_star = type(node) is not ast.Try

        def finish() -> None:
            self._cleanups += 1
            self._run(node.finalbody)
            self._cleanups -= 1

        if node.finalbody:
            self._protect(lambda: self._catch(node, is_star), finish)
        else:
            self._catch(node, is_star)

    visit_TryStar = visit_Try

    def _catch(self, node: ast.Try, is_star: bool) -> None:
        """Asks the handlers in turn; those of `except*` may all run, and what they raise is raised last."""
        if not node.handlers:
            self._run(node.body)
            return
        outer, dispatch, after = self.handler, self.new(), self.new()
        self.handler = dispatch
        self.proceed()
        self._run(node.body)
        self.handler = outer
        self.proceed()
        self._run(node.orelse)
        self.link(after)
        self.enter(dispatch)
        for handler in node.handlers:
            caught, following = self.new(), self.new()
            if handler.type is not None:
                self.risk()
                self.evaluate(handler.type)
                self.link(following)
            self.link(caught)
            self.handler = following if is_star else outer
            self.enter(caught)
            self._handle(handler)
            self.link(following if is_star else after)
            self.handler = outer
            self.enter(following)
        self._leave("raise")
        if is_star:
            self.link(after)
        self.enter(after)

    def _handle(self, handler: ast.ExceptHandler) -> None:
        name = handler.name
        if name is None:
            self._run(handler.body)
        else:
            self.bind(name, handler)
            self._protect(lambda: self._run(handler.body), lambda: self.bind(name, UNBOUND))

    def visit_Match(self, node: ast.Match) -> None:
        after = self.new()
        self.risk()
        self.evaluate(node.subject)
        for case in node.cases:
            matched, following = self.new(), self.new()
            self.compare(case.pattern)
            self.link(matched)
            if not is_irrefutable(case.pattern):
                self.link(following)
            self.enter(matched)
            self.capture(case.pattern)
            if case.guard is not None:
                accepted = self.new()
                self.branch(case.guard, accepted, following)
                self.enter(accepted)
            self._run(case.body)
            self.link(after)
            self.enter(following)
        self.link(after)
        self.enter(after)


STATEMENTS = visitors(Graph)
