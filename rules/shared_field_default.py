from __future__ import annotations

import ast
import re

from memlint.api import ClassKind, Effect, Facts, Fix, Rule, Safety, Scan, Severity, SharedDefault, Slice, all_of, cst

MAKERS = rb"ContextVar|\battrs?\b|NamedTuple|namedtuple|dataclass"
NOT_FIELD = rb"(?![\s\\]*(?:dataclasses\s*\.\s*)?field[\s\\]*\()"
"""Stands before a value that is no call of `field`: what that is given by keyword tells."""

BLANKS = rb"(?:[\s\\(]|#[^\n]*\n)*"
VALUE = rb"=" + NOT_FIELD + rb"(?:" + BLANKS + rb"[^\n=]*[\[{(]|[\s\\]*\(" + BLANKS + rb"[^\n]*,\s*[\n#\\]|[^\n]*\\\n)"
LIKELY = (
    rb"\n(?:[^\S\n]+\(?[\w\x80-\xff]+[\s\\)]*|[^\S\n]*class\b[^\n]*|[^;\n=]*;[^\n]*):(?:[^\n=#\\]|\\\n)*" + VALUE
) + (rb"|\n[^(\[\n=]*[\])][^\n=]*" + VALUE + rb"|\bdefaults?[\s\\]*=" + BLANKS + rb"[\[{\w\x80-\xff]")
"""What may be a field with such a value, or a keyword: cheap, before one looks at the logical lines."""

CALL = rb"[A-Za-z_\x80-\xff][\w.\s\x80-\xff]*\("
ITEMS = rb".*,\s*(?:[\[{]|" + CALL + rb")"
FIELD = re.compile(
    rb"(?:^|[:;])[(\s]*[\w\x80-\xff]+[)\s]*:(?:[^=(]*|[^=]*\(.*)="
    + (NOT_FIELD + rb"\s*(?:[(\s]*(?:(" + CALL + rb")|[\[{])|" + ITEMS + rb")")
)
"""An annotated name whose value is a display or a call, or a tuple that holds such."""

KEYWORD = re.compile(
    rb"\bdefault\s*=[(\s]*(?:[\[{]|" + CALL + rb")|\bdefaults\s*=[(\s]*(?:\[|" + CALL + rb"|" + ITEMS + rb")"
)
HEADER = re.compile(rb"class\b|(?:async\s+)?def\b")


def shares_default(scan: Scan) -> bool:
    """Whether a container, or what a call makes, is the default of a field: in the body of a class, or by keyword."""
    is_open = not scan.words.isdisjoint((b"ContextVar", b"namedtuple"))
    takes_displays = not scan.words.isdisjoint((b"attr", b"attrs", b"NamedTuple"))
    headers: list[tuple[int, bool]] = []
    for line in scan.lines:
        text = line.strip()
        if not text:
            continue
        indent = line.index(text)
        while headers and headers[-1][0] >= indent:
            headers.pop()
        if header := HEADER.match(text):
            headers.append((indent, header[0] == b"class"))
        in_class = bool(headers) and headers[-1][1]
        if b"=" in text and (in_class or is_open) and KEYWORD.search(text):
            return True
        found = FIELD.search(text) if in_class and b"=" in text else None
        if found and (found[1] or takes_displays or b"," in text):
            return True
    return False


FACTORIES = {ast.List: "list", ast.Dict: "dict"}


class SharedFieldDefault(Rule):
    """A container that is the default of a field is made once, and every instance that leaves it out gets that one."""

    code = "ML205"
    name = "shared-field-default"
    effect = Effect.SHARED
    severity = Severity.ERROR
    fixes = (Safety.UNSAFE,)
    quiet_in_tests = True
    gate = all_of(rb"class|default", file=(MAKERS, LIKELY, shares_default))

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return bool(facts.fields.within(part.first, part.last))

    def visit_Module(self, node: cst.Module) -> None:
        for shared in self.facts.fields.within(self.slice.first, self.slice.last):
            self.report_default(shared)

    def report_default(self, shared: SharedDefault) -> None:
        fix, unfixed = self.factory(shared)
        who = "instance that leaves it out" if shared.owner else "context that sets no value"
        how = self.told(shared.change) if shared.change else ""
        change = (
            f", and {how} changes it"
            if shared.change and self.quoted(shared.change)
            else ", and it is changed"
            if how
            else ""
        )
        if shared.is_refused:
            change = ", and Python 3.11 refuses it"
        way_out = "copy it before the change" if shared.owner is None else "use a factory"
        if shared.owner is ClassKind.NAMED_TUPLE:
            way_out = "use a tuple, or `None`"
        self.report(
            shared.value,
            f"default {self.quoted(shared.value) or 'container'} of `{shared.name}` is one object for every {who}"
            f"{change}: {way_out}",
            severity=None if shared.change or shared.is_refused else Severity.WARNING,
            related=[(shared.change, "the change")] if shared.change else [],
            optional=shared.is_supposed or shared.owner is None or not (shared.change or shared.is_refused),
            fix=fix,
            unfixed=unfixed,
        )

    def factory(self, shared: SharedDefault) -> tuple[Fix | None, str]:
        """The fix that lets attrs make a new object each time, or why there is none."""
        if shared.owner is not ClassKind.ATTRS:
            return None, ""
        if shared.keyword is None:
            return None, "only a field that attrs is asked for has a place for a factory"
        if "#" in self.text(shared.keyword):
            return None, "a comment stands in the default"
        maker = FACTORIES.get(type(shared.value), "")
        made = maker if ast.unparse(shared.value) in ("[]", "{}") else f"lambda: {self.text(shared.value)}"
        edit = self.replace(shared.keyword, f"factory={made}")
        return Fix("make a new object for each instance", Safety.UNSAFE, (edit,)), ""
