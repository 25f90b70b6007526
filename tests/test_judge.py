"""Which rules are heard in which files, and which of their findings count."""

from __future__ import annotations

from pathlib import Path

import pytest

from memlint.judge import heard, idle_patterns, is_test_file, judged, matches
from memlint.model import Effect, Finding, Fix, Outcome, Position, Safety, Severity
from memlint.registry import find
from memlint.settings import Anchored, Settings
from memlint.source import SourceFile

ROOT = Path("/tests/project")
QUIET = ("ML203", "shared-class-container")


def codes(path: str, *select: str) -> list[str]:
    settings = Settings(ROOT, None, select)
    return [rule.code for rule in heard([find("ML203"), find("ML201")], str(ROOT / path), settings)]


@pytest.mark.parametrize(
    "path",
    [
        "test_shop.py",
        "shop_test.py",
        "conftest.py",
        "tests/shop.py",
        "a/tests/b/shop.py",
        "test/shop.py",
        "a/tests.py",
        "a/testing.py",
    ],
)
def test_quiet_rules_do_not_look_at_test_files(path: str) -> None:
    assert codes(path) == ["ML201"]


@pytest.mark.parametrize("path", ["shop.py", "tested.py", "contest.py", "latest/shop.py", "test_data/shop.py"])
def test_other_files_keep_all(path: str) -> None:
    assert codes(path) == ["ML203", "ML201"]


@pytest.mark.parametrize(("code", "is_told"), [("ML102", False), ("ML404", False), ("ML201", True)])
def test_what_costs_memory_alone_is_not_looked_for_in_tests(code: str, is_told: bool) -> None:
    assert bool(heard([find(code)], str(ROOT / "tests/shop.py"), Settings(ROOT, None))) is is_told


def test_rules_that_are_ignored_for_a_file_do_not_look_at_it() -> None:
    settings = Settings(ROOT, None, per_file_ignores=((Anchored(str(ROOT), "gen_*.py"), ("ML20",)),))
    assert heard([find("ML203"), find("ML102")], str(ROOT / "gen_a.py"), settings) == [find("ML102")]


def test_a_syntax_error_comes_from_no_rule_but_may_be_ignored() -> None:
    source, start = SourceFile(str(ROOT / "gen_a.py"), "x = \n"), Position(1, 1)
    found = Finding(source.path, start, start, "ML000", "syntax-error", Effect.NONE, Severity.ERROR, "text")
    for selectors, left in ((("ALL",), []), (("ML1",), [found])):
        settings = Settings(ROOT, None, per_file_ignores=((Anchored(str(ROOT), "gen_*.py"), selectors),))
        assert judged(Outcome(source.path, [found]), source, settings).findings == left


@pytest.mark.parametrize("path", ["shop/_vendor/copy.py", "third_party/a/b.py", "vendored/x.py"])
def test_copies_of_other_projects_are_told_of_where_asked(path: str) -> None:
    assert codes(path) == []
    assert codes(path, "ML201") == ["ML201"]


def test_a_package_of_packages_holds_copies_and_a_folder_of_packages_does_not(tmp_path: Path) -> None:
    path = tmp_path / "agent/packages/urllib3/pool.py"
    path.parent.mkdir(parents=True)
    assert heard([find("ML106")], str(path), Settings(tmp_path, None)) == [find("ML106")]
    (tmp_path / "agent/packages/__init__.py").touch()
    assert heard([find("ML106")], str(path), Settings(tmp_path, None)) == []


def test_a_file_that_is_called_like_such_a_folder_is_the_users_own() -> None:
    assert codes("vendor.py") == ["ML203", "ML201"]


@pytest.mark.parametrize("selector", QUIET)
def test_selecting_a_rule_itself_brings_it_back(selector: str) -> None:
    assert codes("tests/shop.py", selector, "ML201") == ["ML203", "ML201"]


@pytest.mark.parametrize("selector", ["ALL", "ML2", "ML20"])
def test_selecting_many_does_not(selector: str) -> None:
    assert codes("tests/shop.py", selector) == ["ML201"]


