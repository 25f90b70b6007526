"""Decides which findings count: suppression comments, per-file ignores, severity."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from memlint.gitignore import Patterns
from memlint.model import Effect, Finding, Outcome, Severity
from memlint.profile import weighed
from memlint.registry import all_rules, unfixable
from memlint.rule import Rule
from memlint.settings import Anchored, Settings
from memlint.source import SourceFile
from memlint.suppressions import selects
from memlint.syntax import CODE as SYNTAX_CODE

TEST_FOLDERS = frozenset({"test", "testing", "tests"})
TEST_NAME = re.compile(r"test_.*\.pyi?|.*_tests?\.pyi?|(.*_)?testing(_.*)?\.pyi?|(test|tests|conftest)\.py")
VENDORED = frozenset(
    {
        "_vendor",
        "_vendored",
        "extern",
        "external",
        "externals",
        "third_party",
        "thirdparty",
        "thirdparty_files",
        "vendor",
        "vendored",
    }
)
"""Folders of copies of other projects: what they hold is mended where it comes from, or not at all."""
HARMLESS_IN_TESTS = frozenset({Effect.LATE, Effect.KEPT, Effect.PEAK, Effect.TIME})
"""What costs memory or time alone: a test process lives for seconds."""


def heard(rules: Sequence[type[Rule]], path: str, settings: Settings) -> Sequence[type[Rule]]:
    """The rules of which something may be told of a file; the others need not look at it."""
    ignored = ignored_in_file(path, settings)
    quiet = quiet_in_tests(settings.asked) if is_test_file(path, settings) else frozenset()
    is_foreign = is_copy(path, settings)
    return [
        rule
        for rule in rules
        if rule.code not in quiet
        and not any(selects(selector, rule.code, rule.name) for selector in ignored)
        and not (is_foreign and not is_asked(rule, settings))
    ]


def judged(outcome: Outcome, source: SourceFile, settings: Settings) -> Outcome:
    """The outcome of the rules that are heard, without the findings that a comment or the settings take out."""
    ignored = ignored_in_file(source.path, settings) if outcome.findings else frozenset()
    is_foreign = bool(outcome.findings) and is_copy(source.path, settings)

    def settled(finding: Finding) -> Finding:
        """A finding with the weight that it has here; a syntax error belongs to no rule."""
        if finding.code not in severities():
            return finding
        finding = weighed(finding, settings.profile, severities()[finding.code])
        if finding.fix and finding.code in unfixable(settings.fixable, settings.unfixable):
            finding = dataclasses.replace(finding, fix=None)
        return dataclasses.replace(finding, is_optional=True) if is_foreign else finding

    counting = [
        finding
        for finding in map(settled, outcome.findings)
        if finding.severity >= settings.min_severity
        and not any(selects(selector, finding.code, finding.name) for selector in ignored)
        and (settings.ignore_noqa or not suppressed(finding, source))
    ]
    outcome.findings = [finding for finding in counting if not finding.is_optional or is_asked(finding, settings)]
    outcome.withheld = len(counting) - len(outcome.findings)
    return outcome


def is_asked(rule: type[Rule] | Finding, settings: Settings) -> bool:
    """Whether the settings ask for a rule, or for that of a finding, and do not merely leave it on."""
    return any(selects(selector, rule.code, rule.name) for selector in settings.asked)


def suppressed(finding: Finding, source: SourceFile) -> bool:
    """Whether a comment switches a finding off, or answers it by a claim; nothing suppresses a syntax error."""
    if finding.code == SYNTAX_CODE:
        return False
    others = elsewhere().get(finding.code, frozenset())
    return finding.claim > 0 or any(True for each in source.suppressions for _ in each.holding(finding, others))


def below_root(path: str, settings: Settings) -> list[str]:
    """The folders on the way from the root of the settings to a file, and its name."""
    return os.path.relpath(path, settings.root).replace(os.sep, "/").split("/")


def is_copy(path: str, settings: Settings) -> bool:
    """Whether a file belongs to a copy of another project: in a folder for such, or in a package called `packages`."""
    *folders, _ = below_root(path, settings)
    if not VENDORED.isdisjoint(folders):
        return True
    if "packages" not in folders:
        return False
    package = Path(settings.root, *folders[: folders.index("packages") + 1])
    return (package / "__init__.py").is_file()


def is_test_file(path: str, settings: Settings) -> bool:
    """Whether a file belongs to the tests, by its name or by a folder below the root of the settings."""
    *folders, name = below_root(path, settings)
    return not TEST_FOLDERS.isdisjoint(folders) or TEST_NAME.fullmatch(name) is not None


@cache  # memlint: ignore[ML602] one entry per settings file of a run
def quiet_in_tests(select: tuple[str, ...]) -> frozenset[str]:
    """The codes of rules that have nothing to say of test files, unless their own code or name is selected."""
    return frozenset(
        rule.code
        for rule in all_rules()
        if (rule.quiet_in_tests or rule.effect in HARMLESS_IN_TESTS) and not {rule.code, rule.name} & set(select)
    )


@cache
def elsewhere() -> dict[str, frozenset[str]]:
    """What other linters call the fault of a rule, by its code."""
    return {rule.code: frozenset(rule.also) for rule in all_rules() if rule.also}


@cache
def severities() -> dict[str, Severity]:
    """The usual severity of every rule, by its code."""
    return {rule.code: rule.severity for rule in all_rules()}


def ignored_in_file(path: str, settings: Settings) -> frozenset[str]:
    """The selectors that `per-file-ignores` switches off for a path."""
    return frozenset(
        selector
        for anchored, selectors in settings.per_file_ignores
        if matches(anchored, path)
        for selector in selectors
    )


def idle_patterns(files: Iterable[tuple[str, Settings]]) -> list[Anchored]:
    """The patterns of `per-file-ignores` that match none of the files whose settings they stand in."""
    together: dict[Anchored, list[str]] = {}
    for path, settings in files:
        for anchored, _ in settings.per_file_ignores:
            together.setdefault(anchored, []).append(path)
    return [each for each, paths in together.items() if not any(matches(each, path) for path in paths)]


def matches(anchored: Anchored, path: str) -> bool:
    """Whether a pattern of `per-file-ignores` means a path; one that begins with `!` means all others."""
    relative = os.path.relpath(path, anchored.folder).replace(os.sep, "/")
    return patterns(anchored.pattern.removeprefix("!")).means(relative) is not anchored.pattern.startswith("!")


@cache  # memlint: ignore[ML602] one entry per pattern of the settings
def patterns(pattern: str) -> Patterns:
    return Patterns([pattern], "")
