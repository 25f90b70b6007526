from __future__ import annotations

import re

from memlint.api import AliasWrite, Effect, Facts, Fix, Rule, Safety, Scan, Severity, Slice, all_of, cst

CONSTANT = rb"(_*[A-Z][A-Z0-9_]*\b|\w*default(?:s|_\w+)?\b)"
BLANKS = rb"(?:[\s\\(]|#[^\n]*\n)*"
VALUES = tuple(
    re.compile(before + BLANKS + CONSTANT + rb"(?=[\s\\)]*(?:\Z|[\n;#]|(?:if|or|and|else)\b))")
    for before in (rb"=", rb"or\b", rb"and\b", rb"else\b")
)
"""A constant that may be all of a value, or one of the values that it is chosen from."""

DISPLAY = rb"(?:[\[{]|dict\b)"
LISTED = rb"(?:[\w\s.,*()\[\]\\\"'-]|#[^\n]*\n){0,999}=(?!=)[^=\"'#]*?(?:[\"'#]|" + DISPLAY + rb")"
FIRST = re.compile(
    rb"[\s\\)]*(?::(?s:.){0,999}?)?=(?:(?:[^=\\\n]|\\\n)*=)*" + BLANKS + DISPLAY + rb"|[\s\\)\]]*," + LISTED
)
"""What follows a name that is bound to a display or a `dict(…)`, or to one of several values that are unpacked."""
COMMA = re.compile(rb"," + BLANKS + rb"\Z")
LATER = re.compile(LISTED)


def values(scan: Scan) -> set[bytes]:
    """The constants that may be given another name."""
    return {name for pattern in VALUES for name in pattern.findall(scan.data)}


def gives_away(scan: Scan) -> bool:
    """Whether a constant may be given another name."""
    return bool(values(scan))


def gives_away_container(scan: Scan) -> bool:
    """Whether one of these may be a container."""
    names, data = values(scan), scan.data
    places = re.finditer(rb"\b(?:%b)\b" % b"|".join(names), data) if names else ()
    return any(
        FIRST.match(data, found.end())
        or (COMMA.search(data, max(0, found.start() - 99), found.start()) and LATER.match(data, found.end()))
        for found in places
    )


class ConstantAliasWrite(Rule):
    """A second name for a constant is no copy; what is changed under it is changed for the whole program."""

    code = "ML206"
    name = "constant-alias-write"
    effect = Effect.SHARED
    severity = Severity.ERROR
    quiet_in_tests = True
    fixes = (Safety.UNSAFE,)
    gate = all_of(rb"\bdef\b", gives_away, file=(gives_away_container,))

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
