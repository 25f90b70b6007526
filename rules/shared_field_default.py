from __future__ import annotations

import ast

from memlint.api import ClassKind, Effect, Facts, Fix, Rule, Safety, Severity, SharedDefault, Slice, all_of, cst

MAKERS = rb"ContextVar|\battrs?\b|NamedTuple|namedtuple|dataclass"
FACTORIES = {ast.List: "list", ast.Dict: "dict"}


class SharedFieldDefault(Rule):
    """A container that is the default of a field is made once, and every instance that leaves it out gets that one."""

    code = "ML205"
    name = "shared-field-default"
    effect = Effect.SHARED
    severity = Severity.ERROR
    fixes = (Safety.UNSAFE,)
    quiet_in_tests = True
    gate = all_of(rb"=(?:[\s\\]|#[^\n]*\n)*(?:[\[{(]|[\w.]+[\s\\]*\()", file=(MAKERS,))

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
