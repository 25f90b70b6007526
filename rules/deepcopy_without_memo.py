from __future__ import annotations

import ast
from collections.abc import Iterator

from memlint.api import Edit, Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst, walk


class DeepcopyWithoutMemo(Rule):
    """A `__deepcopy__` that deep-copies parts without its memo loses what they share and runs in circles on cycles."""

    code = "ML507"
    name = "deepcopy-without-memo"
    effect = Effect.SHARED
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"__deepcopy__", file=(rb"deepcopy[\s\\]*\(|import[^\n]*\bcopy|import[\s\S]{0,200}\bdeepcopy",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(any(bare_copies(facts, function)) for function in part.nodes(ast.FunctionDef))

    def visit_FunctionDef(self, node: cst.FunctionDef) -> None:
        function = self.twin(node, ast.FunctionDef)
        bare = list(bare_copies(self.facts, function)) if function else []
        if function is None or not bare:
            return
        memo = memo_of(function)
        fix = self.passed_on(bare, memo)
        self.report(
            bare[0],
            f"`{self.text(bare[0].func)}` begins a memo of its own here, so an object that is reached twice is copied "
            f"twice and a cycle is copied without end; pass `{memo.arg}` on",
            related=[(call, "another one") for call in bare[1:]],
            fix=fix,
            unfixed="" if fix else "a call holds more than its argument, or another of these calls",
            optional=is_begun_by_base(self.facts, function) or (len(bare) == 1 and is_of_own_kind(self.facts, bare[0])),
        )

    def passed_on(self, calls: list[ast.Call], memo: ast.arg) -> Fix | None:
        """The fix that gives the memo to all these calls as their second argument."""
        edits = []
        for call in calls:
            given = call.args[0]
            if self.text(call) != f"{self.text(call.func)}({self.text(given)})":
                return None
            if isinstance(given, ast.GeneratorExp) or any(other in walk(given) for other in calls):
                return None
            end = self.slice.span(given)[1]
            edits.append(Edit(end, end, f", {memo.arg}"))
        return Fix(f"pass `{memo.arg}` on", Safety.UNSAFE, tuple(edits))


def bare_copies(facts: Facts, function: ast.FunctionDef) -> Iterator[ast.Call]:
    """The deep copies in a `__deepcopy__` that get no memo."""
    if function.name != "__deepcopy__" or len(function.args.posonlyargs + function.args.args) < 2:
        return
    if not isinstance(facts.tree.parents[function], ast.ClassDef) or is_rebound(facts, memo_of(function)):
        return
    calls = [node for node in walk(function) if isinstance(node, ast.Call)]
    for node in sorted(calls, key=lambda call: (call.lineno, call.col_offset)):
        if node.args and is_view(node.args[0]):
            continue
        if len(node.args) == 1 and not node.keywords:
            is_whole = not isinstance(node.args[0], ast.Starred)
            if is_whole and facts.names.qualified(node.func) == "copy.deepcopy":
                yield node


def is_begun_by_base(facts: Facts, function: ast.FunctionDef) -> bool:
    """Whether the copy itself comes from `super().__deepcopy__(memo)`, whose own rules are not seen."""
    begun = (node.value for node in walk(function) if isinstance(node, ast.Attribute) and node.attr == function.name)
    return any(isinstance(each, ast.Call) and facts.names.qualified(each.func) == "builtins.super" for each in begun)


def memo_of(function: ast.FunctionDef) -> ast.arg:
    return (function.args.posonlyargs + function.args.args)[1]


def is_rebound(facts: Facts, memo: ast.arg) -> bool:
    """Whether the parameter gets another value, so that it may be no memo."""
    binding = facts.names.binding_of(memo)
    return binding is None or binding.sole is None


def is_of_own_kind(facts: Facts, call: ast.Call) -> bool:
    """Whether what is copied is an attribute that holds instances of a class of this file with a `__deepcopy__` of its
    own."""
    given = call.args[0]
    model = facts.classes.instance(given.value) if isinstance(given, ast.Attribute) else None
    stores = model.stores_of(given.attr) if model and isinstance(given, ast.Attribute) else ()
    makers = {each.node.name for each in facts.classes.models.values() if "__deepcopy__" in each.methods}
    read = {node.id for each in stores for node in walk(each.value) if isinstance(node, ast.Name)}
    return not makers.isdisjoint(read)


def is_view(value: ast.expr) -> bool:
    """Whether a value looks like a view of a dictionary, which no deep copy can be made of."""
    called = value.func if isinstance(value, ast.Call) and not value.args else None
    return isinstance(called, ast.Attribute) and called.attr in ("items", "keys", "values")
