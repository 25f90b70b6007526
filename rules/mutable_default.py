from __future__ import annotations

import ast

from memlint.api import Default, DefaultRule, Effect, Facts, NoneGuard, Safety, Severity, Touch, last_name, walk

OPERATORS = {ast.Add: "+", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.Mult: "*", ast.Sub: "-"}


class MutableDefault(DefaultRule):
    """A default is made once, with the function; a call that changes it changes it for every later call."""

    code = "ML201"
    name = "mutable-default"
    effect = Effect.SHARED
    also = ("B006",)
    severity = Severity.ERROR
    fixes = (Safety.UNSAFE,)

    @classmethod
    def fault(cls, facts: Facts, default: Default) -> Touch | None:
        return facts.defaults.change(default)

    def report_fault(self, default: Default, change: Touch) -> None:
        fix, unfixed = NoneGuard(self.facts, default).fix()
        name, local = default.parameter.arg, self.facts.defaults.shown(change.use)
        alias = "" if local == name else f", where `{local}` is `{name}`,"
        self.report(
            default.value,
            f"default `{self.facts.defaults.shown(default.value)}` of `{name}` is made once and shared by every call; "
            f"`{self.in_words(change)}`{alias} changes it for the next call: use `None`",
            related=[(change.by if isinstance(change.by, (ast.expr, ast.stmt)) else change.use, "the change")],
            fix=fix,
            unfixed=unfixed,
            optional=self.facts.defaults.is_of_one_call(default) or recalls(default),
        )

    def in_words(self, change: Touch) -> str:
        """The change as it is written, without what is put in."""
        by = change.by
        if isinstance(by, ast.AugAssign):
            return f"{self.text(by.target)} {OPERATORS[type(by.op)]}= …"
        if isinstance(by, ast.Subscript):
            written, parent = self.facts.defaults.shown(by), self.facts.tree.parents[by]
            if isinstance(parent, ast.AugAssign):
                return f"{written} {OPERATORS.get(type(parent.op), '')}= …"
            return f"del {written}" if isinstance(by.ctx, ast.Del) else f"{written} = …"
        if isinstance(by, ast.Call) and isinstance(by.func, ast.Attribute):
            return self.facts.defaults.shown(by.func)
        return self.facts.defaults.shown(by if isinstance(by, ast.expr) else change.use)


def recalls(default: Default) -> bool:
    """Whether the function calls itself without the argument, and so finds in the default what its other runs put
    there: it may be meant as a memory."""
    arguments = default.function.args
    in_order = [*arguments.posonlyargs, *arguments.args]
    position = in_order.index(default.parameter) if default.parameter in in_order else len(in_order)
    return any(
        isinstance(node, ast.Call)
        and last_name(node.func) == getattr(default.function, "name", "")
        and len(node.args) <= position - isinstance(node.func, ast.Attribute)
        and all(each.arg not in (None, default.parameter.arg) for each in node.keywords)
        and not any(isinstance(each, ast.Starred) for each in node.args)
        for node in walk(default.function)
    )
