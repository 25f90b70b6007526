"""Rewrites a default into `None` and makes its value in the body, on each call that leaves the argument out.

The rewrite is refused wherever the value could come out otherwise than before, but for being new each time.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TypeAlias

from memlint.facts import Facts
from memlint.facts.branches import walk
from memlint.facts.defaults import Default
from memlint.facts.kinds import CONTAINERS
from memlint.facts.layout import FUNCTIONS, first_line
from memlint.facts.names import Binding, DefinitionKind
from memlint.fixes.optional_type import WITH_NONE, OptionalType
from memlint.model import Edit, Fix, Position, Safety
from memlint.source import SourceFile

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

LASTING_NAME = re.compile(r"cache|(?:\b|_)(?:memo|seen)(?:\b|_)", re.IGNORECASE)
REFLECTION = frozenset(f"builtins.{name}" for name in ("dir", "eval", "exec", "locals", "vars"))
PURE_PARTS = (
    ast.Attribute,
    ast.BinOp,
    ast.BoolOp,
    ast.Compare,
    ast.Constant,
    ast.Dict,
    ast.DictComp,
    ast.FormattedValue,
    ast.GeneratorExp,
    ast.IfExp,
    ast.JoinedStr,
    ast.List,
    ast.ListComp,
    ast.Name,
    ast.Set,
    ast.SetComp,
    ast.Slice,
    ast.Starred,
    ast.Subscript,
    ast.Tuple,
    ast.UnaryOp,
    ast.boolop,
    ast.cmpop,
    ast.comprehension,
    ast.expr_context,
    ast.keyword,
    ast.operator,
    ast.unaryop,
)
REPEATABLE = frozenset(
    f"builtins.{name}"
    for name in "abs bool bytes enumerate float frozenset int len max min range repr reversed str sum tuple zip".split()
)
FIXED = frozenset({DefinitionKind.IMPORT, DefinitionKind.FUNCTION, DefinitionKind.CLASS, DefinitionKind.PARAMETER})


class NoneGuard:
    """The rewrite of one default."""

    def __init__(self, facts: Facts, default: Default) -> None:
        self.facts = facts
        self.source: SourceFile = facts.source
        self.default = default
        self.function = default.function
        self.name = default.parameter.arg
        self.types = OptionalType(facts)

    def fix(self) -> tuple[Fix | None, str]:
        """The fix, or why there is none."""
        reason = next(self.objections(), "")
        if reason or isinstance(self.function, ast.Lambda):
            return None, reason
        value = self.value_span()
        annotation = self.widened()
        if value is None:
            return None, "a comment stands in the default"
        if annotation is None:
            return None, "the annotation cannot be widened by `None` here"
        at, indent = self.place(self.function)
        step = self.step(self.function, indent)
        guard = f"\n{indent}if {self.name} is None:\n{indent}{step}{self.name} = {self.source.between(*value)}"
        if isinstance(self.function.body[self.leading(self.function)], (*FUNCTIONS, ast.ClassDef)):
            guard += "\n"
        edits = (*annotation, Edit(*value, "None"), Edit(at, at, guard))
        return Fix(f"make the default of `{self.name}` on each call", Safety.UNSAFE, edits), ""

    def objections(self) -> Iterator[str]:
        """The reasons not to rewrite, as far as they do not come from the text."""
        if isinstance(self.function, ast.Lambda):
            yield "a lambda has no room for a guard"
            return
        if self.is_generator():
            yield "in a generator the guard would run late, at the first `next`"
        if self.shares_line(self.function):
            yield "other code stands on the line where the guard would go"
        if self.facts.defaults.reads_signature(self.default):
            yield "a framework may read the default from the signature"
        if LASTING_NAME.search(self.name):
            yield f"`{self.name}` sounds as if it were meant to last"
        if any(map(self.compares_with_none, walk(self.function))):
            yield f"`None` has a meaning for `{self.name}` already"
        if self.is_given_none() and self.facts.defaults.change(self.default) is None:
            yield f"the annotation lets callers give `None` for `{self.name}`, which may not mean the default"
        if any(isinstance(node, (ast.Global, ast.Nonlocal)) for node in self.own_nodes()):
            yield "the function declares names `global` or `nonlocal`"
        if any(map(self.is_reflection, walk(self.function))):
            yield "the function looks at its own variables"
        yield from self.objections_to_value()
        lines = range(self.function.lineno, self.function.body[0].lineno + 1)
        if any(line in lines and is_type_comment(text) for line, text in self.source.comments):
            yield "a type comment tells the parameter's type"

    def objections_to_value(self) -> Iterator[str]:
        """Why the value cannot be made in the body: it does more than make a container, or its names mean others."""
        value = self.default.value
        for node in walk(value):
            if isinstance(node, ast.NamedExpr):
                yield f"the default binds `{node.target.id}`"
            elif isinstance(node, ast.Call) and not self.is_repeatable(node):
                yield f"calling `{ast.unparse(node.func)}` again may give something else"
            elif not isinstance(node, (*PURE_PARTS, ast.Call)):
                yield "making the default again may give something else"
        inside = self.facts.names.inner(self.function)
        for name in (node for node in walk(value) if isinstance(node, ast.Name)):
            binding = self.facts.names.binding(name)
            if binding is not None and binding.scope.node in walk(value):
                continue
            if self.facts.names.lookup(inside, name.id) is not binding:
                yield f"`{name.id}` means something else in the body"
            elif binding is not None and not self.is_fixed(binding):
                yield f"`{name.id}` may have another value by the time of the call"

    def is_repeatable(self, call: ast.Call) -> bool:
        """Whether a call gives an equal value each time."""
        return self.facts.names.qualified(call.func) in REPEATABLE or self.facts.kinds.made(call) in CONTAINERS

    def is_fixed(self, binding: Binding) -> bool:
        """Whether a name keeps its value: imports alone bind it, or one statement outside loops."""
        kinds = {definition.kind for definition in binding.definitions}
        if kinds == {DefinitionKind.IMPORT}:
            return True
        if binding.sole is None or binding.sole.kind not in FIXED | {DefinitionKind.ASSIGNMENT}:
            return False
        around = self.facts.tree.ancestors(binding.sole.node)
        stay = (*FUNCTIONS, ast.Module, ast.ClassDef)
        for outer in around:
            if isinstance(outer, (ast.For, ast.AsyncFor, ast.While)):
                return False
            if isinstance(outer, stay) and outer is binding.scope.node:
                return True
        return False

    def is_reflection(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Name) and self.facts.names.qualified(node) in REFLECTION

    def is_generator(self) -> bool:
        return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in self.own_nodes())

    def own_nodes(self) -> Iterator[ast.AST]:
        """The nodes of the body, without those of inner functions and classes."""
        body = self.function.body
        waiting: list[ast.AST] = [*body] if isinstance(body, list) else [body]
        while waiting:
            node = waiting.pop()
            yield node
            if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
                waiting += ast.iter_child_nodes(node)

    def shares_line(self, function: Definition) -> bool:
        """Whether the statement that the guard is to go above does not begin a line of its own."""
        following = function.body[self.leading(function)]
        line = first_line(following)
        before = self.source.lines[line - 1][: self.facts.tree.span(following)[0].column - 1]
        continued = self.source.lines[line - 2].endswith("\\")
        return continued or (line == following.lineno and bool(before.strip()))

    def compares_with_none(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Match) and isinstance(node.subject, ast.Name) and self.is_parameter(node.subject):
            return any(isinstance(part, ast.MatchSingleton) and part.value is None for part in walk(node))
        if not isinstance(node, ast.Compare):
            return False
        sides = [node.left, *node.comparators]
        named = any(isinstance(side, ast.Name) and self.is_parameter(side) for side in sides)
        return named and any(isinstance(side, ast.Constant) and side.value is None for side in sides)

    def is_parameter(self, name: ast.Name) -> bool:
        return self.facts.names.binding(name) is self.facts.names.binding_of(self.default.parameter)

    def leading(self, function: Definition) -> int:
        """How many statements stay in front of the guard: the docstring, imports, guards of earlier parameters."""
        earlier = self.earlier_parameters(function)
        for position, statement in enumerate(function.body[:-1]):
            if position == 0 and is_docstring(statement):
                continue
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                if self.name not in {alias.asname or alias.name.partition(".")[0] for alias in statement.names}:
                    continue
            elif guarded(statement) in earlier and not self.mentions(statement):
                continue
            return position
        return len(function.body) - 1

    def earlier_parameters(self, function: Definition) -> set[str]:
        arguments = function.args
        names = [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        return set(names[: names.index(self.name)])

    def mentions(self, statement: ast.stmt) -> bool:
        return any(isinstance(node, ast.Name) and node.id == self.name for node in walk(statement))

    def place(self, function: Definition) -> tuple[Position, str]:
        """The end of the line below which the guard goes, and its indentation; comments stay with their statement."""
        following = function.body[self.leading(function)]
        lines = self.source.lines
        line = first_line(following)
        text = lines[line - 1]
        above = [statement.end_lineno or 1 for statement in function.body if statement.lineno < following.lineno]
        while line - 1 > max(above, default=function.lineno) and lines[line - 2].lstrip().startswith("#"):
            line -= 1
        return Position(line - 1, len(lines[line - 2]) + 1), text[: len(text) - len(text.lstrip())]

    def step(self, function: Definition, indent: str) -> str:
        """One more level of indentation, as deep as the body is inside its `def`."""
        header = self.source.lines[function.lineno - 1]
        return indent[len(header) - len(header.lstrip()) :] or "    "

    def value_span(self) -> tuple[Position, Position] | None:
        """Where the default stands, with the parentheses around it; None where a comment stands in there."""
        start, end = self.facts.tree.span(self.default.value)
        named = self.facts.tree.span(self.default.parameter)[1]
        before = self.source.between(named, start)
        opened = before.count("(")
        if "#" in before or holds_comment(self.source.between(start, end)):
            return None
        if opened:
            start = at(self.source, named, before.index("("))
        rest = self.source.between(end, Position(len(self.source.lines), len(self.source.lines[-1]) + 1))
        closed = re.match(rf"(?:\s*\)){{{opened}}}", rest)
        return (start, at(self.source, end, closed.end())) if closed else None

    def widened(self) -> tuple[Edit, ...] | None:
        """The edits that let the annotation bear None; None where that is not plain."""
        annotation = self.default.parameter.annotation
        if annotation is None or self.types.allows_none(annotation):
            return ()
        return self.types.widened(annotation, self.facts.tree.span(self.default.parameter)[1], self.function)

    def is_given_none(self) -> bool:
        """Whether the annotation speaks of None: it means something to callers, where the function gets by with it."""
        annotation = self.default.parameter.annotation
        if annotation is None or self.facts.names.qualified(annotation) in WITH_NONE:
            return False
        return self.types.allows_none(annotation)


def guarded(statement: ast.stmt) -> str | None:
    """The name that `if name is None: name = …` guards."""
    if not isinstance(statement, ast.If) or statement.orelse or len(statement.body) != 1:
        return None
    test, made = statement.test, statement.body[0]
    if not (isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and isinstance(test.ops[0], ast.Is)):
        return None
    if not isinstance(made, ast.Assign) or not isinstance(made.targets[0], ast.Name):
        return None
    return test.left.id if made.targets[0].id == test.left.id else None


def is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def is_type_comment(text: str) -> bool:
    return bool(re.match(r"#\s*type:(?!\s*ignore\b)", text))


def holds_comment(text: str) -> bool:
    return "#" in text and bool(SourceFile("", f"({text})").comments)


def at(source: SourceFile, start: Position, offset: int) -> Position:
    """The place so many characters behind another."""
    line, column = start.line, start.column - 1 + offset
    while column > len(source.lines[line - 1]):
        column -= len(source.lines[line - 1]) + 1
        line += 1
    return Position(line, column + 1)
