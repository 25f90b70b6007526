"""Graphs of gradients: where they are recorded, what carries one, and what goes back through it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.remembered import remembered
from memlint.facts.shapes import last_name, place
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Body, Facts

LOOPS = (ast.For, ast.AsyncFor, ast.While)
EMPTYING = frozenset({"clear", "pop", "popleft", "reset", "zero_"})
BACKWARD = frozenset({"backward", "manual_backward"})
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Kept(NamedTuple):
    """A statement that adds a value to what lives on: the place that it is added to, the value, and how."""

    statement: ast.stmt
    holder: ast.expr
    value: ast.expr
    is_sum: bool


class Gradients:
    """Questions about tensors with a graph."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.tree = facts.tree

    @remembered
    def nodes(self, body: ast.AST) -> list[ast.AST]:
        """All nodes of a body, walked once."""
        return list(walk(body))

    @cached_property
    def calls(self) -> dict[str, list[ast.Call]]:
        """The calls of the file by the last part of what they call."""
        calls: dict[str, list[ast.Call]] = {}
        for node in self.tree.parents:
            if isinstance(node, ast.Call):
                calls.setdefault(last_name(node.func), []).append(node)
        return calls

    def are_off(self, node: ast.AST, depth: int = 3) -> bool:
        """Whether a `with` or decorator around a node turns gradients off, or one around a call of its function."""
        for outer in self.tree.ancestors(node):
            if isinstance(outer, (ast.With, ast.AsyncWith)):
                if any(is_off(item.context_expr) for item in outer.items):
                    return True
            elif isinstance(outer, FUNCTIONS):
                if any(map(is_off, outer.decorator_list)):
                    return True
                calls = self.calls.get(outer.name, ()) if depth else ()
                if any(self.tree.function(call) is not outer and self.are_off(call, depth - 1) for call in calls):
                    return True
        return False

    def backwards(self, body: ast.AST) -> Iterator[tuple[ast.Call, list[ast.Name]]]:
        """The calls that go back through a graph, each with the names that it begins at."""
        for node in self.nodes(body):
            if isinstance(node, ast.Call) and last_name(node.func) in BACKWARD:
                yield node, list(origins(node))

    def retained(self, call: ast.Call) -> ast.Name | None:
        """The loss of a backward pass that is told to keep a graph which is made for it, and which nothing else can
        go back through."""
        is_told = any(each.arg == "retain_graph" and getattr(each.value, "value", 0) is True for each in call.keywords)
        if not is_told or last_name(call.func) not in BACKWARD:
            return None
        body = self.tree.function(call)
        loops = self.facts.flow(body).loops(call) if not isinstance(body, ast.Lambda) else ()
        names = list(origins(call))
        if len(names) != 1 or any(self.goes_back(node, call) for node in self.nodes(body)):
            return None
        turn = self.nodes(loops[-1] if loops else body)
        sources = [source for source in self.sources(names[0]) if isinstance(source, ast.Name)]
        is_made = all(isinstance(giver, ast.Name) and giver in turn for giver in self.givers(names[0]))
        is_carried = any(
            giver in turn
            and (place(giver) > place(source) or self.tree.statement(giver) is self.tree.statement(source))
            for source in sources
            for giver in self.givers(source)
        )
        return names[0] if is_made and not is_carried else None

    def goes_back(self, node: ast.AST, call: ast.Call) -> bool:
        """Whether code may go back through a graph a second time, or hands out what would let others do so."""
        if isinstance(node, ast.Call) and node is not call:
            return any(
                word in last_name(node.func).lower() for word in ("backward", "autograd", "hessian", "closure")
            ) or (last_name(node.func) == "grad")
        if isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
            return any(isinstance(each, ast.Name) for each in self.carriers(node.value))
        return isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)

    def kept(self, statement: ast.AST) -> Kept | None:
        """What a statement adds to: `total += x`, `total = total + x`, `all.append(x)`."""
        if isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Add):
            return Kept(statement, statement.target, statement.value, True)
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.BinOp) and len(statement.targets) == 1:
            target, sum_ = statement.targets[0], statement.value
            for one, other in ((sum_.left, sum_.right), (sum_.right, sum_.left)):
                if isinstance(sum_.op, ast.Add) and ast.unparse(one) == ast.unparse(target):
                    return Kept(statement, target, other, True)
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "append":
            return Kept(statement, call.func.value, call.args[0], False) if call.args else None  # type: ignore[arg-type]
        return None

    def loop(self, kept: Kept) -> ast.stmt | None:
        """The innermost loop around a statement in whose turns the same thing is added to."""
        body = self.tree.function(kept.statement)
        loop = next((each for each in reversed(self.facts.flow(body).loops(kept.statement))), None)
        root = kept.holder
        while isinstance(root, (ast.Attribute, ast.Subscript)):
            root = root.value
        if loop is None or not isinstance(root, ast.Name) or self.is_reset(kept, loop):
            return None
        binding = self.facts.names.binding(root)
        inside = set(self.nodes(loop))
        if binding is None or (root is not kept.holder and binding.scope.node is not body):
            return loop
        outside = [each for each in binding.definitions if each.node not in inside]
        return loop if outside or binding.scope.node is not body else None

    def is_reset(self, kept: Kept, loop: ast.stmt) -> bool:
        """Whether a loop itself lets go of what was added."""
        holder = ast.unparse(kept.holder)
        for node in self.nodes(loop):
            if isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
                statement = self.tree.statement(node)
                is_other = statement is not kept.statement and ast.unparse(node) == holder
                if statement and is_other and not self.kept(statement):
                    return True
            elif isinstance(node, ast.Attribute) and node.attr in EMPTYING and ast.unparse(node.value) == holder:
                return True
        return False

    def givers(self, name: ast.Name) -> Iterator[ast.AST]:
        """What binds a name that is read: the targets that reach it."""
        return iter(self.facts.flow(self.tree.function(name)).reaching(name))

    def carriers(self, value: ast.AST) -> Iterator[ast.expr]:
        """The names and calls in an expression whose graph its value carries on; what cuts the graph is left out."""
        if isinstance(value, ast.Call):
            yield value
            if last_name(value.func) in known("frameworks", "gradients", "cut"):
                return
        elif isinstance(value, ast.Name):
            yield value
        elif isinstance(value, ast.Compare) or getattr(value, "attr", "") in known("frameworks", "gradients", "plain"):
            return
        for child in ast.iter_child_nodes(value):
            if not (isinstance(value, ast.Call) and child is value.func and isinstance(child, ast.Name)):
                yield from self.carriers(child)

    def sources(self, value: ast.AST, seen: set[ast.AST] | None = None) -> Iterator[ast.expr]:
        """The names and calls that the graph of a value goes back to, through the assignments of its body."""
        seen = set() if seen is None else seen
        for carrier in self.carriers(value):
            yield carrier
            for giver in self.givers(carrier) if isinstance(carrier, ast.Name) else ():
                statement = self.tree.statement(giver) if giver not in seen and isinstance(giver, ast.Name) else None
                seen.add(giver)
                made = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)) else None
                if made is not None and not self.is_index(giver, made):
                    yield from self.sources(made, seen)

    def is_index(self, target: ast.AST, made: ast.expr) -> bool:
        """Whether a name may get whole numbers of a pair that a function gives, which have no graph."""
        is_pair = not isinstance(self.tree.parents[target], ast.stmt)
        return is_pair and last_name(getattr(made, "func", made)) in known("frameworks", "gradients", "paired")

    def forwards(self, body: Body) -> list[ast.Call]:
        """The calls of a module that the body has put into evaluation mode, where nothing turns gradients off and
        nothing needs them."""
        if not isinstance(body, FUNCTIONS) or body.name in known("frameworks", "gradients", "driven"):
            return []
        modules = {name: at for name, at in self.switches(body, "eval") if not self.is_part(name, body)}
        if not modules or self.wants(body) or self.are_off(body.body[0]):
            return []
        trained = self.switches(body, "train")
        found = []
        for call in sorted(self.nodes(body), key=place):
            if not isinstance(call, ast.Call) or self.tree.function(call) is not body:
                continue
            module = ast.unparse(call.func) if isinstance(call.func, (ast.Name, ast.Attribute)) else ""
            since = modules.get(module)
            if since is None or place(call) < since or self.are_off(call, 0):
                continue
            if not any(name == module and since < at < place(call) for name, at in trained):
                found.append(call)
        return found

    def switches(self, body: Body, mode: str) -> list[tuple[str, tuple[int, int]]]:
        """The modules that a body puts into a mode by `module.eval()` or `module.train()`, and where."""
        return [
            (ast.unparse(node.func.value), place(node))
            for node in self.nodes(body)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == mode
            if not node.args and not node.keywords and self.tree.function(node) is body
        ]

    def is_part(self, module: str, body: Body) -> bool:
        """Whether a module is an attribute of another one, whose callers turn gradients off or on."""
        owner = self.tree.parents[body]
        return (
            "." in module and isinstance(owner, ast.ClassDef) and any("Mod" in last_name(each) for each in owner.bases)
        )

    def wants(self, body: ast.AST) -> bool:
        """Whether a function has to do with gradients by the names that it uses."""
        words = known("frameworks", "gradients", "wanted")
        names = {last_name(node).lower() for node in self.nodes(body)} | {
            (node.arg or "").lower() for node in self.nodes(body) if isinstance(node, ast.keyword)
        }
        return any(word in name for word in words for name in names)


def is_off(context: ast.expr) -> bool:
    """Whether a context or decorator says by its name that no graph is recorded under it."""
    function = context.func if isinstance(context, ast.Call) else context
    name = last_name(function).lower()
    return any(word in name for word in known("frameworks", "gradients", "off"))


def origins(call: ast.Call) -> Iterator[ast.Name]:
    """The names that a call goes back from: `loss` of `scaler.scale(loss / n).backward()`, `fabric.backward(loss)`."""
    given = [node for argument in call.args[:1] for node in walk(argument) if isinstance(node, ast.Name)]
    if any("loss" in name.id.lower() for name in given):
        yield from given
        return
    receiver = getattr(call.func, "value", call)
    if isinstance(receiver, ast.Call) and receiver.args:
        receiver = receiver.args[0]
    yield from (node for node in walk(receiver) if isinstance(node, ast.Name))
