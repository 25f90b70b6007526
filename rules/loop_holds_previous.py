from __future__ import annotations

import ast

from memlint.api import LARGE_MAKERS, Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst


class LoopHoldsPrevious(Rule):
    """A name that is bound anew lets go of its old value only when the new one is complete."""

    code = "ML402"
    name = "loop-holds-previous"
    effect = Effect.PEAK
    default = False
    fixes = (Safety.SAFE, Safety.UNSAFE)
    gate = all_of(rb"=", rb"\b(?:for|while)\b", file=(LARGE_MAKERS,))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.temporaries.previous(each) for each in facts.temporaries.candidates(part.first, part.last))

    def visit_Assign(self, node: cst.Assign) -> None:
        self.examine(self.twin(node, ast.Assign))

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self.examine(self.twin(node, ast.AnnAssign))

    def examine(self, statement: ast.Assign | ast.AnnAssign | None) -> None:
        found = self.facts.temporaries.previous(statement) if statement else None
        if statement is None or found is None:
            return
        fix = None if found.unfixed else self.deletion(found.name, found.last)
        self.report(
            statement,
            f"`{found.name}` holds {found.what} of the turn before while this one is made, so that there are two at "
            f"once: `del {found.name}` at the end of the loop's body",
            related=[(found.last, "the end of the body")],
            fix=fix,
            unfixed=found.unfixed or ("" if fix else "the last statement of the body shares its line"),
        )

    def deletion(self, name: str, last: ast.stmt) -> Fix | None:
        """Delete the name on a line of its own at the end of the body."""
        insertion = self.insertion_behind(last, f"del {name}")
        is_module = isinstance(self.facts.tree.function(last), ast.Module)
        safety = Safety.UNSAFE if is_module else Safety.SAFE
        return Fix(f"delete `{name}` at the end of each turn", safety, (insertion,)) if insertion else None
