"""Holds a rule to its page. Public: authors of third-party rules test theirs with it.

@pytest.mark.parametrize("rule", rules_of(my_plugin))
def test_page(rule):
    assert memlint.testing.problems(rule) == []
"""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from memlint.engine import lint
from memlint.facts.branches import walk
from memlint.facts.project import Project
from memlint.fixing import fixed
from memlint.judge import suppressed
from memlint.model import Effect, Finding, Outcome, Safety
from memlint.page import HEADINGS, KINDS, Example, Page
from memlint.proof import dropped
from memlint.registry import RuleClass, all_rules, page
from memlint.source import NOTEBOOK, SourceFile

MEASURED = frozenset({Effect.KEPT, Effect.LATE, Effect.PEAK, Effect.TIME})
FUTURE = re.compile(r"(?:from __future__ import .*\n)*")
LEADING = re.compile(r"^( {4})+", re.MULTILINE)
CELL_END = re.compile(r"\r?\n(?=# %%)")
NAME = "example.py"


def problems(rule: RuleClass) -> list[str]:
    """Everything in which a rule and its page disagree, each as `page:line: what`; empty when all is well."""
    path = page(rule)
    if not path.is_file():
        return [f"{path.name}: there is no such page"]
    checked = PageCheck(rule, Page(path.read_text("utf-8")))
    return [f"{path.name}:{line}: {problem}" for line, problem in checked.problems()]


@dataclass(frozen=True)
class Variant:
    """Another way to write an example, under which its findings stay, `shift` lines further down."""

    name: str
    write: Callable[[str], str]
    shift: int = 0
    moves_fixes: bool = True
    """Whether rewriting the fixed block the same way gives what the fix must write."""


def indented(header: str) -> Callable[[str], str]:
    """Puts code under a header, after its `__future__` imports."""

    def write(code: str) -> str:
        imports = FUTURE.match(code)
        head = imports[0] if imports else ""
        body = code[len(head) :]
        return head + header + "\n" + re.sub(r"^(?=[^\n])", "    ", body, flags=re.MULTILINE)

    return write


