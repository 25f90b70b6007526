"""What code does besides giving a value: nothing, nothing outside its own function, or who knows what."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.facts.escape import Role, changes
from memlint.facts.kinds import MUTABLE
from memlint.facts.names import Definition, DefinitionKind
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

QUIET = (
    ast.AnnAssign, ast.Assign, ast.AugAssign, ast.Break, ast.Continue, ast.Expr, ast.For, ast.If, ast.Pass, ast.Raise,
    ast.Return, ast.While,
)  # fmt: skip
"""Statements that do nothing beyond their expressions, their targets and the course that they take."""

LOUD = (ast.Await, ast.Yield, ast.YieldFrom, ast.Lambda)
NUMBERS_AND_TEXTS = frozenset({"bool", "bytes", "complex", "float", "int", "str"})
NAMESPACES = ("builtins.globals", "builtins.locals", "builtins.vars")
HANDED_ON = frozenset({Role.STORED, Role.PASSED, Role.ALIASED, Role.YIELDED})

QUESTION = re.compile(r"_*(?:(?:any|are|can|contains|equals?|get|has|matches|should)(?![a-z])|is(?!sue))(?!.*valid$)")
"""How functions are called that only tell; `is_valid` of forms collects errors."""


class Purity:
    """Tells by tables of known calls; to read an attribute, to compare, to add is pure, whatever it runs."""

    def __init__(self, facts: Facts) -> None:
        self.names = facts.names
        self.kinds = facts.kinds
        self.escape = facts.escape

    def is_pure(self, *expressions: ast.expr) -> bool:
        """Whether evaluating the expressions changes nothing, binds nothing and runs no unknown code."""
        for expression in expressions:
            for node in walk(expression):
                if isinstance(node, (*LOUD, ast.NamedExpr)):
                    return False
                if isinstance(node, ast.Call) and not self.is_pure_call(node):
                    return False
        return True

    def is_pure_call(self, call: ast.Call) -> bool:
        """Whether a call is one of those known to be pure; one that is given a `key` runs that."""
        if any(keyword.arg in (None, "key") for keyword in call.keywords):
            return False
        qualified = self.names.qualified(call.func)
        if qualified is None:
            return isinstance(call.func, ast.Attribute) and call.func.attr in known("pure", "methods", "names")
        functions, exceptions = known("pure", "functions", "names"), known("pure", "functions", "exceptions")
        return qualified in functions or qualified in exceptions or qualified.startswith(self.modules)

    def only_tells(self, expression: ast.expr) -> bool:
        """Whether the calls in an expression look like questions; those of others may be wanted for each element."""
        calls = (part for part in walk(expression) if isinstance(part, ast.Call))
        return all(self.is_pure_call(call) or is_question(call) for call in calls)

    def is_plain(self, expression: ast.expr) -> bool:
        """Whether an expression calls at most builtins and looks nothing up by a key, which may make an entry."""
        return all(
            (self.names.qualified(part.func) or "").startswith("builtins.")
            if isinstance(part, ast.Call)
            else not isinstance(part, ast.Subscript) or isinstance(part.slice, (ast.Constant, ast.Slice))
            for part in walk(expression)
        )

    @property
    def modules(self) -> tuple[str, ...]:
        return tuple(known("pure", "functions", "modules"))

    def is_confined(self, nodes: Iterable[ast.AST], until: ast.AST) -> bool:
        """Whether code changes nothing but its function's variables and what containers they alone hold, until then."""
        for node in (inner for root in nodes for inner in walk(root)):
            if isinstance(node, LOUD) or (isinstance(node, ast.stmt) and not isinstance(node, QUIET)):
                return False
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                if not self.is_local(node):
                    return False
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                if self.starting_kind(node.target) not in NUMBERS_AND_TEXTS and not self.is_own(node.target, until):
                    return False
            elif isinstance(node, (ast.Attribute, ast.Subscript)) and not isinstance(node.ctx, ast.Load):
                if isinstance(node, ast.Attribute) or not self.is_own(node.value, until):
                    return False
            elif isinstance(node, ast.Call) and not self.is_pure_call(node) and not self.changes_own(node, until):
                return False
        return True

    def changes_own(self, call: ast.Call, until: ast.AST) -> bool:
        """Whether a call is a method that changes a container of this function's own."""
        function = call.func
        return isinstance(function, ast.Attribute) and changes(function.attr) and self.is_own(function.value, until)

    def is_own(self, value: ast.expr, until: ast.AST) -> bool:
        """Whether a value is (part of) a container made in this function and handed on only after `until`."""
        while isinstance(value, ast.Subscript) or is_default_entry(value):
            value = value.value if isinstance(value, ast.Subscript) else value.func.value  # type: ignore[attr-defined]
        binding = self.names.binding(value) if isinstance(value, ast.Name) else None
        if binding is None or not isinstance(value, ast.Name) or not self.is_local(value):
            return False
        made = [
            each for each in binding.definitions if each.kind not in (DefinitionKind.AUGMENTED, DefinitionKind.DELETE)
        ]
        if self.starting_kind(value) not in MUTABLE or any(map(self.is_namespace, made)):
            return False
        if not all(self.kinds.made(each.value) for each in made):
            return False
        if any(len(getattr(made.statement, "targets", ())) > 1 for made in binding.definitions):
            return False
        end = getattr(until, "end_lineno", None) or 0
        return not any(fate.role in HANDED_ON and fate.use.lineno <= end for fate in self.escape.own_fates(binding))

    def starting_kind(self, name: ast.Name) -> str | None:
        """The kind of what a variable is given, `x += …` apart."""
        binding = self.names.binding(name)
        made = binding.definitions if binding else []
        return self.kinds.of_definitions(each for each in made if each.kind is not DefinitionKind.AUGMENTED)

    def is_namespace(self, made: Definition) -> bool:
        """Whether a definition binds the dictionary of a module or object, which everyone sees."""
        return isinstance(made.value, ast.Call) and self.names.qualified(made.value.func) in NAMESPACES

    def is_local(self, name: ast.Name) -> bool:
        """Whether a name is a variable of the function that it stands in; in a module's own code, of the module."""
        binding = self.names.binding(name)
        return binding is not None and binding.scope.owner is self.names.scope_of(name).owner


def is_default_entry(value: ast.expr) -> bool:
    """Whether an expression is `d.setdefault(…)`."""
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "setdefault"


def is_question(call: ast.Call) -> bool:
    """Whether a call is named like a question."""
    return QUESTION.match(getattr(call.func, "id", getattr(call.func, "attr", ""))) is not None
