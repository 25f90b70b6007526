"""What is worked out of a document, away from the server: findings, whether a fix can be proved, the fixed text."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from memlint import run, settings
from memlint.discover import discover, is_excluded
from memlint.fixing import fixed
from memlint.model import Outcome
from memlint.options import checked
from memlint.profile import MOST_FILES, guess, telling
from memlint.proof import objection
from memlint.registry import all_rules, page, page_text
from memlint.settings import MARKS, Settings
from memlint.source import SourceFile

BOM = "\ufeff"


@dataclass(frozen=True)
class Request:
    """A text to be checked, and what holds for it."""

    path: str
    text: str
    options: Mapping[str, object]
    """Settings that the editor gives; they weigh more than those of a file."""
    folders: tuple[str, ...]
    """Those that are open in the editor."""
    epoch: int
    """Grows when settings or other files have changed."""


class Checked(NamedTuple):
    """What was found, and the URI of the page of each rule that found something."""

    outcome: Outcome
    pages: dict[str, str]


def check(request: Request) -> Checked:
    """The findings in a text; none in a file that the settings exclude."""
    task = task_for(request)
    if is_excluded(Path(request.path), task.settings):
        return Checked(Outcome(request.path), {})
    outcome = run.looking(task)(source_of(request))
    codes = {finding.code for finding in outcome.findings}
    return Checked(outcome, {rule.code: page(rule).as_uri() for rule in all_rules() if rule.code in codes})


def refusal(request: Request, fingerprint: str) -> str:
    """Why the fix of a finding must not be applied; empty where it is proved."""
    look = run.looking(task_for(request))
    source = source_of(request)
    before = look(source)
    for finding in before.findings:
        if finding.fingerprint == fingerprint and finding.fix:
            after = source.edited(finding.fix.edits)
            return objection(source, before, after, look(after), [finding])
    return "it is no longer found"


def all_fixed(request: Request) -> str:
    """The text with every safe fix applied that can be proved."""
    after, _ = fixed(source_of(request), run.looking(task_for(request)), unsafe=False)
    return after.original


def explained(choices: Iterable[Iterable[str]]) -> list[str]:
    """The pages of the rules that the first of some choices of words names, as they are called here or elsewhere."""
    for words in choices:
        wanted = frozenset(words)
        pages = [page_text(rule) for rule in all_rules() if not wanted.isdisjoint((rule.code, rule.name, *rule.also))]
        if pages:
            return pages
    return []


def source_of(request: Request) -> SourceFile:
    return SourceFile(request.path, request.text.removeprefix(BOM))


def task_for(request: Request) -> run.Task:
    forget_before(request.epoch)
    return run.Task(request.path, settings_for(request), named=True)


@functools.lru_cache(maxsize=1)
def forget_before(epoch: int) -> None:
    """Read settings and other files anew, once an epoch."""
    settings.forget()
    run.project_for.cache_clear()


def settings_for(request: Request) -> Settings:
    """The settings in force for a document; a folder of the editor is a project even where nothing marks it as one."""
    where, given = (
        "the settings of the editor",
        {key: value for key, value in request.options.items() if value is not None},
    )
    checked(given, where, f"{where}: ", "flag")
    found = settings.load(Path(request.path).parent, given)
    if found.origin is None and not is_project(found.root):
        around = [Path(folder) for folder in request.folders if found.root.is_relative_to(folder)]
        found = replace(found, root=max(around, key=lambda folder: len(folder.parts), default=found.root))
    if not found.profile:
        alone = "" if is_project(found.root) else request.path
        found = replace(found, profile=profile_of(found, alone))
    run.rules_for(found)  # refuses a selector that means no rule
    return found


@functools.lru_cache(maxsize=20)
def profile_of(found: Settings, alone: str) -> str:
    """What kind of program a project is, as a run over all of it guesses."""
    if alone:
        return guess(found.root, telling(found.root, [alone])).profile
    files = discover([found.root], lambda folder: found, lambda failure: None)
    first = (file.path for file in itertools.islice(files, MOST_FILES))
    return guess(found.root, telling(found.root, first)).profile


def is_project(folder: Path) -> bool:
    return any((folder / mark).exists() for mark in MARKS)