@pytest.mark.parametrize(("select", "shown"), [((), False), (("ALL",), True), (("ML1",), True), (("ML201",), False)])
def test_an_optional_finding_needs_its_rule_selected(select: tuple[str, ...], shown: bool) -> None:
    source, start = SourceFile(str(ROOT / "shop.py"), "x = 1\n"), Position(1, 1)
    outcome = Outcome(source.path)
    outcome.findings.append(
        Finding(
            source.path, start, start, "ML112", "class-per-call", Effect.LATE, Severity.INFO, "text", is_optional=True
        )
    )
    assert bool(judged(outcome, source, Settings(ROOT, None, select)).findings) is shown


def test_folders_above_the_root_do_not_count() -> None:
    assert not is_test_file("/tests/project/shop.py", Settings(ROOT, None))


@pytest.mark.parametrize(("comment", "is_told"), [("# noqa: B019", False), ("# noqa: B018", True), ("", True)])
def test_what_another_linter_calls_the_fault_silences_it_too(comment: str, is_told: bool) -> None:
    rule = find("ML601")
    source = SourceFile(str(ROOT / "shop.py"), f"@cache  {comment}\n")
    found = Finding(
        source.path, Position(1, 1), Position(1, 7), rule.code, rule.name, rule.effect, rule.severity, "text", rows=(1,)
    )
    assert bool(judged(Outcome(source.path, [found]), source, Settings(ROOT, None)).findings) is is_told


def test_findings_that_nobody_asked_for_are_counted() -> None:
    rule = find("ML102")
    source = SourceFile(str(ROOT / "shop.py"), "x = 1\n")
    start = Position(1, 1)
    found = Finding(
        source.path, start, start, rule.code, rule.name, rule.effect, rule.severity, "text", is_optional=True
    )
    assert judged(Outcome(source.path, [found]), source, Settings(ROOT, None)).withheld == 1
    assert judged(Outcome(source.path, [found]), source, Settings(ROOT, None, ("ML102",))).withheld == 0


@pytest.mark.parametrize(
    ("pattern", "path", "is_ignored"),
    [
        ("tests/*.py", "shop/tests/a.py", False),
        ("tests/*.py", "tests/a.py", True),
        ("tests/**", "tests/deep/a.py", True),
        ("conftest.py", "deep/down/conftest.py", True),
        ("../other/*.py", "../other/a.py", True),
        ("!src/**", "src/a.py", False),
        ("!src/**", "docs/a.py", True),
    ],
)
def test_a_pattern_is_relative_to_the_folder_of_the_file_that_says_it(
    pattern: str, path: str, is_ignored: bool
) -> None:
    assert matches(Anchored("/tests/project/base", pattern), f"/tests/project/base/{path}") is is_ignored


def test_patterns_that_match_none_of_the_files_are_told() -> None:
    ignores = tuple((Anchored(str(ROOT), pattern), ("ML1",)) for pattern in ("gen_*.py", "tset/*", "tests/*"))
    settings = Settings(ROOT, None, per_file_ignores=ignores)
    files = [(str(ROOT / name), settings) for name in ("gen_a.py", "tests/a.py", "b.py")]
    assert idle_patterns(files) == [Anchored(str(ROOT), "tset/*")]


@pytest.mark.parametrize(
    ("fixable", "unfixable", "is_offered"),
    [
        (("ALL",), (), True),
        (("ML1",), (), False),
        (("ALL",), ("ML2",), False),
        (("ALL", "ML201"), ("ML2",), True),
        (("mutable-default",), ("ALL",), True),
        ((), (), False),
    ],
)
def test_a_fix_that_is_not_wanted_is_not_offered(
    fixable: tuple[str, ...], unfixable: tuple[str, ...], is_offered: bool
) -> None:
    source = SourceFile(str(ROOT / "shop.py"), "x = 1\n")
    start = Position(1, 1)
    fix = Fix("use `None`", Safety.UNSAFE, ())
    found = Finding(
        source.path, start, start, "ML201", "mutable-default", Effect.SHARED, Severity.ERROR, "text", fix=fix
    )
    settings = Settings(ROOT, None, fixable=fixable, unfixable=unfixable)
    (finding,) = judged(Outcome(source.path, [found]), source, settings).findings
    assert bool(finding.fix) is is_offered
