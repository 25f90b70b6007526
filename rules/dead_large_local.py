from __future__ import annotations

import ast

from memlint.api import LARGE_MAKERS, Effect, Facts, Fix, Rule, Safety, Slice, all_of, cst


class DeadLargeLocal(Rule):
    """A local name holds its value until the function ends, however long nothing has used it."""

    code = "ML401"
    name = "dead-large-local"
    effect = Effect.PEAK
    fixes = (Safety.SAFE, Safety.UNSAFE)
    gate = all_of(rb"=", file=(LARGE_MAKERS,))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.temporaries.dead(each) for each in facts.temporaries.candidates(part.first, part.last))

    def visit_Assign(self, node: cst.Assign) -> None:
        self.examine(self.twin(node, ast.Assign))

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self.examine(self.twin(node, ast.AnnAssign))

    def examine(self, statement: ast.Assign | ast.AnnAssign | None) -> None:
        found = self.facts.temporaries.dead(statement) if statement else None
        if statement is None or found is None:
            return
        fix = None if found.unfixed else self.deletion(found.name, found.last)
        self.report(
            statement,
            f"`{found.name}` is used no more, but holds {found.what} while {found.how}: "
            f"`del {found.name}` after its last use",
            related=[(found.last, "its last use"), (found.event, "what it is held through")],
            fix=fix,
            unfixed=found.unfixed or ("" if fix else "the last use shares its line"),
            optional=isinstance(self.facts.tree.function(statement), ast.Module) and not self.facts.closures.is_program,
        )

    def deletion(self, name: str, last: ast.stmt) -> Fix | None:
        """Delete the name on a line of its own behind the last use."""
        insertion = self.insertion_behind(last, f"del {name}")
        is_module = isinstance(self.facts.tree.function(last), ast.Module)
        safety = Safety.UNSAFE if is_module else Safety.SAFE
        return Fix(f"delete `{name}` after its last use", safety, (insertion,)) if insertion else None
