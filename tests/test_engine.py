"""`lint`: the walk, the gate, the suspicion, and what is left unchecked."""

from __future__ import annotations

import ast
import gc
from pathlib import Path
from typing import Any

import libcst as cst
import pytest

import memlint.facts
from memlint.api import Effect, Facts, Rule, all_of
from memlint.engine import Shield, Visitor, child_fields, lint, walk
from memlint.facts.layout import LONGEST, Slice, Tree
from memlint.facts.project import Project
from memlint.model import Outcome
from memlint.registry import all_rules
from memlint.source import SourceFile


class AssignedName(Rule):
    """Reports every assignment to a plain name."""

    code = "XY001"
    name = "assigned-name"
    effect = Effect.SHARED
    gate = all_of(rb"x\s*=")

    def visit_Assign(self, node: cst.Assign) -> None:
        self.report(node, "assigned")


def found(text: str, rule: type[Rule] = AssignedName, **flags: bool) -> list[tuple[int, int]]:
    outcome = lint(SourceFile("a.py", text), [rule], Project(), **flags)
    return [finding.start for finding in outcome.findings]


def shielded(visitor: Visitor) -> tuple[Shield, Visitor]:
    """A visitor as the engine's walk takes it, of a rule of its own."""
    return Shield(AssignedName.__new__(AssignedName), Outcome("a.py")), visitor


def test_only_statements_that_pass_the_gate_are_visited() -> None:
    text = "x = 1\ny = 2\ndef f():\n    y = x = 3\n"
    assert found(text) == [(1, 1), (4, 5)]
    assert found(text, gated=False) == [(1, 1), (2, 1), (4, 5)]


def test_a_rule_is_silent_before_the_first_python_with_its_effect() -> None:
    class Later(AssignedName):
        since = (3, 12)

    later = lint(SourceFile("a.py", "x = 1\n"), [Later], Project(target=(3, 12)))
    assert found("x = 1\n", Later) == []
    assert [finding.start for finding in later.findings] == [(1, 1)]


def test_suspicion_holds_a_statement_back() -> None:
    class Suspicious(AssignedName):
        @classmethod
        def suspects(cls, facts: Facts, part: Slice) -> bool:
            return isinstance(part.statements[0], ast.FunctionDef)

    text = "x = 1\ndef f():\n    x = 3\n"
    assert found(text, Suspicious) == [(3, 5)]
    assert found(text, Suspicious, gated=False) == [(1, 1), (3, 5)]


def test_a_rule_that_raises_is_a_failure_and_the_others_go_on() -> None:
    class Raising(AssignedName):
        code = "XY002"

        def visit_Assign(self, node: cst.Assign) -> None:
            raise KeyError("oops")

    outcome = lint(SourceFile("a.py", "x = 1; x = 2\n"), [Raising, AssignedName], Project())
    assert [finding.code for finding in outcome.findings] == ["XY001", "XY001"]
    (failure,) = outcome.failures
    assert (failure.rule, failure.path) == ("XY002", "a.py")
    assert failure.message.startswith("crashed with KeyError: 'oops' (test_engine.py:")


def test_a_statement_of_very_many_lines_is_not_parsed() -> None:
    text = "x = [\n" + "1,\n" * LONGEST + "]\nx = 2\n"
    outcome = lint(SourceFile("a.py", text), [AssignedName], Project())
    assert [finding.start.line for finding in outcome.findings] == [LONGEST + 3]
    assert [(each.line, each.reason) for each in outcome.unchecked] == [(1, "a statement of more than 5000 lines")]


def test_fingerprints_outlive_moved_lines_and_are_distinct() -> None:
    def fingerprints(text: str) -> list[str]:
        return [each.fingerprint for each in lint(SourceFile("a.py", text), [AssignedName], Project()).findings]

    before = fingerprints("x = 1\ndef f():\n    x = 1\n    x = 1\n")
    after = fingerprints("# moved\n\nx  =  1\ndef f():\n    print()\n    x = 1\n    if y:\n        x = 1\n")
    assert len(set(before)) == 3
    assert after == before


