from __future__ import annotations

from memlint.api import AliasWrite, Effect, Facts, Fix, Rule, Safety, Severity, Slice, all_of, cst


class ConstantAliasWrite(Rule):
    """A second name for a constant is no copy; what is changed under it is changed for the whole program."""

    code = "ML206"
    name = "constant-alias-write"
    effect = Effect.SHARED
    severity = Severity.ERROR
    quiet_in_tests = True
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"def|lambda", rb"=", rb"\b_*[A-Z][A-Z0-9_]*\b|default")

    @classmethod
    def suspects(cls, facts: Facts, part: Slice) -> bool:
        return bool(facts.constants.within(part))

    def visit_Module(self, node: cst.Module) -> None:
        for write in self.facts.constants.within(self.slice):
            self.report_write(write)

    def report_write(self, write: AliasWrite) -> None:
        fix, unfixed = self.copied(write)
        constant = write.constant.id
        self.report(
            write.alias,
            f"{self.quoted(write.alias) or 'this assignment'} makes no copy: {self.told(write.change)} changes "
            f"`{constant}` for the whole program; copy it first",
            related=[(write.change, "the change")],
            fix=fix,
            unfixed=unfixed,
            optional=self.facts.constants.depends_on_content(write),
        )

    def copied(self, write: AliasWrite) -> tuple[Fix | None, str]:
        """The fix that gives the other name to a copy, or why there is none."""
        name = write.constant.id
        if not write.is_nested:
            edit = self.replace(write.constant, f"{name}.copy()")
            return Fix(f"copy `{name}`", Safety.UNSAFE, (edit,)), ""
        return None, f"a part of `{name}` is changed, so that a shallow copy would not do"
