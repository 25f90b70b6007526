from __future__ import annotations

import ast
from collections.abc import Iterator

from memlint.api import Effect, Facts, Role, Rule, Safety, Severity, Slice, all_of, cst, handed_over, walk

HELD = frozenset({Role.ALIASED, Role.RETURNED, Role.STORED})
"""Roles under which something else holds the buffer as well, so that letting go of the name frees nothing."""

FRESH = frozenset({"bytearray", "bytes", "dict", "list", "set"})
"""Kinds of what a buffer begins with anew."""

LARGE = 65_536
"""Bytes from which on a buffer is worth a word, even if the rule is not selected."""


class BufferResetAfterYield(Rule):
    """A generator that lets go of its buffer only behind the `yield` holds the batch for as long as it is suspended."""

    code = "ML420"
    name = "buffer-reset-after-yield"
    effect = Effect.KEPT
    severity = Severity.INFO
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\byield\b", rb"\b(?:for|while)\b")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        rule = cls(facts, part)
        return any(rule.reset(name) for each in part.nodes(ast.Yield) for name in yielded(each))

    def visit_Yield(self, node: cst.Yield) -> None:
        given = self.twin(node, ast.Yield)
        for name in yielded(given) if given else ():
            reset = self.reset(name)
            if given is None or reset is None:
                continue
            fix, unfixed = handed_over(self.facts, given, name, reset)
            self.report(
                given,
                f"`{name.id}` holds the batch until the generator goes on, whoever is through with it: write "
                f"`last = [{name.id}]`, reset `{name.id}`, then `yield last.pop()`",
                fix=fix,
                unfixed=unfixed,
                related=[(reset, "too late")],
                optional=not self.is_large(given, name, reset),
            )
            return

    def reset(self, name: ast.Name) -> ast.stmt | None:
        """The statement right behind a `yield` that binds the yielded name anew or deletes it."""
        statement = self.facts.tree.statement(name)
        function = self.facts.tree.function(name)
        binding = self.facts.names.binding(name)
        if binding is None or binding.scope.node is not function or not isinstance(statement, ast.Expr):
            return None
        if isinstance(function, (ast.Lambda, ast.Module)) or function.decorator_list:
            return None
        if name.id in self.facts.flow(function).captured or not self.facts.flow(function).loops(name):
            return None
        reset = next((each for each in self.behind(statement) if not is_plain(each, name.id)), None)
        is_held = any(fate.role in HELD for fate in self.facts.escape.own_fates(binding))
        return None if is_held or reset is None or not self.lets_go(reset, name.id) else reset

    def behind(self, statement: ast.stmt) -> list[ast.stmt]:
        """The statements behind one in its block."""
        for _, block in ast.iter_fields(self.facts.tree.parents[statement]):
            if isinstance(block, list) and statement in block:
                return block[block.index(statement) + 1 :]
        return []

    def lets_go(self, statement: ast.stmt, name: str) -> bool:
        """Whether a statement only unbinds a name, or binds a fresh container to it."""
        if isinstance(statement, ast.Delete):
            return any(isinstance(each, ast.Name) and each.id == name for each in statement.targets)
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        if not isinstance(statement, ast.Assign) or not any(getattr(each, "id", "") == name for each in targets):
            return False
        reads = any(isinstance(each, ast.Name) and each.id == name for each in walk(statement.value))
        return not reads and self.facts.kinds.made(statement.value) in FRESH

    def is_large(self, given: ast.Yield, name: ast.Name, reset: ast.stmt) -> bool:
        """Whether many bytes are gathered, or a loop over the generator lets go of a batch before the turn ends."""
        function = self.facts.tree.function(given)
        calls = (each for each in self.facts.tree.parents if isinstance(each, ast.Call))
        if any(self.is_dropped(each) for each in calls if names(each.func) == getattr(function, "name", "")):
            return True
        if not isinstance(reset, ast.Assign) or self.facts.kinds.made(reset.value) not in ("bytearray", "bytes"):
            return False
        tests = (outer.test for outer in self.facts.tree.ancestors(given) if isinstance(outer, ast.If))
        return any(
            isinstance(each, ast.Compare) and self.is_limit(each, name.id) for test in tests for each in walk(test)
        )

    def is_dropped(self, call: ast.Call) -> bool:
        """Whether a loop over what a call gives lets go of each item on its way, with more to do behind that."""
        loop = self.facts.tree.parents[call]
        if not isinstance(loop, (ast.For, ast.AsyncFor)) or loop.iter is not call:
            return False
        items = {each.id for each in walk(loop.target) if isinstance(each, ast.Name)}
        return any(items & set(dropped(each)) for each in loop.body[:-1])

    def is_limit(self, test: ast.Compare, name: str) -> bool:
        """Whether a test compares the length of a buffer with many bytes."""
        sides = [test.left, *test.comparators]
        lengths = (each for each in sides if isinstance(each, ast.Call) and getattr(each.func, "id", "") == "len")
        if not any(getattr(argument, "id", "") == name for each in lengths for argument in each.args):
            return False
        return any((self.facts.sizes.number(each) or 0) >= LARGE for each in sides)


def names(function: ast.expr) -> str:
    return str(getattr(function, "attr", getattr(function, "id", "")))


def dropped(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement deletes or binds anew."""
    if isinstance(statement, (ast.Assign, ast.Delete)):
        yield from (each.id for each in statement.targets if isinstance(each, ast.Name))


def yielded(given: ast.Yield) -> Iterator[ast.Name]:
    """The names that are yielded, alone or in a tuple."""
    items = given.value.elts if isinstance(given.value, ast.Tuple) else [given.value]
    yield from (each for each in items if isinstance(each, ast.Name))


def is_plain(statement: ast.stmt, name: str) -> bool:
    """Whether a statement only binds another name to a constant, as one that counts anew does."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Constant):
        return False
    return all(isinstance(each, ast.Name) and each.id != name for each in statement.targets)
