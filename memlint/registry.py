"""Finds rules: those of the index, then those that other distributions offer under the entry point group
of that name."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from memlint.index import listed, rules_of
from memlint.installed import GROUP, may_offer
from memlint.rule import Rule
from memlint.settings import Settings, UsageError, suggestion
from memlint.suppressions import selects
from memlint.syntax import CODE as SYNTAX_CODE

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

CODE = re.compile(r"[A-Z]+[0-9]{3,}")
RuleClass = type[Rule]


@cache
def all_rules() -> tuple[RuleClass, ...]:
    """Every rule there is, by code; raises `UsageError` where a plugin cannot be loaded or two rules clash."""
    rules = listed()
    for entry in plugins():
        rules += offered(entry)
    return tuple(sorted(distinct(rules), key=lambda rule: rule.code))


def plugins() -> list[EntryPoint]:
    """The entry points of other distributions."""
    if not may_offer():
        return []
    from importlib.metadata import entry_points

    return sorted(entry_points(group=GROUP), key=lambda entry: entry.name)


def offered(entry: EntryPoint) -> list[RuleClass]:
    """The rules behind an entry point: a rule class, a module that defines some, or a package of such modules."""
    try:
        loaded = entry.load()
        found = list(rules_of(loaded)) if isinstance(loaded, ModuleType) else [loaded]
    except Exception as error:
        raise UsageError(
            f"plugin {entry.name!r} ({entry.value}) cannot be imported: {type(error).__name__}: {error}; "
            "mend or uninstall it"
        ) from error
    for rule in found:
        if not (isinstance(rule, type) and issubclass(rule, Rule)):
            raise UsageError(f"plugin {entry.name!r} ({entry.value}) offers {rule!r}, which is no memlint.api.Rule")
    return found


def distinct(rules: Iterable[RuleClass]) -> Iterable[RuleClass]:
    """The rules, once it is sure that each has a code and name of its own."""
    taken: dict[str, RuleClass] = {}
    for rule in rules:
        if not CODE.fullmatch(rule.code) or rule.code == SYNTAX_CODE:
            raise UsageError(f"rule {place(rule)} has the code {rule.code!r}; write letters and at least three digits")
        for identity in (rule.code, rule.name):
            other = taken.setdefault(identity, rule)
            if other is not rule:
                raise UsageError(f"two rules are called {identity}: {place(other)} and {place(rule)}; uninstall one")
    return dict.fromkeys(taken.values())


def place(rule: RuleClass) -> str:
    return f"{rule.__module__}.{rule.__qualname__}"


def page(rule: RuleClass) -> Path:
    """The path of a rule's page, beside its module."""
    source = importlib.import_module(rule.__module__).__file__
    return Path(source or "").with_suffix(".md")


def page_text(rule: RuleClass) -> str:
    """The text of a rule's page; raises `UsageError` where it has none."""
    path = page(rule)
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f"{rule.code} has no page: {path}: {error.strerror or error}") from None


def chosen(settings: Settings) -> list[RuleClass]:
    """The rules that the settings switch on; raises `UsageError` for a selector that means none."""
    check_selectors(settings.asked, "select")
    for selection in settings.selections:
        check_selectors(selection.off, "ignore")
    check_selectors(settings.fixable, "fixable")
    check_selectors(settings.unfixable, "unfixable")
    for anchored, selectors in settings.per_file_ignores:
        check_selectors(selectors, f'per-file-ignores "{anchored.pattern}"')
    return [rule for rule in all_rules() if is_on(rule, settings)]


def is_on(rule: RuleClass, settings: Settings) -> bool:
    verdict = rule.default and not settings.select
    for selection in settings.selections:
        verdict = decided(rule, selection.on, selection.off, verdict)
    return verdict


def decided(rule: RuleClass, on: Iterable[str], off: Iterable[str], otherwise: bool) -> bool:
    """Whether a rule is on: the selector that means it most narrowly decides, of two alike the one that is off."""
    narrowest_on, narrowest_off = (max((narrowness(each, rule) for each in side), default=-1) for side in (on, off))
    if narrowest_on == narrowest_off == -1:
        return otherwise
    return narrowest_on > narrowest_off


def narrowness(selector: str, rule: RuleClass) -> int:
    """How narrowly a selector means a rule: ALL least, its code or name most; -1 if it does not."""
    if not selects(selector, rule.code, rule.name):
        return -1
    if selector == "ALL":
        return 0
    return len(rule.code) if selector == rule.name else len(selector)


@cache  # memlint: ignore[ML602] one entry per settings file of a run
def unfixable(fixable: tuple[str, ...], not_fixable: tuple[str, ...]) -> frozenset[str]:
    """The codes of rules whose fixes are not offered."""
    return frozenset(rule.code for rule in all_rules() if not decided(rule, fixable, not_fixable, False))


def check_selectors(selectors: Sequence[str], where: str) -> None:
    """Refuse a selector that means no rule, and name the nearest that does."""
    rules = [*((rule.code, rule.name) for rule in all_rules()), (SYNTAX_CODE, "syntax-error")]
    for selector in selectors:
        if not selector or not any(selects(selector, code, name) for code, name in rules):
            known = ["ALL", *(word for pair in rules for word in pair)]
            raise UsageError(f'{where}: no rule is called "{selector}"{suggestion(selector, known)}')


def find(selector: str) -> RuleClass:
    """The rule of that code or name; raises `UsageError`."""
    for rule in all_rules():
        if selector in (rule.code, rule.name):
            return rule
    known = [word for rule in all_rules() for word in (rule.code, rule.name)]
    raise UsageError(f'no rule is called "{selector}"{suggestion(selector, known)}')
