"""Moves the reset of a buffer in front of its `yield`, and hands over the last reference to what it held."""

from __future__ import annotations

import ast
from itertools import chain, takewhile

from memlint.facts import Body, Facts
from memlint.facts.branches import walk
from memlint.fixes.imports import is_alone
from memlint.fixes.local_alias import REFLECTION, fresh, identifiers
from memlint.model import Edit, Fix, Position, Safety

EMPTY = frozenset(f"builtins.{name}" for name in ("bytearray", "bytes", "dict", "list", "set"))
"""What a buffer is made by, with no arguments."""
GUARDS = (ast.Try, getattr(ast, "TryStar", ast.Try), ast.With, ast.AsyncWith)
LOOPS = (ast.For, ast.AsyncFor, ast.While)


def handed_over(facts: Facts, given: ast.Yield, name: ast.Name, reset: ast.stmt) -> tuple[Fix | None, str]:
    """The fix for a `yield` of a name and the statement that resets it, or why there is none."""
    statement = facts.tree.parents[given]
    if given.value is not name or not isinstance(statement, ast.Expr):
        return None, f"more than `{name.id}` alone is yielded"
    function = facts.tree.function(name)
    reason = moving(facts, statement, reset) or changing(facts, function, reset) or watched(facts, name)
    if reason:
        return None, reason
    last = fresh("generator.last", identifiers(function))
    start, end = facts.tree.span(statement)[0], facts.tree.span(reset)[1]
    line = facts.source.lines[start.line - 1]
    lines = (f"{last} = [{name.id}]", facts.source.between(*facts.tree.span(reset)), f"yield {last}.pop()")
    text = f"\n{line[: start.column - 1]}".join(lines)
    return Fix(f"hand over the only reference to `{name.id}`", Safety.UNSAFE, (Edit(start, end, text),)), ""


def moving(facts: Facts, statement: ast.stmt, reset: ast.stmt) -> str:
    """Why the two lines cannot change places; empty where they can."""
    start, end = facts.tree.span(statement)
    behind = facts.tree.span(reset)[0]
    if facts.source.between(end, behind).strip(" \t\r\n;") and not has_comment(facts, start, behind):
        return "the reset does not follow directly"
    if not is_alone(facts, statement) or not is_alone(facts, reset):
        return "the statement shares its line"
    if has_comment(facts, start, facts.tree.span(reset)[1]):
        return "a comment stands there"
    return ""


def has_comment(facts: Facts, start: Position, end: Position) -> bool:
    """Whether a comment stands on the lines from one place to another."""
    return any(start.line <= line <= end.line for line, _ in facts.source.comments)


def changing(facts: Facts, function: Body, reset: ast.stmt) -> str:
    """Why the reset may do something else in front of the `yield`; empty where it may not."""
    targets = reset.targets if isinstance(reset, (ast.Assign, ast.Delete)) else []
    if len(targets) != 1 or not isinstance(targets[0], ast.Name):
        return "the reset has more than one target"
    if isinstance(reset, ast.Assign) and not is_steady(facts, function, reset.value):
        return f"`{ast.unparse(reset.value)}` may give something else in front of the `yield`"
    return ""


def is_steady(facts: Facts, function: Body, value: ast.expr) -> bool:
    """Whether making a value does nothing else, and reads only local names that nobody binds meanwhile."""
    if isinstance(value, ast.Call):
        return not value.args and not value.keywords and facts.names.qualified(value.func) in EMPTY
    if isinstance(value, (ast.List, ast.Tuple)):
        return all(is_steady(facts, function, each) for each in value.elts)
    if isinstance(value, (ast.Dict, ast.Set)):
        keys = value.keys if isinstance(value, ast.Dict) else value.elts
        values = value.values if isinstance(value, ast.Dict) else []
        is_plain = all(isinstance(each, ast.Constant) for each in keys)
        return is_plain and all(is_steady(facts, function, each) for each in values)
    if isinstance(value, ast.Name):
        binding = facts.names.binding(value)
        if binding is None or binding.scope.node is not function:
            return False
        return value.id not in facts.flow(function).captured
    return isinstance(value, ast.Constant)


def watched(facts: Facts, name: ast.Name) -> str:
    """Why somebody may see that the name is reset already: who catches what is thrown into the `yield`, or who reads
    the local names; empty where nobody does."""
    function, binding = facts.tree.function(name), facts.names.binding(name)
    readers = REFLECTION & identifiers(function)
    if readers:
        return f"`{min(readers)}` would see the new local name"
    inner_first = takewhile(lambda outer: outer is not function, facts.tree.ancestors(name))
    is_repeated = False
    for outer in reversed(list(inner_first)):
        is_repeated = is_repeated or isinstance(outer, LOOPS)
        if isinstance(outer, GUARDS):
            inside = set(chain.from_iterable(map(walk, outer.body)))
            if is_repeated or binding is None or not inside.issuperset(binding.uses):
                return f"`{name.id}` may be read when something is thrown into the `yield` and caught"
    return ""
