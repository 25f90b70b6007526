from __future__ import annotations

import ast
import re

from memlint.api import ClassModel, Edit, Effect, Facts, Fix, Rule, Safety, Scan, SharedContainer, Slice, all_of, cst

MADE = rb"=(?:[\s\\(]|#[^\n]*\n)*(?:[\[{]|[\w.]+[\s\\]*\()"
HEADER = re.compile(rb"(class\b)|(?:async\s+)?def\b")
BOUND = re.compile(rb"(?:class\b.*?:)?[\s(]*([\w\x80-\xff]+)[\s)]*(?::[^=]*)?" + MADE)


def fills_shared(scan: Scan) -> bool:
    """Whether a class body binds a name to what may be a new container, and some object has an attribute of that
    name."""
    around: list[tuple[int, bool]] = []
    made: set[bytes] = set()
    for line in scan.lines:
        text = line.lstrip()
        depth = len(line) - len(text)
        while text and around and around[-1][0] >= depth:
            around.pop()
        header = HEADER.match(text)
        if header:
            around.append((depth, header[1] is not None))
        if around and around[-1][1] and b"=" in text:
            made.update(found[1] for part in text.split(b";") if (found := BOUND.match(part)))
    names = (name for name in made if not str(name, "utf-8", "replace").isupper() and not name.startswith(b"__"))
    return any(is_attribute(name, scan.data) for name in names)


def is_attribute(name: bytes, data: bytes) -> bool:
    """Whether a name stands behind a dot."""
    return b"." + name in data or re.search(rb"\.(?:[\s\\]|#[^\n]*\n)+%b\b" % name, data) is not None


class SharedClassContainer(Rule):
    """A container made in the class body is one object; what an instance puts in, all others find there."""

    code = "ML203"
    name = "shared-class-container"
    effect = Effect.SHARED
    also = ("RUF012",)
    fixes = (Safety.UNSAFE,)
    quiet_in_tests = True
    gate = all_of(rb"class", rb"def", MADE, rb"\.", file=(rb"\bclass\b", rb"\bdef\b", MADE, fills_shared))

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
            optional=not self.facts.population.is_many(model),
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
