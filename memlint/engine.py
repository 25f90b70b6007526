"""`lint`: source text in, findings out. It reads no file and prints nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from memlint import knowledge
from memlint.anchor import anchored, in_order
from memlint.claims import answered
from memlint.facts import Facts
from memlint.facts.layout import LONGEST, Slice, Tree
from memlint.facts.project import Project
from memlint.gate import Scan
from memlint.model import Failure, Finding, Outcome, Unchecked
from memlint.review import Review
from memlint.rule import Rule
from memlint.source import SourceFile
from memlint.syntax import is_within_reach, read

if TYPE_CHECKING:
    import libcst as cst

Visitor = Callable[[Any], "bool | None"]

TRIVIA = frozenset(
    """
    lpar rpar leading_lines lines_after_decorators lines_after_module_imports comma semicolon equal colon dot
    lbracket rbracket lbrace rbrace header footer indent encoding default_indent default_newline
    has_trailing_newline trailing_whitespace newline comment
    """.split()
)
"""Fields that hold punctuation and blanks: no rule visits them, and they are most of a tree."""

SEQUENCES = (list, tuple)

CHILD_FIELDS: dict[type, tuple[str, ...]] = {}
VISITOR_NAMES: dict[type, tuple[str, ...]] = {}


def lint(
    source: SourceFile, rules: Sequence[type[Rule]], project: Project, *, gated: bool = True, parse: bool = False
) -> Outcome:
    """Run the rules over one file.

    With `parse` a syntax error is reported even where no gate opens; without `gated` every rule sees every statement.
    """
    knowledge.use(project.knowledge)
    outcome = Outcome(source.path)
    is_taught = project.is_taught(source.scanned)
    scan = Scan(source.scanned)
    fitting = [rule for rule in rules if rule.since <= project.target]
    awake = [rule for rule in fitting if not gated or is_taught or rule.gate.admits_file(scan)]
    tree = tree_of(source, project, outcome) if awake or parse else None
    if tree is None or not awake:
        return outcome
    facts = Facts(source, tree, project)
    with project.linting(facts):
        for part in tree.slices():
            scan = Scan(part.scanned)
            admitted = [rule for rule in awake if not gated or is_taught or rule.gate.admits_statement(scan)]
            if admitted and not is_within_reach(tree, outcome):
                return outcome
            wanted = [rule for rule in admitted if not gated or suspected(rule, facts, part, outcome)]
            if wanted:
                if gated:
                    narrow(part, wanted, facts, outcome)
                visit(part, wanted, facts, outcome)
        outcome.findings = answered(unrivalled(outcome.findings, awake), facts, rules)
        outcome.looked_for, outcome.searched = project.looked_for(facts), project.searched
    if outcome.findings:
        outcome.findings = anchored(outcome.findings, tree, project.root)
    if remarks := reviewed(outcome, tree, rules, awake):
        outcome.findings = in_order(outcome.findings + anchored(remarks, tree, project.root))
    return outcome


def tree_of(source: SourceFile, project: Project, outcome: Outcome) -> Tree | None:
    """The tree of the file to be linted: one that was read for another's sake, else read now that there is room."""
    tree = project.tree_at_hand(source)
    if tree is None:
        project.make_room(len(source.text))
        tree = read(source, outcome)
    return tree


def reviewed(outcome: Outcome, tree: Tree, rules: Sequence[type[Rule]], awake: Sequence[type[Rule]]) -> list[Finding]:
    """What rules say of the comments of a file, now that all findings are there."""
    review = Review(tree, outcome, rules)
    remarks: list[Finding] = []
    for rule in awake:
        try:
            remarks += rule.review(review)
        except Exception as error:
            outcome.failures.append(Failure(outcome.path, crash(error), rule.code))
    return remarks


def unrivalled(findings: list[Finding], rules: Sequence[type[Rule]]) -> list[Finding]:
    """The findings without those of rules that yield to another one's on the same line."""
    yields_to = {rule.code: rule.yields_to for rule in rules if rule.yields_to}
    taken = {(finding.code, finding.start.line) for finding in findings if not finding.is_optional}
    return [
        finding
        for finding in findings
        if not any((code, finding.start.line) in taken for code in yields_to.get(finding.code, ()))
    ]


