from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Needless, Rule, Safety, Severity, Slice, all_of, cst, known

FUNCTIONS = (ast.AsyncFunctionDef, ast.FunctionDef)
ITSELF = ("immutable", "fresh")
"""Where the original can be used as it is."""


class NeedlessDeepcopy(Rule):
    """A deep copy goes through all that a value holds, object by object, where a shallow copy or none would do."""

    code = "ML505"
    name = "needless-deepcopy"
    effect = Effect.TIME
    severity = Severity.INFO
    default = False
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\bdef\b|\blambda\b", rb"\(", file=(rb"deepcopy",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(map(facts.copies.needless, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        found = self.facts.copies.needless(call) if call else None
        if call is None or found is None or (found.why.value == "flat" and self.facts.copies.is_short(found.original)):
            return
        fix = self.replaced(call, found)
        self.report(
            call,
            self.told_why(found),
            fix=fix,
            unfixed="" if fix else "what the copy may share depends on who gets it",
            related=[(each, "a change of the copy") for each in found.by],
            optional=not found.certain or self.is_of_few(call, found),
        )

    def is_of_few(self, call: ast.Call, found: Needless) -> bool:
        """Whether a copy is made for a check that tests run, or is one of a handful of figures."""
        functions = (each for each in self.facts.tree.ancestors(call) if isinstance(each, FUNCTIONS))
        if any(each.name.startswith("assert_") for each in functions):
            return True
        name = getattr(found.original, "id", getattr(found.original, "attr", ""))
        return not known("copies", "handful", "words").isdisjoint(name.lower().split("_"))

    def told_why(self, found: Needless) -> str:
        """The message, by the reason."""
        what = self.quoted(found.original)
        that = what or "what is copied"
        change = self.told(found.by[0]) if found.by else ""
        if found.why.value == "immutable":
            return f"`deepcopy` gives {that} back as it is, which cannot change: use {what or 'it'} itself"
        if found.why.value == "flat":
            return (
                f"{that} holds nothing that can change, and `deepcopy` visits every item: a shallow copy does the same"
            )
        if found.why.value == "fresh":
            return f"{that} is new and nobody else has a part of it; `deepcopy` makes it a second time: use it itself"
        if found.why.value == "read":
            return f"the deep copy of {that} is only read here: read {what or 'it'} itself"
        if found.why.value == "top" and found.certain:
            return f"the deep copy of {that} is changed by {change} alone, at its top level: make a shallow copy"
        if found.why.value == "top":
            return (
                f"only {change} changes the deep copy of {that}, at its top level: "
                "a shallow copy will do unless who gets it changes what is inside"
            )
        if found.why.value == "repeated":
            return f"each pass of the loop copies all of {that} for itself alone: copy only what the pass changes"
        return (
            f"{that} is made here and not read again, and `deepcopy` makes it a second time: copy only what others hold"
        )

    def replaced(self, call: ast.Call, found: Needless) -> Fix | None:
        """Put the original, or a shallow copy of it, in the place of the deep one."""
        text = self.text(found.original)
        if "#" in self.text(call) or "\n" in text:
            return None
        if found.why.value in ITSELF and isinstance(found.original, (ast.Name, ast.Attribute, ast.Call)):
            return Fix("use the object itself", Safety.UNSAFE, (self.replace(call, text),))
        if found.why.value == "flat" and isinstance(found.original, (ast.Name, ast.Attribute)):
            return Fix("make a shallow copy", Safety.UNSAFE, (self.replace(call, f"{text}.copy()"),))
        return None
