from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Rule, Safety, Severity, Slice, all_of, cst


class ImageLost(Rule):
    """A widget knows its image by name alone; when Python frees the image, the widget goes blank."""

    code = "ML916"
    name = "image-lost"
    effect = Effect.LOST
    severity = Severity.ERROR
    quiet_in_tests = True
    fixes = (Safety.SAFE,)
    gate = all_of(rb"\bdef\b", rb"image", file=(rb"PhotoImage|BitmapImage",))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return facts.frameworks.uses("tkinter") and any(map(facts.images.lost, part.nodes(ast.Call)))

    def visit_Call(self, node: cst.Call) -> None:
        call = self.twin(node, ast.Call)
        found = self.facts.images.lost(call) if call and self.facts.frameworks.uses("tkinter") else None
        if call is None or found is None:
            return
        image = f"`{found.name.id}`" if found.name else "the image"
        holder = f"`{found.widget}`" if found.widget else "the widget"
        fix = self.hold(found.used, f"{found.widget}.image = {found.name.id}") if found.widget and found.name else None
        self.report(
            call,
            f"{image} is freed when the function returns, and {holder} goes blank: keep a reference, as in "
            f"`{found.widget or 'widget'}.image = {found.name.id if found.name else 'image'}`",
            related=[(found.used, "the widget that shows it")],
            fix=fix,
            unfixed="" if fix else "the image or the widget has no name here",
        )

    def hold(self, used: ast.AST, content: str) -> Fix | None:
        """Give the widget an attribute that refers to the image."""
        statement = self.facts.tree.statement(used)
        insertion = self.insertion_behind(statement, content) if statement else None
        return Fix("keep the image on its widget", Safety.SAFE, (insertion,)) if insertion else None
