from __future__ import annotations

import ast
import re

from memlint.api import Effect, Facts, Fix, Rule, Safety, Scan, Severity, Slice, all_of, cst

GAP = rb"(?:[\s\\]|#[^\n]*\n)*"
START = rb"(?:[\s\\(]|#[^\n]*\n)*"
PART = rb"\[(?:[^\[\]]|\[[^\[\]]*\])*\]|\((?:[^()]|\([^()]*\))*\)(?=" + GAP + rb"[.\[])"
PLACE = START + rb"[^\W\d](?:[\w.\s\\\x80-\xff]|#[^\n]*\n|" + PART + rb")*[),]"
"""A name, or a part of what it holds, as an argument."""

CALL = rb"(?:\w+[\s\\]*\.[\s\\]*)?\w*(?:copy|[dD]ict|list|deque)\w*[\s\\)]*\(" + PLACE
CUT = rb"[^\W\d][\w.\x80-\xff]*[\s\\)]*(?:[\[(][^\n=:{]*[\])][\w.\s\\]*)?\[" + GAP + rb"[^\n=:{]*:"
INNER = rb"(?:[^{}]|\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})*?"
SPREAD = rb"\{(?:[^=]*?|" + INNER + rb")\*\*"
VALUE = START + rb"(?:" + CALL + rb"|" + CUT + rb"|" + SPREAD
ARGUMENT = rb"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)"
READ = rb"[\s\\)]*[.\[]"
UNION = rb"[\s\\(]*[\w{]"
"""Calls, slices and displays, from the name or bracket that they begin with."""

FORMS = (
    re.compile(rb"=" + VALUE + rb"|(?:[^\n=|:\"']|\"[^\n\"]*\"|'[^\n']*')*\|(?![|=]))"),
    *(re.compile(word + rb"\b" + VALUE + rb"|[\w.\[\]\"'()]+\s*\|(?![|=]))") for word in (rb"or", rb"and", rb"else")),
    re.compile(rb"\." + GAP + rb"copy[\s\\]*\(" + GAP + rb"\)"),
    re.compile(rb"\[" + GAP + rb"\*(?!\*)[^\n,]*,?" + GAP + rb"\]"),
    re.compile(rb"\*\*[^{}=]*\}" + READ),
    re.compile(rb"(?:copy|dict|list|deque|Dict)\w*[\s\\]*\(" + ARGUMENT + READ),
    re.compile(rb":[^\n\[\]{}]*(?:\[[^\n\[\]]*\][^\n\[\]{}]*)?\]" + READ),
    re.compile(rb"\|(?![|=])(?:[^\n|]*\)" + READ + rb"|[^\S\n]*\\?\n)|[\n})][^\S\n]*\|(?![|=])" + UNION),
)
"""Copies that are given a name, or that are read at once."""


def copies(scan: Scan) -> bool:
    """Whether there may be a shallow copy that something is done with."""
    return any(form.search(scan.data) for form in FORMS)


class ShallowCopyNestedWrite(Rule):
    """A shallow copy shares its inner objects; a write into one of them through the copy changes the original, too."""

    code = "ML503"
    name = "shallow-copy-nested-write"
    effect = Effect.SHARED
    severity = Severity.ERROR
    quiet_in_tests = True
    fixes = (Safety.UNSAFE,)
    gate = all_of(copies)

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
