from __future__ import annotations

import ast
from collections.abc import Iterator

from memlint.api import Binding, Edit, Effect, Facts, Fix, Role, Rule, Safety, Slice, all_of, cst, known

KEPT = frozenset({Role.ALIASED, Role.STORED, Role.YIELDED, Role.RETURNED})
"""Roles under which something else holds the message, so that letting go of the name frees nothing."""

WAITING = rb"\b(?:b[rl]pop|consume|get|poll|rec(?:ei)?v\w*|xread\w*)\s*\("


class IdleLoopHoldsMessage(Rule):
    """A loop that waits for the next message holds the last one, for as long as none comes."""

    code = "ML403"
    name = "idle-loop-holds-message"
    effect = Effect.KEPT
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\bwhile\b", WAITING)

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        nodes = (node for each in part.statements for node in ast.walk(each))
        return any(waited_for(node) for node in nodes if isinstance(node, ast.Assign))

    def visit_Assign(self, node: cst.Assign) -> None:
        statement = self.twin(node, ast.Assign)
        call = waited_for(statement) if statement else None
        loop = self.loop(statement) if statement and call else None
        if statement is None or call is None or loop is None or not self.waits(call):
            return
        names = [each for each in ast.walk(statement.targets[0]) if isinstance(each, ast.Name)]
        if not names or not all(self.is_idle(name, loop) for name in names):
            return
        fix = self.release(statement, loop, [name.id for name in names])
        held = " and ".join(f"`{name.id}`" for name in names)
        self.report(
            statement,
            f"{held} hold{'s' if len(names) == 1 else ''} the last message while `{ast.unparse(call.func)}` waits for "
            f"the next: set {'it' if len(names) == 1 else 'them'} to None at the end of the loop's body",
            related=[(loop, "the loop")],
            fix=fix,
            unfixed="" if fix else "a `continue` jumps over the end of the loop's body, or a line holds two statements",
        )

    def loop(self, statement: ast.Assign) -> ast.While | None:
        """The endless loop each of whose turns begins to wait here."""
        inner: ast.AST = statement
        for outer in self.facts.tree.ancestors(statement):
            if isinstance(outer, ast.While):
                return outer if is_endless(outer) and inner in outer.body else None
            if not isinstance(outer, (ast.Try, ast.With, ast.AsyncWith)) or inner not in outer.body:
                return None
            inner = outer
        return None

    def waits(self, call: ast.Call) -> bool:
        """Whether a call waits for a message: by its method, and by what it is called on or how that is called."""
        assert isinstance(call.func, ast.Attribute)
        method, receiver = call.func.attr, call.func.value
        if method in known("messages", "received_by", "any"):
            return True
        given = {keyword.arg for keyword in call.keywords}
        if not given <= known("messages", "arguments", "allowed") or any(map(is_false, call.keywords)):
            return False
        word = last_word(receiver)
        if method in known("messages", "received_by", "consumer") and word in known("messages", "named", "consumer"):
            return True
        if method not in known("messages", "received_by", "queue") or call.args:
            return False
        if self.is_queue(receiver):
            return True
        return word in known("messages", "named", "queue" if method == "get" else "connection")

    def is_queue(self, receiver: ast.expr) -> bool:
        """Whether everything that the receiver is bound to in this file is a queue."""
        return all(self.facts.names.qualified(each.func) in QUEUES for each in made) if (
            made := list(self.makers(receiver))
        ) else False

    def makers(self, receiver: ast.expr) -> Iterator[ast.Call]:
        """The calls whose result a name, or an attribute of `self`, is bound to."""
        if isinstance(receiver, ast.Attribute):
            model = self.facts.classes.instance(receiver.value)
            values = [store.value for store in model.stores_of(receiver.attr)] if model else []
        else:
            binding = self.facts.names.binding(receiver) if isinstance(receiver, ast.Name) else None
            values = [made.value for made in binding.definitions if made.value] if binding else []
        yield from (value for value in values if isinstance(value, ast.Call))

    def is_idle(self, name: ast.Name, loop: ast.While) -> bool:
        """Whether a name is the function's own, holds the message alone, and is not needed in the next turn."""
        binding = self.facts.names.binding(name)
        function = self.facts.tree.function(name)
        if binding is None or binding.scope.node is not function or isinstance(function, (ast.Lambda, ast.Module)):
            return False
        inside = set(ast.walk(loop))
        if any(made.node in inside for made in binding.definitions if made.node is not name):
            return False
        flow = self.facts.flow(function)
        if name.id in flow.captured or flow.is_live_after(loop.body[-1], name.id):
            return False
        return all(use in inside and is_after(use, name) for use in binding.uses) and not self.is_kept(binding)

    def is_kept(self, binding: Binding) -> bool:
        fates = self.facts.escape.own_fates(binding)
        return any(fate.role in KEPT for fate in fates)

    def release(self, statement: ast.Assign, loop: ast.While, names: list[str]) -> Fix | None:
        """Set the names to None at the end of the body."""
        later = (node for node in ast.walk(loop) if isinstance(node, ast.Continue) and is_after(node, statement))
        insertion = self.insertion_behind(loop.body[-1], " = ".join((*names, "None")))
        if any(later) or insertion is None:
            return None
        return Fix("let go of the message at the end of each turn", Safety.UNSAFE, (insertion,))


QUEUES = known("messages", "made_by", "queue")


def waited_for(statement: ast.Assign) -> ast.Call | None:
    """The call of a method whose result is all that an assignment binds to names, awaited or not."""
    value = statement.value.value if isinstance(statement.value, ast.Await) else statement.value
    if len(statement.targets) != 1 or not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return None
    if value.func.attr not in METHODS:
        return None
    target = statement.targets[0]
    items = target.elts if isinstance(target, ast.Tuple) else [target]
    return value if all(isinstance(item, ast.Name) for item in items) else None


METHODS = frozenset().union(*(known("messages", "received_by", key) for key in ("any", "queue", "consumer")))


def is_endless(loop: ast.While) -> bool:
    """Whether a loop tests nothing but a flag: `while True`, `while self.running`, `while not stop.is_set()`."""
    test = loop.test.operand if isinstance(loop.test, ast.UnaryOp) else loop.test
    test = test.func if isinstance(test, ast.Call) and not test.args else test
    return isinstance(test, (ast.Attribute, ast.Name)) or (isinstance(test, ast.Constant) and bool(test.value))


def is_after(node: ast.AST, other: ast.AST) -> bool:
    return (getattr(node, "lineno", 0), getattr(node, "col_offset", 0)) > (
        getattr(other, "lineno", 0),
        getattr(other, "col_offset", 0),
    )


def is_false(keyword: ast.keyword) -> bool:
    """Whether a call is told not to wait."""
    return keyword.arg == "block" and isinstance(keyword.value, ast.Constant) and not keyword.value.value


def last_word(receiver: ast.expr) -> str:
    """The last word of what something is called: `queue` of `self._job_queue`."""
    name = getattr(receiver, "attr", getattr(receiver, "id", ""))
    return name.lower().strip("_").rpartition("_")[2] if isinstance(name, str) else ""
