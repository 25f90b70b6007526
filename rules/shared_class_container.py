from __future__ import annotations

import ast

from memlint.api import ClassModel, Edit, Effect, Facts, Fix, Rule, Safety, SharedContainer, Slice, all_of, cst

MADE = rb"=(?:[\s\\(]|#[^\n]*\n)*(?:[\[{]|[\w.]+[\s\\]*\()"


class SharedClassContainer(Rule):
    """A container made in the class body is one object; what an instance puts in, all others find there."""

    code = "ML203"
    name = "shared-class-container"
    effect = Effect.SHARED
    also = ("RUF012",)
    claims = ("singleton",)
    fixes = (Safety.UNSAFE,)
    quiet_in_tests = True
    gate = all_of(rb"class", rb"def", MADE, rb"\.")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        models = facts.classes.within(part.first, part.last)
        return any(facts.class_containers.of(model) or any(facts.class_containers.lent(model)) for model in models)

    def visit_ClassDef(self, node: cst.ClassDef) -> None:
        owner = self.twin(node, ast.ClassDef)
        if owner is None:
            return
        model = self.facts.classes.of(owner)
        for shared in self.facts.class_containers.of(model):
            self.report_container(model, shared)
        for shared in self.facts.class_containers.lent(model):
            self.report(
                shared.statement,
                f"`{shared.name}` is made once, with the class, and {self.quoted(shared.use)} hands it on: what others "
                f"put in for one `{model.node.name}` is in all of them; make it in `__init__`, or `None` here",
                related=[(shared.growth, "handed on here")],
                optional=True,
            )

    def report_container(self, model: ClassModel, shared: SharedContainer) -> None:
        unfixed = self.objection(model, shared)
        self.report(
            shared.statement,
            f"`{shared.name}` is made once, with the class: what {self.told(shared.growth)} puts in for one "
            f"`{model.node.name}` is in all of them; make it in `__init__`",
            related=[(shared.growth, "the change")],
            fix=None if unfixed else self.moved(model, shared),
            unfixed=unfixed,
            optional=is_made_anew(self.facts, model) or not self.facts.population.is_many(model),
        )

    def objection(self, model: ClassModel, shared: SharedContainer) -> str:
        """Why the container cannot move into `__init__`; empty where it can."""
        maker = model.methods.get("__init__")
        if maker is None or maker not in model.node.body or not maker.args.args:
            return f"`{model.node.name}` has no `__init__` of its own"
        scope = self.facts.names.inner(model.node)
        if scope.bindings[shared.name].uses or not self.facts.classes.is_free_of(scope, shared.value):
            return "the class body reads one of the names itself"
        if not self.facts.classes.runs_in_subclasses(model):
            return "a subclass does not call `__init__` of its base"
        if self.delete_statement(shared.statement) is None or "\n" in self.text(shared.statement):
            return "a comment, another statement or a line break stands in the way"
        return "" if maker.body[0].lineno > maker.lineno else "`__init__` is written on one line"

    def moved(self, model: ClassModel, shared: SharedContainer) -> Fix | None:
        """Make the container in `__init__`, below the docstring and others of its kind."""
        maker, deletion = model.methods["__init__"], self.delete_statement(shared.statement)
        made = f"{maker.args.args[0].arg}.{self.text(shared.statement)}"
        above = self.leading(maker)
        if above is not None:
            end = self.line_end(above.end_lineno or above.lineno)
            edit = Edit(end, end, f"\n{self.indentation(above)}{made}")
        else:
            start = self.slice.span(maker.body[0])[0]
            edit = Edit(start, start, f"{made}\n{self.indentation(maker.body[0])}")
        return Fix(f"make `{shared.name}` in `__init__`", Safety.UNSAFE, (deletion, edit)) if deletion else None

    def leading(self, maker: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.stmt | None:
        """The last of the statements that `__init__` begins with and that make a container, or its docstring."""
        above = maker.body[0] if ast.get_docstring(maker) is not None else None
        for statement in maker.body[1:] if above else maker.body:
            value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
            if value is None or not self.facts.class_containers.is_container(value):
                break
            above = statement
        return above


def is_made_anew(facts: Facts, model: ClassModel) -> bool:
    """Whether a function makes the class, with a container of its own, on each call."""
    return not isinstance(facts.tree.function(model.node), ast.Module)