class Recorder(cst.CSTVisitor):
    def __init__(self, kinds: set[type]) -> None:
        super().__init__()
        self.kinds = kinds
        self.seen: list[tuple[str, cst.CSTNode]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if type(node) in self.kinds:
            self.seen.append(("visit", node))
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if type(original_node) in self.kinds:
            self.seen.append(("leave", original_node))


@pytest.mark.parametrize("path", sorted(Path(ast.__file__).parent.glob("[e-i]*.py")), ids=lambda path: path.stem)
def test_the_walk_visits_what_libcst_visits(path: Path) -> None:
    """Punctuation and blanks apart; libcst's own visitor is the witness. Siblings may come in another order."""
    source = SourceFile.from_bytes(str(path), path.read_bytes())
    longest = max((part.text for part in Tree(source, ast.parse(source.text)).slices()), key=len)
    module = cst.parse_module(longest)
    seen: list[tuple[str, cst.CSTNode]] = []
    kinds = {cst.Name, cst.Attribute, cst.Call, cst.Arg, cst.FunctionDef, cst.Param, cst.Assign, cst.If, cst.For}
    kinds |= {cst.Subscript, cst.Return, cst.With, cst.Try, cst.ExceptHandler, cst.Dict, cst.DictElement, cst.ListComp}

    def visitor(event: str) -> Any:
        return lambda node: seen.append((event, node))

    walk(
        module,
        {f"{event}_{kind.__name__}": [shielded(visitor(event))] for event in ("visit", "leave") for kind in kinds},
    )
    recorder = Recorder(kinds)
    module.visit(recorder)
    assert len(seen) == len(recorder.seen)
    assert set(seen) == set(recorder.seen)


def test_a_node_is_visited_before_its_children_and_left_after_them() -> None:
    events: list[str] = []
    names = ("visit_FunctionDef", "visit_Return", "leave_Return", "leave_FunctionDef", "visit_Assign")
    visitors = {name: [shielded(lambda node, name=name: events.append(name))] for name in names}
    walk(cst.parse_module("def f():\n    return 1\nx = 1\n"), visitors)
    assert tuple(events) == names


def test_a_visitor_that_returns_false_keeps_its_own_rule_out_and_no_other() -> None:
    inner: list[cst.CSTNode] = []
    others: list[cst.CSTNode] = []
    rule, other = shielded(lambda node: False), shielded(others.append)
    visitors = {
        "visit_FunctionDef": [rule],
        "visit_Return": [(rule[0], inner.append), other],
        "leave_FunctionDef": [(rule[0], inner.append)],
    }
    module = cst.parse_module("def f():\n    return 1\n")
    walk(module, visitors)
    assert inner == [module.body[0]]
    assert len(others) == 1


def test_child_fields_are_code() -> None:
    assert child_fields(cst.Call) == ("func", "args")
    assert child_fields(cst.FunctionDef) == (
        *("name", "params", "body", "decorators", "returns", "asynchronous", "type_parameters"),
    )


def test_what_lint_made_is_freed_without_the_garbage_collector() -> None:
    path = Path(memlint.facts.__file__).with_name("classes.py")
    source = SourceFile(str(path), path.read_text("utf-8"))
    lint(source, all_rules(), Project())
    gc.collect()
    gc.disable()
    try:
        lint(source, all_rules(), Project())
        before = len(gc.get_objects())
        gc.collect()
        assert (
            before - len(gc.get_objects()) < 100
        )  # each `ast.dump` and `ast.literal_eval` leaves a circle of closures
    finally:
        gc.enable()


def test_a_rule_yields_to_one_that_says_it_better() -> None:
    class General(Rule):
        code, name, effect = "ML998", "general", Effect.KEPT
        yields_to = ("ML999",)

        def visit_Pass(self, node: cst.Pass) -> None:
            self.report(node, "general")

    class Special(Rule):
        code, name, effect = "ML999", "special", Effect.KEPT

        def visit_Pass(self, node: cst.Pass) -> None:
            if self.slice.first == 1:
                self.report(node, "special")

    source = SourceFile("shop.py", "pass\npass\n")
    findings = lint(source, [General, Special], Project()).findings
    assert [(finding.start.line, finding.code) for finding in findings] == [(1, "ML999"), (2, "ML998")]
