from __future__ import annotations

import ast
from collections.abc import Iterator

from memlint.api import Edit, Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst


class DeepcopyWithoutMemo(Rule):
    """A `__deepcopy__` that deep-copies parts without its memo loses what they share and runs in circles on cycles."""

    code = "ML507"
    name = "deepcopy-without-memo"
    effect = Effect.SHARED
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"__deepcopy__", file=(rb"deepcopy[\s\\]*\(|import[^\n]*\bcopy|import[\s\S]{0,200}\bdeepcopy",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        functions = (node for statement in part.statements for node in ast.walk(statement))
        return any(isinstance(node, ast.FunctionDef) and any(bare_copies(facts, node)) for node in functions)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        function = self.twin(node, ast.FunctionDef)
        for call in bare_copies(self.facts, function) if function else ():
            assert function is not None
            memo = memo_of(function)
            self.report(
                call,
                f"`{self.facts.source.between(*self.slice.span(call.func))}` starts a memo of its own, so what its argument "
                f"shares with the rest is copied twice, and a cycle without end; pass `{memo.arg}` on",
                related=[(memo, "the memo")],
                fix=self.passed_on(call, memo),
                unfixed="a comment or a comma ends the arguments",
            )

    def passed_on(self, call: ast.Call, memo: ast.arg) -> Fix | None:
        """The fix that gives the memo as the second argument."""
        text = self.text(call)
        argument = self.slice.span(call.args[0])[1]
        if text != f"{self.text(call.func)}({self.text(call.args[0])})":
            return None
        return Fix(f"pass `{memo.arg}` on", Safety.UNSAFE, (Edit(argument, argument, f", {memo.arg}"),))


def bare_copies(facts: Facts, function: ast.FunctionDef) -> Iterator[ast.Call]:
    """The deep copies in a `__deepcopy__` that get no memo."""
    if function.name != "__deepcopy__" or len(function.args.posonlyargs + function.args.args) < 2:
        return
    if not isinstance(facts.tree.parents[function], ast.ClassDef) or is_rebound(facts, memo_of(function)):
        return
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
            is_whole = not isinstance(node.args[0], ast.Starred)
            if is_whole and facts.names.qualified(node.func) == "copy.deepcopy":
                yield node


def memo_of(function: ast.FunctionDef) -> ast.arg:
    return (function.args.posonlyargs + function.args.args)[1]


def is_rebound(facts: Facts, memo: ast.arg) -> bool:
    """Whether the parameter gets another value, so that it may be no memo."""
    binding = facts.names.binding_of(memo)
    return binding is None or binding.sole is None
