from __future__ import annotations

import ast

from memlint.api import Effect, Facts, Fix, Rule, Safety, Severity, Slice, all_of, cst

MAKERS = rb"copy|dict|list|deque|OrderedDict"
DISPLAYS = rb"\*|\|"
SLICES = rb"\[[^\[\]]*:"


class ShallowCopyNestedWrite(Rule):
    """A shallow copy shares its inner objects; a write into one of them through the copy changes the original, too."""

    code = "ML503"
    name = "shallow-copy-nested-write"
    effect = Effect.SHARED
    severity = Severity.ERROR
    default = False
    quiet_in_tests = True
    fixes = (Safety.UNSAFE,)
    gate = all_of(MAKERS + rb"|" + DISPLAYS + rb"|" + SLICES)

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return any(facts.sharing.faults(part.first, part.last))

    def visit_Call(self, node: cst.Call) -> None:
        self.examine(self.twin(node, ast.Call))

    def visit_Subscript(self, node: cst.Subscript) -> None:
        self.examine(self.twin(node, ast.Subscript))

    def visit_Dict(self, node: cst.Dict) -> None:
        self.examine(self.twin(node, ast.Dict))

    def visit_List(self, node: cst.List) -> None:
        self.examine(self.twin(node, ast.List))

    def visit_BinaryOperation(self, node: cst.BinaryOperation) -> None:
        self.examine(self.twin(node, ast.BinOp))

    def examine(self, copy: ast.expr | None) -> None:
        """Report a copy through which what its original holds is changed."""
        found = self.facts.sharing.faults(self.slice.first, self.slice.last) if copy else ()
        fault = next((each for each in found if each.copy is copy), None)
        if fault is None:
            return
        original = self.quoted(fault.original) or "the original"
        inner, advice = ("inner objects", "copy with `copy.deepcopy`")
        if fault.is_instance:
            inner, advice = "attributes' containers", "give the copy containers of its own"
        fix, unfixed = self.deepened(fault.copy, fault.original, fault.is_instance)
        self.report(
            fault.copy,
            f"{self.quoted(fault.copy) or 'this copy'} shares its {inner} with {original}, "
            f"so {self.told(fault.write)} changes both; {advice}",
            related=[(fault.write, "the change")],
            fix=fix,
            unfixed=unfixed,
            optional=self.is_replaced(fault.copy, fault.original),
        )

    def is_replaced(self, copy: ast.expr, original: ast.expr) -> bool:
        """Whether the copy takes the name of what it is made of, as `rows = list(rows)` does to go through an iterator
        more than once."""
        statement = self.facts.tree.parents[copy]
        targets = statement.targets if isinstance(statement, ast.Assign) else []
        return any(isinstance(each, ast.Name) and each.id == getattr(original, "id", "") for each in targets)

    def deepened(self, copy: ast.expr, original: ast.expr, is_instance: bool) -> tuple[Fix | None, str]:
        """The fix that copies the inner objects as well, or why there is none."""
        if is_instance:
            return None, "a deep copy would copy all that the instance refers to"
        if "#" in self.text(copy):
            return None, "a comment stands in the expression"
        if not isinstance(copy, ast.Call) or copy.keywords:
            return None, "the copy is put together from parts"
        if self.facts.names.qualified(copy.func) not in (None, "copy.copy", "builtins.dict", "builtins.list"):
            return None, "`copy.deepcopy` would make another kind of container"
        name = self.deepcopy(copy)
        if name is None:
            return None, "`copy` is not imported here"
        edit = self.replace(copy, f"{name}({self.text(original)})")
        return Fix(f"copy with `{name}`", Safety.UNSAFE, (edit,)), ""

    def deepcopy(self, where: ast.expr) -> str | None:
        """What `copy.deepcopy` is called where an expression stands; None where it is not imported."""
        function = where.func if isinstance(where, ast.Call) else None
        if isinstance(function, ast.Attribute) and self.facts.names.qualified(function) == "copy.copy":
            return f"{self.text(function.value)}.deepcopy"
        scope = self.facts.names.scope_of(where)
        for called in ("copy.deepcopy", "deepcopy"):
            read = self.facts.names.read(called, scope)
            if read and self.facts.names.qualified(read) == "copy.deepcopy":
                return called
        return None
