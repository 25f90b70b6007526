"""Large values that are kept by a local name after its last use: while more memory is needed, or nothing happens."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from memlint.facts.branches import walk
from memlint.facts.names import Binding, DefinitionKind
from memlint.facts.producers import Large
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

Assignment: TypeAlias = ast.Assign | ast.AnnAssign
Loop: TypeAlias = ast.For | ast.AsyncFor | ast.While

JUMPS = (ast.Return, ast.Raise, ast.Break, ast.Continue)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
WITHS = (ast.With, ast.AsyncWith)
TRIES = (ast.Try,)
NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.GeneratorExp)
FILES = ("binary file", "kernel file", "text file")
BLOCKS = ("body", "orelse", "finalbody", "handlers")


class Dead(NamedTuple):
    """A large value that nothing needs any more."""

    name: str
    large: Large
    last: ast.stmt
    """The statement behind which the name can go."""
    event: ast.AST
    """What happens while the name still holds it."""
    how: str
    """What sort of event that is."""
    unfixed: str
    """Why the name must not be deleted there; empty where it may be."""

    @property
    def what(self) -> str:
        return WHAT[self.large.kind]


class Temporaries:
    """Asks of an assignment whether the large value that it binds outlives its use."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.names = facts.names
        self.tree = facts.tree
        self.parents = facts.tree.parents

    def candidates(self, first: int, last: int) -> Iterator[Assignment]:
        """The assignments on some lines that bind one name to something large."""
        return (each for each in self.assignments if first <= each.lineno <= last)

    @cached_property
    def assignments(self) -> list[Assignment]:
        """Those of the whole file."""
        nodes = self.facts.tree.nodes(ast.Assign, ast.AnnAssign)
        return [each for each in nodes if target_of(each) and self.facts.producers.large(each.value)]

    def dead(self, statement: Assignment) -> Dead | None:
        """A large value that outlives its use in its own function, or in the body of the module."""
        bound = self.bound(statement)
        if bound is None:
            return None
        target, binding, large = bound
        uses = self.uses(target, binding)
        outer, unfixed = self.outermost(statement, uses)
        last = self.last(outer, uses)
        if last is None or self.binds(last, binding) or self.is_live(last, binding):
            return None
        if not all(self.facts.holders.lets_go(use, large.kind) for use in uses):
            return None
        if large.kind == "checkpoint" and not any(map(self.is_loaded, uses)):
            return None
        event, how = self.event(last, binding, large)
        if event is None:
            return None
        return Dead(target.id, large, last, event, how, unfixed)

    def is_loaded(self, use: ast.Name) -> bool:
        """Whether a use of a checkpoint puts its weights into a model."""
        calls = (outer for outer in self.tree.ancestors(use) if isinstance(outer, ast.Call))
        return any(getattr(call.func, "attr", "") == "load_state_dict" for call in calls)

    def previous(self, statement: Assignment) -> Dead | None:
        """A large value of one turn of a loop that is still held while the next turn makes its own."""
        bound = self.bound(statement)
        loop = self.repeating(statement) if bound else None
        if bound is None or loop is None or isinstance(loop.body[-1], JUMPS):
            return None
        target, binding, large = bound
        if isinstance(loop, ast.For) and (self.facts.sizes.most(loop.iter) or 2) < 2:
            return None
        inside = {node for each in loop.body for node in walk(each)}
        if any(each.node in inside for each in binding.definitions if each.node is not target):
            return None
        uses = self.uses(target, binding)
        if not all(use in inside and is_behind(use, statement) for use in uses):
            return None
        if not all(self.facts.holders.lets_go(use, large.kind) for use in uses):
            return None
        unfixed = self.unbound_at_end(statement, loop)
        return Dead(target.id, large, loop.body[-1], statement, "its successor is made", unfixed)

    def bound(self, statement: Assignment) -> tuple[ast.Name, Binding, Large] | None:
        """The name, if it is a variable of the function or module alone, and the large value that it is bound to."""
        target = target_of(statement)
        binding = self.names.binding(target) if target else None
        body = self.tree.function(statement)
        if target is None or binding is None or binding.scope.node is not body or isinstance(body, ast.Lambda):
            return None
        if any(made.kind not in (DefinitionKind.ASSIGNMENT, DefinitionKind.ANNOTATION) for made in binding.definitions):
            return None
        if isinstance(body, ast.Module) and (target.id.isupper() or self.names.has_star_import):
            return None
        nodes = [*binding.uses, *(made.node for made in binding.definitions)]
        if any(self.names.scope_of(node).owner is not binding.scope for node in nodes):
            return None
        large = self.facts.producers.large(statement.value)
        if large is None or (not isinstance(body, ast.Module) and target.id in self.facts.flow(body).captured):
            return None
        return target, binding, large

    def uses(self, target: ast.Name, binding: Binding) -> list[ast.Name]:
        """Where the value that is bound here may be read."""
        flow = self.facts.flow(self.tree.function(target))
        return [use for use in binding.uses if isinstance(use, ast.Name) and target in flow.reaching(use)]

    def outermost(self, statement: ast.stmt, uses: list[ast.Name]) -> tuple[ast.stmt, str]:
        """The statement in whose block the uses follow, out of a `with` or `try` where those stand behind it."""
        unfixed = ""
        while not any(is_inside(use, each) for each in self.following(statement) for use in uses):
            parent = self.parents[statement]
            if isinstance(parent, WITHS):
                if any(self.facts.kinds.of(item.context_expr) not in FILES for item in parent.items):
                    unfixed = "a `with` may swallow an exception and leave the name unbound"
            elif not (isinstance(parent, TRIES) and statement in parent.body and all(map(is_leaving, parent.handlers))):
                break
            statement = parent
        return statement, unfixed

    def last(self, outer: ast.stmt, uses: list[ast.Name]) -> ast.stmt | None:
        """The last statement of the block that uses the name, or of the body of the `with` that it is."""
        after = self.following(outer)
        if not uses or not all(any(is_inside(use, each) for each in (outer, *after)) for use in uses):
            return None
        using = [each for each in after if any(is_inside(use, each) for use in uses)]
        last = using[-1] if using else None
        while isinstance(last, WITHS):
            inner = [each for each in last.body if any(is_inside(use, each) for use in uses)]
            if not inner or any(is_inside(use, item.context_expr) for use in uses for item in last.items):
                break
            last = inner[-1]
        return last

    def following(self, statement: ast.stmt) -> list[ast.stmt]:
        """The statements behind one in its block."""
        block = self.block(statement)
        return block[block.index(statement) + 1 :]

    def block(self, statement: ast.stmt) -> list[ast.stmt]:
        parent = self.parents[statement]
        blocks = (getattr(parent, field, None) for field in BLOCKS)
        return next(block for block in blocks if isinstance(block, list) and statement in block)

    def binds(self, statement: ast.stmt, binding: Binding) -> bool:
        """Whether a statement binds the name anew."""
        return any(is_inside(made.node, statement) for made in binding.definitions)

    def is_live(self, statement: ast.stmt, binding: Binding) -> bool:
        """Whether the name may be read behind a statement; the names of a module by what stands in it."""
        body = self.tree.function(statement)
        if not isinstance(body, ast.Module):
            return self.facts.flow(body).is_live_after(statement, binding.name)
        return any(is_behind(use, statement) for use in binding.uses) and bool(self.facts.flow(body).loops(statement))

    def event(self, last: ast.stmt, binding: Binding, large: Large) -> tuple[ast.AST | None, str]:
        """What comes next that is long or takes much memory, before the name is bound anew."""
        for statement in self.onward(last):
            found, how = self.event_in(statement, large)
            if found is not None:
                return found, how
            if self.binds(statement, binding) or isinstance(statement, JUMPS):
                break
        return None, ""

    def onward(self, statement: ast.stmt) -> Iterator[ast.stmt]:
        """The statements that follow one, on to the end of its function or of the loop around it."""
        while True:
            yield from self.following(statement)
            parent = self.parents[statement]
            if isinstance(parent, TRIES):
                if statement in parent.body:
                    yield from parent.orelse
                if statement not in parent.finalbody:
                    yield from parent.finalbody
            elif isinstance(parent, ast.ExceptHandler):
                parent = self.parents[parent]
                yield from getattr(parent, "finalbody", [])
            elif not isinstance(parent, (*WITHS, ast.If)):
                return
            if not isinstance(parent, ast.stmt):
                return
            statement = parent

    def event_in(self, statement: ast.stmt, large: Large) -> tuple[ast.AST | None, str]:
        """What a statement certainly does that is long or takes much memory."""
        if isinstance(statement, LOOPS) and self.is_long(statement):
            return statement, "the loop runs"
        for part in certain_parts(statement):
            if isinstance(part, ast.expr):
                for node in evaluated(part):
                    how = self.how(node, large)
                    if how:
                        return node, how
            elif isinstance(part, ast.stmt):
                found, how = self.event_in(part, large)
                if found is not None:
                    return found, how
        return None, ""

    def how(self, node: ast.expr, large: Large) -> str:
        """Of an expression, how long it takes or how much it makes."""
        if isinstance(node, ast.Await):
            return "`await` waits" if large.is_certain else ""
        if isinstance(node, ast.Call) and self.is_wait(node):
            return f"`{ast.unparse(node.func)}` runs"
        if self.facts.producers.large(node):
            return "the next large value is made"
        return ""

    def is_wait(self, call: ast.Call) -> bool:
        called = self.names.qualified(call.func) or ""
        if called in known("producers", "waits", "functions"):
            given = call.args[0] if call.args else None
            return not (called == "time.sleep" and isinstance(given, ast.Constant) and given.value < 1)  # type: ignore
        return isinstance(call.func, ast.Attribute) and call.func.attr in known("producers", "waits", "methods")

    def is_long(self, loop: Loop) -> bool:
        """Whether a loop runs for ever, over much, or trains something."""
        if isinstance(loop, ast.While) and isinstance(loop.test, ast.Constant) and loop.test.value:
            return True
        if isinstance(loop, ast.For):
            over = self.facts.producers.length(loop.iter)
            if (over or 0) >= LONG:
                return True
        calls = (node for each in loop.body for node in walk(each) if isinstance(node, ast.Call))
        return any(getattr(call.func, "attr", "") in known("producers", "waits", "training") for call in calls)

    def repeating(self, statement: ast.stmt) -> Loop | None:
        """The loop each of whose turns runs a statement, at once in its body or in a `with` or `try` there."""
        parent: ast.AST = self.parents[statement]
        while isinstance(parent, WITHS) or (isinstance(parent, TRIES) and statement in parent.body):
            statement, parent = parent, self.parents[parent]
        return parent if isinstance(parent, LOOPS) and statement in parent.body else None

    def unbound_at_end(self, statement: ast.stmt, loop: Loop) -> str:
        """Why the name may not be deleted at the end of a loop's body."""
        parent = self.parents[statement]
        while parent is not loop:
            if isinstance(parent, WITHS):
                if any(self.facts.kinds.of(item.context_expr) not in FILES for item in parent.items):
                    return "a `with` may swallow an exception and leave the name unbound"
            elif not isinstance(parent, TRIES) or not all(map(is_leaving, parent.handlers)):
                return "an exception may leave the name unbound"
            parent = self.parents[parent]
        if any(is_behind(node, statement) for node in own_jumps(loop) if isinstance(node, ast.Continue)):
            return "a `continue` jumps over the end of the loop's body"
        return ""


