"""Messages: what a loop waits for, takes, and holds by a local name until the next one comes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from memlint.facts.branches import walk
from memlint.facts.escape import Role
from memlint.facts.names import Binding
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

KEPT = frozenset({Role.ALIASED, Role.STORED, Role.YIELDED, Role.RETURNED})
"""Roles under which something else holds the message, so that letting go of the name frees nothing."""


class Received(NamedTuple):
    """The names that get a message, the call that waits for it, and the loop that does so for ever."""

    names: list[ast.Name]
    call: ast.Call
    loop: ast.While


class Messages:
    """Asks of an assignment whether it waits for a message that nothing holds but its names."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def received(self, statement: ast.Assign) -> Received | None:
        """What an assignment in an endless loop receives, if its names hold it while the loop waits for the next."""
        call = waited_for(statement)
        loop = self.loop(statement, call.func.value) if call and isinstance(call.func, ast.Attribute) else None
        if call is None or loop is None or not self.waits(call):
            return None
        names = [each for each in walk(statement.targets[0]) if isinstance(each, ast.Name)]
        is_idle = all(self.is_idle(name, loop) for name in names) and not all(map(self.is_command, names))
        return Received(names, call, loop) if is_idle else None

    def is_large(self, received: Received) -> bool:
        """Whether it matters: a loop as old as its object, or one that never ends, waits for a message of any size."""
        call, name = received.call, received.names[0]
        receiver = call.func.value if isinstance(call.func, ast.Attribute) else call.func
        function = self.facts.tree.function(call)
        if len(received.names) > 1 or call.keywords or not isinstance(self.facts.tree.function(function), ast.Module):
            return False
        if self.facts.closures.is_generator(function) or self.is_small(name, receiver):
            return False
        binding = self.facts.names.binding(receiver) if isinstance(receiver, ast.Name) else None
        if binding and all(isinstance(made.node, ast.arg) for made in binding.definitions):
            is_left = any(isinstance(each, (ast.Break, ast.Return)) for each in walk(received.loop))
            is_method = isinstance(self.facts.tree.parents[function], ast.ClassDef)
            if is_method and is_left:
                return False
            return last_word(receiver) in known("messages", "named", "queue") | known("messages", "named", "many")
        made = [each.func for each in self.makers(receiver)]
        is_own = binding is None or binding.scope.node is function
        return is_own and bool(made) and all(getattr(each, "attr", getattr(each, "id", "")) in MADE for each in made)

    def is_small(self, name: ast.Name, receiver: ast.expr) -> bool:
        """Whether a message is small by its name or by all that this file puts in, or is only a list gone through."""
        binding = self.facts.names.binding(name)
        parents = {use: self.facts.tree.parents[use] for use in binding.uses} if binding else {}
        rest = [use for use, parent in parents.items() if not isinstance(parent, ast.Compare)]
        if last_word(name) in known("messages", "named", "small") or all(
            isinstance(parents[use], (ast.For, ast.AsyncFor)) for use in rest
        ):
            return True
        model = self.facts.classes.instance(receiver.value) if isinstance(receiver, ast.Attribute) else None
        puts = [
            call.args[0]
            for call in (walk(model.node) if model else ())
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and len(call.args) == 1
            if call.func.attr in known("messages", "arguments", "takers")
            if ast.unparse(call.func.value) == ast.unparse(receiver)
        ]
        given = [each for each in puts if not (isinstance(each, ast.Constant) and each.value is None)]
        return bool(given) and all(map(is_written_out, given))

    def loop(self, statement: ast.Assign, receiver: ast.expr) -> ast.While | None:
        """The endless loop each of whose turns begins to wait here."""
        inner: ast.AST = statement
        for outer in self.facts.tree.ancestors(statement):
            if isinstance(outer, ast.While):
                return outer if is_endless(outer, receiver) and inner in outer.body else None
            if any(isinstance(each, ast.Return) for each in getattr(outer, "body", ())):
                return None
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
        if (
            not given <= known("messages", "arguments", "allowed")
            or any(map(is_false, call.keywords))
            or self.is_of_words(receiver)
        ):
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
        made = list(self.makers(receiver))
        return bool(made) and all(self.facts.names.qualified(each.func) in QUEUES for each in made)

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
        inside = set(walk(loop))
        if any(made.node in inside for made in binding.definitions if made.node is not name):
            return False
        flow = self.facts.flow(function)
        if name.id in flow.captured or flow.is_live_after(loop.body[-1], name.id):
            return False
        return all(use in inside and is_after(use, name) for use in binding.uses) and not self.is_kept(binding)

    def is_kept(self, binding: Binding) -> bool:
        """Whether something else holds the message, or a part of it, when the turn is done."""
        roles = {fate.role for fate in self.facts.escape.own_fates(binding)}
        return bool(roles & KEPT) or any(map(self.is_part_kept, binding.uses))

    def is_part_kept(self, use: ast.expr) -> bool:
        """Whether a name or an object is given a part of the message, or the message is a key or goes into a queue."""
        parents = self.facts.tree.parents
        parent = parents[use]
        if isinstance(parent, ast.Subscript) and use is parent.slice:
            return not isinstance(parent.ctx, ast.Load)
        while isinstance(parent, (ast.Attribute, ast.Subscript)) and getattr(parent, "value", None) is use:
            use, parent = parent, parents[parent]
        if isinstance(parent, ast.Call) and parent.func is use and getattr(use, "attr", "") in ("get", "pop"):
            use, parent = parent, parents[parent]
        call = parents[parent] if isinstance(parent, (ast.Tuple, ast.keyword)) else parent
        if isinstance(call, ast.Call) and use is not call.func:
            called = getattr(call.func, "attr", getattr(call.func, "id", ""))
            return called in known("messages", "arguments", "takers") or called.lstrip("_")[:1].isupper()
        return isinstance(parent, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and use is parent.value

    def is_command(self, name: ast.Name) -> bool:
        """Whether what a name gets is only ever compared with constants."""
        binding = self.facts.names.binding(name)
        parents = [self.facts.tree.parents[use] for use in binding.uses] if binding else []
        return all(
            isinstance(parent, ast.Compare) and all(isinstance(each, ast.Constant) for each in parent.comparators)
            for parent in parents
        )

    def is_of_words(self, receiver: ast.expr) -> bool:
        """Whether an annotation is a queue of strings or numbers, `Queue[str]`, or a class whose methods give some."""
        binding = self.facts.names.binding(receiver) if isinstance(receiver, ast.Name) else None
        for made in binding.definitions if binding else ():
            hint = getattr(made.node, "annotation", getattr(made.statement, "annotation", None))
            if isinstance(hint, ast.Subscript) and getattr(hint.slice, "id", "") in ("bool", "float", "int", "str"):
                return True
            found = self.facts.find(hint) if isinstance(hint, ast.Name) else None
            methods = found.node.body if found and isinstance(found.node, ast.ClassDef) else []
            if any(getattr(getattr(each, "returns", None), "id", "") == "str" for each in methods):
                return True
        return False


QUEUES = known("messages", "made_by", "queue")
MADE = frozenset(each.rpartition(".")[2] for each in QUEUES) | known("messages", "made_by", "connection")


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


def is_endless(loop: ast.While, receiver: ast.expr) -> bool:
    """Whether a loop tests nothing but a flag: `while True`, `while self.running`, `while not stop.is_set()`."""
    test = loop.test.operand if isinstance(loop.test, ast.UnaryOp) else loop.test
    if isinstance(test, ast.Call) and isinstance(test.func, ast.Attribute) and not test.args:
        return test.func.attr in known("messages", "arguments", "flags")
    if isinstance(test, ast.Constant):
        return bool(test.value)
    changed = [node.target for node in walk(loop) if isinstance(node, ast.AugAssign)]
    others = [ast.unparse(each) for each in (*changed, receiver)]
    return isinstance(test, (ast.Attribute, ast.Name)) and ast.unparse(test) not in others


def is_written_out(value: ast.expr) -> bool:
    """Whether a value is small as it is written: a constant, a text, a display, or one that is encoded."""
    if isinstance(value, ast.Call):
        return getattr(value.func, "attr", "") == "encode"
    return isinstance(value, (ast.Constant, ast.JoinedStr, ast.Dict, ast.List, ast.Tuple))


def is_after(node: ast.AST, other: ast.AST) -> bool:
    return (getattr(node, "lineno", 0), getattr(node, "col_offset", 0)) > (
        getattr(other, "lineno", 0),
        getattr(other, "col_offset", 0),
    )


def is_false(keyword: ast.keyword) -> bool:
    """Whether a call is told not to wait, or hardly."""
    value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
    if keyword.arg == "block":
        return value is not None and not value
    return isinstance(value, (float, int)) and value < 1


def last_word(receiver: ast.expr) -> str:
    """The last word of what something is called: `queue` of `self._job_queue`."""
    name = getattr(receiver, "attr", getattr(receiver, "id", ""))
    return name.lower().strip("_").rpartition("_")[2] if isinstance(name, str) else ""
