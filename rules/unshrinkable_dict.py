from __future__ import annotations

from collections.abc import Iterator

from memlint.api import Drain, Effect, Facts, Home, Rule, Severity, Slice, all_of, cst

TAKING = rb"\bdel\b|pop|discard|remove"


class UnshrinkableDict(Rule):
    """A long-lived dict or set is emptied entry by entry, and keeps the table that it had when it was full."""

    code = "ML419"
    name = "unshrinkable-dict"
    effect = Effect.KEPT
    severity = Severity.INFO
    default = False
    gate = all_of(rb"\bdef\b", rb"\bfor\b|\bwhile\b", TAKING)

    @classmethod
    def found(cls, facts: Facts, part: Slice) -> Iterator[Drain]:
        """The drains whose loop stands in the slice."""
        return (each for each in facts.drains.found if part.first <= each.loop.lineno <= part.last)

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return next(cls.found(facts, part), None) is not None

    def visit_Module(self, node: cst.Module) -> None:
        for drain in self.found(self.facts, self.slice):
            is_of_module = drain.container.home is Home.MODULE
            told = drain.container.name if is_of_module else f"self.{drain.container.name}"
            what = "set" if drain.container.kind == "set" else "dict"
            self.report(
                drain.taking,
                f"`{told}` keeps the table of its fullest time: a {what} that loses its entries one by one does not "
                f"shrink; call `{told}.clear()` when the loop is done",
                related=[(drain.container.statement, "it is made here")],
            )