WHAT = {
    "array": "an array",
    "checkpoint": "a whole checkpoint",
    "bytes": "a whole block of data",
    "document": "a whole document",
    "frame": "a table",
    "list": "a long list",
    "model": "a model",
    "rows": "all the rows",
}
LONG = 1_000_000
"""Turns from which on a loop is long."""


def target_of(statement: Assignment) -> ast.Name | None:
    """The one name that an assignment binds."""
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return targets[0] if len(targets) == 1 and isinstance(targets[0], ast.Name) else None


def is_inside(node: ast.AST, outer: ast.stmt | ast.expr) -> bool:
    """Whether a node stands within another, by their places."""
    place = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
    start = (outer.lineno, outer.col_offset)
    return start <= place < (outer.end_lineno or 0, outer.end_col_offset or 0)


def is_behind(node: ast.AST, statement: ast.stmt) -> bool:
    place = (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))
    return place >= (statement.end_lineno or 0, statement.end_col_offset or 0)


def is_leaving(handler: ast.ExceptHandler) -> bool:
    """Whether an `except` ends by leaving what is around it."""
    return isinstance(handler.body[-1], JUMPS)


def own_jumps(loop: Loop) -> Iterator[ast.stmt]:
    """The `break`s and `continue`s of a loop itself."""
    waiting: list[ast.AST] = [*loop.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Break, ast.Continue)):
            yield node
        if isinstance(node, LOOPS):
            waiting += node.orelse
        elif not isinstance(node, (ast.expr, *NESTED)):
            waiting += ast.iter_child_nodes(node)


def certain_parts(statement: ast.stmt) -> list[ast.AST]:
    """The expressions and statements of a statement that run whenever it does, or as soon as its loop turns once."""
    if isinstance(statement, (ast.If, ast.While)):
        return [statement.test, *(statement.body if isinstance(statement, ast.While) else ())]
    if isinstance(statement, (ast.For, ast.AsyncFor)):
        return [statement.iter, *statement.body]
    if isinstance(statement, WITHS):
        return [*(item.context_expr for item in statement.items), *statement.body]
    if isinstance(statement, TRIES):
        return [*statement.body, *statement.orelse, *statement.finalbody]
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return []
    return [child for child in ast.iter_child_nodes(statement) if isinstance(child, ast.expr)]


def evaluated(expression: ast.expr) -> Iterator[ast.expr]:
    """The parts of an expression that run when it does."""
    waiting: list[ast.AST] = [expression]
    while waiting:
        node = waiting.pop()
        if isinstance(node, NESTED):
            continue
        if isinstance(node, ast.expr):
            yield node
        waiting += ast.iter_child_nodes(node)