ONE_LINE_STRINGS = (
    Variant("written with tabs", lambda code: LEADING.sub(lambda found: "\t" * (len(found[0]) // 4), code)),
    Variant("inside `if True:`", indented("if True:"), 1),
)
CONTEXTS = {
    "function": Variant("inside a function", indented("def context():"), 1),
    "async": Variant("inside an async function", indented("async def context():"), 1),
    "class": Variant("inside a class", indented("class Context:"), 1),
}
ANYWHERE = (
    Variant("with a comment after every line", lambda code: commented(code), moves_fixes=False),
    Variant("behind a non-ASCII comment", lambda code: "# naïve ☕ 記憶\n" + code, 1),
    Variant("with CR LF", lambda code: code.replace("\n", "\r\n")),
)


class PageCheck:
    """The checks of one page; each yields (line, problem)."""

    def __init__(self, rule: RuleClass, checked: Page) -> None:
        self.rule = rule
        self.page = checked

    def problems(self) -> Iterator[tuple[int, str]]:
        yield from self.identity()
        yield from self.layout()
        yield from self.examples()

    def identity(self) -> Iterator[tuple[int, str]]:
        """One name in four spellings: module, page, class and rule name."""
        rule = self.rule
        module = rule.__module__.rpartition(".")[2]
        spelled = rule.name.replace("-", "_")
        if module != spelled:
            yield 1, f"the module is called {module}, the rule {rule.name}"
        if rule.__name__ != "".join(word.capitalize() for word in rule.name.split("-")):
            yield 1, f"the class is called {rule.__name__}, the rule {rule.name}"
        if self.page.title != (rule.code, rule.name):
            yield 1, f"the title must be `# {rule.code} {rule.name}`, followed by a paragraph"

    def layout(self) -> Iterator[tuple[int, str]]:
        """The headings, and that the blocks are of known kinds, distinct and complete."""
        if self.page.headings != HEADINGS:
            yield 1, f"the headings must be {', '.join(HEADINGS)}"
        if not self.page.bad or not self.page.good:
            yield 1, "a page needs at least one bad and one good block"
        for name in sorted(self.page.refitted - self.page.contexts):
            yield 1, f"another fix is told of for {name!r}, which is no context of the page"
        seen: Counter[str] = Counter(block.code for block in self.page.blocks)
        previous = ""
        for block in self.page.blocks:
            if block.kind not in KINDS:
                yield block.line, f"there is no block kind {block.kind!r}"
            if block.kind == "fixed" and previous != "bad":
                yield block.line, "a fixed block must follow its bad block"
            if seen[block.code] > 1:
                yield block.line, "two blocks are equal"
            previous = block.kind
        pair = [self.page.only("measure-bad"), self.page.only("measure-good")]
        if (self.rule.effect in MEASURED or any(pair)) and not all(pair):
            yield 1, f"a rule with effect {self.rule.effect.value} needs one measure-bad and one measure-good block"

    def examples(self) -> Iterator[tuple[int, str]]:
        """The blocks are bad and good as they say."""
        for example in self.page.bad:
            yield from self.bad_example(example)
        for example in self.page.good:
            yield from self.good_example(example)

    def bad_example(self, example: Example) -> Iterator[tuple[int, str]]:
        """A bad block gives exactly the marked findings, however it is written, and its fix writes the fixed block."""
        if not example.expected:
            yield example.line, "nothing is marked in this bad block"
        if self.rule.code not in {code for _, code in example.expected}:
            yield example.line, f"no {self.rule.code} is marked in this bad block"
        yield from self.findings(example, example.code, 0, "")
        yield from self.fix(example, example.code, example.fixed, "")
        spans_lines = several_lines_of_string(example.code)
        for variant in self.variants(example.code):
            code = variant.write(example.code)
            yield from self.findings(example, code, variant.shift, f" {variant.name}")
            if variant in map(CONTEXTS.get, self.page.refitted):
                yield from self.other_fix(example, code, f" {variant.name}")
            elif variant.moves_fixes and (
                example.fixed is None or several_lines_of_string(example.fixed) is spans_lines
            ):
                expected = None if example.fixed is None else variant.write(example.fixed)
                yield from self.fix(example, code, expected, f" {variant.name}")
        yield from self.suppression(example)
        yield from self.comments(example)

    def good_example(self, example: Example) -> Iterator[tuple[int, str]]:
        """A good block is quiet, however it is written."""
        yield from self.findings(example, example.code, 0, "")
        for variant in (*ANYWHERE, *(() if several_lines_of_string(example.code) else ONE_LINE_STRINGS)):
            yield from self.findings(example, variant.write(example.code), variant.shift, f" {variant.name}")

    def variants(self, code: str) -> Iterator[Variant]:
        yield from ANYWHERE
        if not several_lines_of_string(code) and not self.page.is_notebook:
            yield from ONE_LINE_STRINGS
            yield from (CONTEXTS[name] for name in sorted(self.page.contexts & set(CONTEXTS)))

    def findings(self, example: Example, code: str, shift: int, how: str) -> Iterator[tuple[int, str]]:
        """The findings are the marked ones, and the gate changes nothing."""
        outcome = self.check(code)
        for failure in outcome.failures:
            yield example.line, f"{failure.rule} {failure.message}{how}"
        found = sorted((finding.start.line - shift, finding.code) for finding in outcome.findings)
        if found != example.expected:
            yield example.line, f"marked are {example.expected}, found is {found}{how}"
        ungated = self.check(code, gated=False)
        if ungated.findings != outcome.findings:
            hidden = [finding.code for finding in ungated.findings if finding not in outcome.findings]
            yield example.line, f"the gate hides {hidden}{how}"

    def fix(self, example: Example, code: str, expected: str | None, how: str) -> Iterator[tuple[int, str]]:
        """Applying every fix writes the fixed block, which is quiet where nothing else was found."""
        source = self.source(code)
        for finding in self.check(code).findings:
            if finding.code == self.rule.code and finding.fix and finding.fix.safety not in self.rule.fixes:
                yield example.line, f"a {finding.fix.safety.value} fix, which `fixes` does not list{how}"
        after, outcome = fixed(source, self.look, unsafe=True)
        for finding in outcome.findings:
            if finding.unfixed and finding.fix is None and expected is not None:
                yield example.line, f"the fix was withdrawn{how}: {finding.unfixed}"
        if expected is None and after.original != source.original:
            yield example.line, f"a fix exists but no fixed block shows it{how}; it writes:\n{after.original}"
        if expected is not None and after.original != expected:
            yield example.line, f"the fix writes{how}:\n{after.original}"
        if expected is not None and outcome.findings:
            yield example.line, f"the fixed text is not quiet{how}: {[finding.code for finding in outcome.findings]}"

    def other_fix(self, example: Example, code: str, how: str) -> Iterator[tuple[int, str]]:
        """Where the page says that fixes write another text: whatever they write compiles, which applying them proves,
        and is quiet. There may be no fix, and is none where no fixed block shows one."""
        source = self.source(code)
        if not any(finding.fix for finding in self.look(source).findings):
            return
        after, outcome = fixed(source, self.look, unsafe=True)
        if example.fixed is None:
            yield example.line, f"a fix exists but no fixed block shows it{how}; it writes:\n{after.original}"
        for finding in outcome.findings:
            yield example.line, f"the fixed text is not quiet{how}: {finding.code} {finding.unfixed}"

    def suppression(self, example: Example) -> Iterator[tuple[int, str]]:
        """A comment on the first of its rows silences a finding."""
        before = Counter(finding.code for finding in self.check(example.code).findings)
        for finding in self.check(example.code).findings:
            lines = example.code.split("\n")
            lines[finding.rows[0] - 1] += f"  # memlint: ignore[{finding.code}] as tested"
            after = Counter(each.code for each in self.look(self.source("\n".join(lines))).findings)
            if after[finding.code] >= before[finding.code]:
                yield example.line, f"a comment on line {finding.rows[0]} does not silence {finding.code}"

    def source(self, code: str) -> SourceFile:
        return notebook(code) if self.page.is_notebook else SourceFile(NAME, code)

    def check(self, code: str, gated: bool = True) -> Outcome:
        """What is found in an example by who selects the page's rule beside those that are on."""
        return self.look(self.source(code), gated)

    def look(self, source: SourceFile, gated: bool = True) -> Outcome:
        """The same over a file."""
        rules = [rule for rule in all_rules() if rule.default or rule.code == self.rule.code]
        project = Project(target=max(self.rule.since, Project().target))
        outcome = lint(source, rules, project, gated=gated, parse=True)
        own = self.rule.code
        told = (each for each in outcome.findings if not suppressed(each, source))
        outcome.findings = [each for each in told if not each.is_optional or each.code == own]
        return outcome

    def comments(self, example: Example) -> Iterator[tuple[int, str]]:
        """A safe fix drops no comment, wherever one can stand."""
        source = self.source(commented(example.code))
        for finding in self.look(source).findings:
            if finding.fix and finding.fix.safety is Safety.SAFE:
                after = source.edited(finding.fix.edits)
                if lost := dropped(source, after, [finding]):
                    yield example.line, f"the safe fix of {finding.code} drops {sorted(lost)}"


def notebook(code: str) -> SourceFile:
    """A notebook of the code, with a cell from each line `# %%` on."""
    cells = [{"cell_type": "code", "source": source} for source in CELL_END.split(code)]
    return SourceFile.from_bytes(f"example{NOTEBOOK}", json.dumps({"cells": cells}).encode())


def several_lines_of_string(code: str) -> bool:
    """Whether a string spans lines, so that its indentation is its value."""
    return any(
        isinstance(node, (ast.Constant, ast.JoinedStr)) and node.lineno != node.end_lineno
        for node in walk(ast.parse(code))
    )


def commented(code: str) -> str:
    """The code with a comment of its own at the end of every line that can bear one."""
    lines = code.split("\n")
    for number, line in enumerate(lines):
        tried = [*lines[:number], f"{line}  # comment {number}", *lines[number + 1 :]]
        if line.strip() and "#" not in line and same_code("\n".join(tried), code):
            lines = tried
    return "\n".join(lines)


def same_code(one: str, other: str) -> bool:
    try:
        return ast.dump(ast.parse(one)) == ast.dump(ast.parse(other))
    except SyntaxError:
        return False


def findings(code: str, *rules: RuleClass) -> list[Finding]:
    """What the given rules (all, if none is given) find in a piece of code."""
    return lint(SourceFile(NAME, code), rules or all_rules(), Project(), parse=True).findings