def suspected(rule: type[Rule], facts: Facts, part: Slice, outcome: Outcome) -> bool:
    """Whether a rule's suspicion lets a slice through."""
    try:
        return rule.suspects(facts, part)
    except Exception as error:
        outcome.failures.append(Failure(facts.source.path, crash(error), rule.code))
        return False


def narrow(part: Slice, rules: Sequence[type[Rule]], facts: Facts, outcome: Outcome) -> None:
    """Let libcst see of a class only the members that a rule suspects."""
    if members := part.members():
        part.narrow([each for each in members if any(suspected(rule, facts, each, outcome) for rule in rules)])


def visit(part: Slice, rules: Iterable[type[Rule]], facts: Facts, outcome: Outcome) -> None:
    """Parse one slice with libcst and walk it with the rules."""
    import libcst

    path = facts.source.path
    if part.length > LONGEST:
        outcome.unchecked.append(Unchecked(path, part.first, f"a statement of more than {LONGEST} lines"))
        return
    try:
        module = part.module
    except libcst.ParserSyntaxError as error:
        outcome.failures.append(Failure(path, f"line {part.first}: libcst cannot read this statement: {error.message}"))
        return
    instances = [rule(facts, part) for rule in rules]
    visitors: Visitors = {}
    for rule in instances:
        shielded = Shield(rule, outcome)
        for name in visitor_names(type(rule)):
            visitors.setdefault(name, []).append((shielded, getattr(rule, name)))
    walk(module, visitors)
    for rule in instances:
        outcome.findings.extend(rule.findings)


def walk(node: cst.CSTNode, visitors: Visitors) -> None:
    """Visit a tree depth first, without punctuation and blanks; a visitor that returns False keeps its rule out of
    the children."""
    kind = type(node)
    absent = [shield for shield, visitor in visitors.get("visit_" + kind.__name__, ()) if shield.run(visitor, node)]
    for shield in absent:
        shield.is_absent = True
    for field in CHILD_FIELDS[kind] if kind in CHILD_FIELDS else child_fields(kind):
        child = getattr(node, field)
        if hasattr(child, "_codegen"):
            walk(child, visitors)
        elif child.__class__ in SEQUENCES:
            for item in child:
                walk(item, visitors)
    for shield in absent:
        shield.is_absent = False
    for shield, visitor in visitors.get("leave_" + kind.__name__, ()):
        shield.run(visitor, node)


def child_fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """The fields of a node class that hold code, worked out once a class."""
    names = (field.name for field in dataclasses.fields(kind))
    CHILD_FIELDS[kind] = tuple(name for name in names if name not in TRIVIA and not name.startswith("whitespace"))
    return CHILD_FIELDS[kind]


def visitor_names(rule: type[Rule]) -> tuple[str, ...]:
    """The names of a rule's visitors, worked out once a class."""
    if rule not in VISITOR_NAMES:
        VISITOR_NAMES[rule] = tuple(name for name in dir(rule) if name.startswith(("visit_", "leave_")))
    return VISITOR_NAMES[rule]


class Shield:
    """Keeps a rule's crash from the others: it becomes a failure, and the rule stays still for the rest of the
    slice."""

    def __init__(self, rule: Rule, outcome: Outcome) -> None:
        self.rule = rule
        self.outcome = outcome
        self.has_crashed = False
        self.is_absent = False
        """Whether the walk is below a node whose children the rule does not want."""

    def run(self, visitor: Visitor, node: cst.CSTNode) -> bool:
        """Let the rule visit a node; whether it wants none of the node's children."""
        if self.has_crashed or self.is_absent:
            return False
        try:
            return visitor(node) is False
        except Exception as error:
            self.has_crashed = True
            path = self.rule.facts.source.path
            self.outcome.failures.append(Failure(path, crash(error), self.rule.code))
            return False


Visitors = dict[str, list[tuple[Shield, Visitor]]]


def crash(error: Exception) -> str:
    """Why and where a rule crashed, in one line."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" ({Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno})" if trace else ""
    return f"crashed with {type(error).__name__}: {error}{place}"
