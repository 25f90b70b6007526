"""Messages to loggers: large values whose text is made before the logger is asked whether anybody wants it."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING

from memlint.facts.branches import walk
from memlint.knowledge import names as known

if TYPE_CHECKING:
    from memlint.facts import Facts

CONDITIONS = (ast.BoolOp, ast.If, ast.IfExp, ast.Match, ast.While)


class LogMessages:
    """Asks of a call whether it hands a message of low level to a logger, with the text of a large value in it."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts

    def written_out(self, call: ast.Call) -> ast.expr | None:
        """The large value whose text is in the message of a call, made whether or not the level is on."""
        if len(call.args) != 1 or call.keywords or not shown(call.args[0]):
            return None
        if not self.is_of_logger(call.func) or self.is_asked(call):
            return None
        return next((each for each in shown(call.args[0]) if self.is_spelled_out(each)), None)

    def is_spelled_out(self, value: ast.expr) -> bool:
        """Whether a value is large, and its text as long as it is: that of an array or a frame is cut short."""
        held = self.facts.producers.held(value)
        return held is not None and held.kind in known("logs", "texts", "long")

    def is_of_logger(self, method: ast.expr) -> bool:
        """Whether a callable is a function of the logging module for a low level, or such a method of a logger."""
        if self.facts.names.qualified(method) in known("logs", "low", "functions"):
            return True
        if not isinstance(method, ast.Attribute) or method.attr not in known("logs", "low", "methods"):
            return False
        values = self.values(method.value)
        getters = known("logs", "loggers", "given_by")
        made = [
            each for each in values if isinstance(each, ast.Call) and self.facts.names.qualified(each.func) in getters
        ]
        return bool(values) and len(made) == len(values)

    def values(self, logger: ast.expr) -> list[ast.expr]:
        """Everything that a name or an attribute of the instance is bound to; empty if some of it is unknown."""
        if isinstance(logger, ast.Attribute):
            model = self.facts.classes.instance(logger.value)
            return [store.value for store in model.stores_of(logger.attr)] if model else []
        binding = self.facts.names.binding(logger) if isinstance(logger, ast.Name) else None
        if binding is None:
            return [logger]
        values = [each.value for each in binding.definitions if each.value is not None]
        return values if len(values) == len(binding.definitions) else []

    def is_asked(self, call: ast.Call) -> bool:
        """Whether code of the function asks for the level, a condition is around the call, or the module itself makes
        the message, once."""
        function = self.facts.tree.function(call)
        if isinstance(function, ast.Module):
            return True
        for outer in self.facts.tree.ancestors(call):
            if outer is function:
                break
            if isinstance(outer, CONDITIONS):
                return True
        asking = known("logs", "low", "asking")
        return any(isinstance(node, ast.Attribute) and node.attr in asking for node in walk(function))


def shown(message: ast.expr) -> Sequence[ast.expr]:
    """The values whose whole text a message puts in: of an f-string, of `%`, of `format`."""
    if isinstance(message, ast.JoinedStr):
        return [part.value for part in message.values if isinstance(part, ast.FormattedValue)]
    if isinstance(message, ast.BinOp) and isinstance(message.op, ast.Mod) and is_text(message.left):
        return message.right.elts if isinstance(message.right, ast.Tuple) else [message.right]
    if not isinstance(message, ast.Call) or not isinstance(message.func, ast.Attribute):
        return []
    if message.func.attr != "format" or not is_text(message.func.value):
        return []
    return [*message.args, *(each.value for each in message.keywords)]


def is_text(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
