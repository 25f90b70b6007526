"""The cache: what holds from one run to the next, what does not, and what happens where it cannot be used."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import fields, replace
from pathlib import Path
from textwrap import dedent

import pytest

from memlint import cache as module
from memlint import run
from memlint.cache import Cache, dependencies, outcome_of, plain_of
from memlint.model import Outcome
from memlint.run import Task, check_files
from memlint.settings import Settings, load
from memlint.stamps import Stamps
from tests.command import memlint

LEAKY = "def grow(item, seen=[]):\n    seen.append(item)\n    return seen\n"
CLEAN = "def grow(item, seen=None):\n    return [*(seen or ()), item]\n"
OWNER = """
    from app.wheel import Wheel


    class Car:
        def __init__(self):
            self.wheel = Wheel(self)


    def cars(count):
        return [Car() for _ in range(count)]
"""
WHEEL = "class Wheel:\n    def __init__(self, car):\n        self.car = car\n"
WEAK = "import weakref\n\n\nclass Wheel:\n    def __init__(self, car):\n        self.car = weakref.ref(car)\n"
LONG_AGO = 1_600_000_000


def write(folder: Path, files: dict[str, str], when: float = LONG_AGO) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), "utf-8")
        os.utime(path, (when, when))


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were not taken from the cache."""
    names: list[str] = []
    really = run.check_file

    def noted(task: Task) -> Outcome:
        names.append(Path(task.path).name)
        return really(task)

    monkeypatch.setattr(run, "check_file", noted)
    return names


def check(folder: Path, select: str = "ALL") -> list[Outcome]:
    run.project_for.cache_clear()  # a run is a process of its own
    settings = replace(load(folder, {"select": [select]}, isolated=True), root=folder)
    tasks = [Task(str(path), settings) for path in sorted(folder.rglob("*.py"))]
    return list(check_files(tasks, 1, Cache(folder / ".memlint_cache")))


def found(outcomes: list[Outcome]) -> list[tuple[str, str]]:
    return [(Path(each.path).name, finding.code) for each in outcomes for finding in each.findings]


def test_what_has_not_changed_is_not_worked_out_again(tmp_path: Path, worked_out: list[str]) -> None:
    write(tmp_path, {"leaky.py": LEAKY, "clean.py": CLEAN, "broken.py": "def grow(seen=[]:\n    seen.append(1)\n"})
    first = check(tmp_path)
    assert sorted(worked_out) == ["broken.py", "clean.py", "leaky.py"]
    worked_out.clear()
    second = check(tmp_path)
    assert worked_out == []
    assert [(each.path, each.findings) for each in second] == [(each.path, each.findings) for each in first]
    assert {("leaky.py", "ML201"), ("broken.py", "ML000")} <= set(found(second))


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these file systems hold UTF-8 or UTF-16 names only")
def test_a_file_whose_name_is_not_utf8_is_kept_like_others(tmp_path: Path, worked_out: list[str]) -> None:
    write(tmp_path, {"caf\udce9.py": LEAKY, "b.py": LEAKY})
    before = found(check(tmp_path))
    assert found(check(tmp_path)) == before
    assert sorted(worked_out) == ["b.py", "caf\udce9.py"]


@pytest.mark.parametrize(
    ("flags", "is_worked_out"),
    [
        ({"exclude": ["old/"], "force-exclude": True, "respect-gitignore": False}, False),
        ({"fail-on": "error", "output-format": "json", "show-fixes": True, "unsafe-fixes": True}, False),
        ({"ignore": ["ML201"]}, True),
        ({"extend-select": ["ML301"]}, True),
        ({"per-file-ignores": {"one.py": ["ML201"]}}, True),
        ({"unfixable": ["ML201"]}, True),
        ({"ignore-noqa": True}, True),
        ({"min-severity": "error"}, True),
        ({"profile": "script"}, True),
        ({"target-version": "py313"}, True),
    ],
)
def test_settings_that_findings_depend_on_are_heeded_and_no_others(
    tmp_path: Path, worked_out: list[str], flags: dict[str, object], is_worked_out: bool
) -> None:
    write(tmp_path, {"one.py": LEAKY})
    for overrides in ({}, flags):
        worked_out.clear()
        task = Task(str(tmp_path / "one.py"), load(tmp_path, overrides, isolated=True))
        list(check_files([task], 1, Cache(tmp_path / ".memlint_cache")))
    assert bool(worked_out) is is_worked_out


def test_every_field_of_the_settings_is_heeded_or_bears_on_no_finding() -> None:
    heeded = {each.partition("=")[0] for each in load(Path("/")).bearing_on_findings()}
    assert {field.name for field in fields(Settings)} - heeded == {
        *("origin", "exclude", "force_exclude", "respect_gitignore", "cache_dir", "baseline"),
        *("fail_on", "output_format", "fix", "unsafe_fixes", "fix_only", "show_fixes"),
    }


def test_a_change_is_seen(tmp_path: Path, worked_out: list[str]) -> None:
    write(tmp_path, {"one.py": LEAKY, "two.py": LEAKY})
    check(tmp_path)
    worked_out.clear()
    write(tmp_path, {"two.py": CLEAN}, LONG_AGO + 5)
    assert {name for name, _ in found(check(tmp_path))} == {"one.py"}
    assert worked_out == ["two.py"]


def test_a_change_within_the_same_moment_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "one.py"
    path.write_text(LEAKY, "utf-8")
    assert found(check(tmp_path, "ML201"))
    before = path.stat()
    path.write_text(LEAKY.replace("seen.append(item)", "print(seen, item)"), "utf-8")
    os.utime(path, ns=(before.st_mtime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert not found(check(tmp_path, "ML201"))


def test_a_touch_is_no_change(tmp_path: Path, worked_out: list[str]) -> None:
    write(tmp_path, {"one.py": LEAKY})
    check(tmp_path)
    worked_out.clear()
    write(tmp_path, {"one.py": LEAKY}, LONG_AGO + 5)
    assert found(check(tmp_path)) and worked_out == []


@pytest.mark.parametrize("is_new", [False, True])
def test_a_touch_of_what_a_finding_depends_on_is_no_change(tmp_path: Path, worked_out: list[str], is_new: bool) -> None:
    files = {"app/__init__.py": "", "app/car.py": OWNER, "app/wheel.py": WHEEL, "app/other.py": CLEAN}
    write(tmp_path, files, time.time() + 60 if is_new else LONG_AGO + 5)
    assert ("car.py", "ML104") in found(check(tmp_path))
    write(tmp_path, files)
    assert ("car.py", "ML104") in found(check(tmp_path))
    worked_out.clear()
    write(tmp_path, {"app/wheel.py": WHEEL, "app/other.py": CLEAN}, LONG_AGO + 10)
    assert ("car.py", "ML104") in found(check(tmp_path))
    assert worked_out == []


def test_a_change_in_a_file_that_a_finding_depends_on_is_seen(tmp_path: Path, worked_out: list[str]) -> None:
    write(tmp_path, {"app/__init__.py": "", "app/car.py": OWNER, "app/wheel.py": WHEEL, "app/other.py": CLEAN})
    assert ("car.py", "ML104") in found(check(tmp_path))
    worked_out.clear()
    write(tmp_path, {"app/wheel.py": WEAK}, LONG_AGO + 5)
    assert ("car.py", "ML104") not in found(check(tmp_path))
    assert "car.py" in worked_out and "other.py" not in worked_out


def test_a_file_that_was_looked_for_in_vain_is_seen_when_it_comes(tmp_path: Path) -> None:
    write(tmp_path, {"app/__init__.py": "", "app/car.py": OWNER})
    assert "Wheel.car" not in str(check(tmp_path, "ML104"))
    write(tmp_path, {"app/wheel.py": WHEEL})
    assert "Wheel.car" in str(check(tmp_path, "ML104"))


def test_other_settings_other_rows(tmp_path: Path) -> None:
    write(tmp_path, {"one.py": LEAKY})
    assert found(check(tmp_path))
    assert not found(check(tmp_path, "ML104"))
    assert found(check(tmp_path))


def test_another_memlint_other_rows(tmp_path: Path, worked_out: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"one.py": LEAKY})
    check(tmp_path)
    worked_out.clear()
    module.key_of.cache_clear()
    monkeypatch.setattr(module, "program", lambda: "another")
    check(tmp_path)
    module.key_of.cache_clear()
    assert worked_out == ["one.py"]


def test_a_path_is_told_as_it_is_written_now(tmp_path: Path) -> None:
    write(tmp_path, {"app/memlint.toml": "", "app/leaky.py": LEAKY})
    kept = ["--cache-dir", str(tmp_path / "kept")]
    inside = memlint("check", ".", *kept, cwd=tmp_path / "app")
    outside = memlint("check", "app", *kept, cwd=tmp_path)
    assert inside.stdout.startswith("leaky.py:") and outside.stdout.startswith(os.path.join("app", "leaky.py:"))


def test_what_packages_a_project_bears_on_its_kind(tmp_path: Path) -> None:
    write(tmp_path, {"memlint.toml": "", "tool.py": "if __name__ == '__main__':\n    print(1)\n"})
    assert "checked as a script" in memlint("check", "--verbose", cwd=tmp_path).stderr
    assert "checked as a script" in memlint("check", "--verbose", cwd=tmp_path).stderr
    write(tmp_path, {"pyproject.toml": "[project]\nname = 'tool'\n"})
    assert "checked as a library" in memlint("check", "--verbose", cwd=tmp_path).stderr


def test_a_memlint_that_was_installed_just_now_is_the_same_later(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = []
    for passed in (0, 10 * 10**9):
        now = time.time_ns() + passed
        monkeypatch.setattr("memlint.stamps.time.time_ns", lambda now=now: now)
        module.program.cache_clear()
        keys.append(module.program())
    assert keys[0] == keys[1]


def test_the_rules_of_another_distribution_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"offer-1.0.dist-info/entry_points.txt": "[memlint.rules]\nours = offered_rules:Ours\n"})
    monkeypatch.syspath_prepend(tmp_path)
    module.program.cache_clear()
    before = module.program()
    write(tmp_path, {"offered_rules.py": "x = 1\n"})
    module.program.cache_clear()
    between = module.program()
    write(tmp_path, {"offered_rules.py": "x = 2\n"}, LONG_AGO + 5)
    module.program.cache_clear()
    after = module.program()
    module.program.cache_clear()
    assert len({before, between, after}) == 3


@pytest.mark.parametrize("rule", ["ML101", "ML104", "ML201", "ML401"])
def test_outcomes_come_back_as_they_were(rule: str, tmp_path: Path) -> None:
    sources = sorted((Path(__file__).parent / "textbook").rglob("*.py"))
    settings = load(tmp_path, {"select": [rule]}, isolated=True)
    outcomes = [run.check_file(Task(str(path), settings, cached=True)) for path in sources]
    assert any(each.findings for each in outcomes)
    for each in outcomes:
        back = outcome_of(each.path, json.loads(json.dumps(plain_of(each))))
        assert (back.findings, back.unchecked, back.withheld) == (each.findings, each.unchecked, each.withheld)


def test_dependencies_name_folders_and_not_each_path_that_is_not_there(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": ""})
    looked = frozenset(str(tmp_path / name) for name in ("a.py", "b.py", "c.py", "d/e.py"))
    states = dependencies(b"", "", Outcome("x.py", looked_for=looked), Stamps()).states
    assert [state[:2] for state in states] == [("content", str(tmp_path / "a.py")), ("folder", str(tmp_path))]


def spoil(folder: Path, how: str) -> None:
    file = folder / ".memlint_cache/files.db"
    if how == "corrupt":
        file.write_bytes(b"SQLite format 3\0" + b"no such thing" * 500)
    elif how == "foreign":
        file.unlink()
        with sqlite3.connect(file) as connection:
            connection.execute("CREATE TABLE files (name TEXT)")
    elif how == "a folder":
        file.unlink()
        file.mkdir()
    else:
        with sqlite3.connect(file) as connection:
            connection.execute("UPDATE files SET result = ?", ('{"findings": 3}',))


@pytest.mark.parametrize("how", ["corrupt", "foreign", "a folder", "odd"])
def test_a_cache_that_cannot_be_used_is_left_alone(tmp_path: Path, how: str) -> None:
    write(tmp_path, {"one.py": LEAKY})
    right = memlint("check", "--isolated", cwd=tmp_path)
    for each in (tmp_path / ".memlint_cache").glob("files.db-*"):
        each.unlink()
    spoil(tmp_path, how)
    if how == "a folder":
        write(tmp_path, {"two.py": CLEAN})
    again = memlint("check", "--isolated", "--verbose", cwd=tmp_path)
    assert again.stdout.splitlines()[0] == right.stdout.splitlines()[0]
    assert again.returncode == right.returncode == 1
    assert ".memlint_cache is not used" in again.stderr


def test_a_cache_that_may_only_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"one.py": LEAKY})
    check(tmp_path)
    really = sqlite3.connect

    def reading(file: Path, timeout: float) -> sqlite3.Connection:
        return really(f"{file.as_uri()}?mode=ro", timeout=timeout, uri=True)

    monkeypatch.setattr(module.sqlite3, "connect", reading)
    kept = Cache(tmp_path / ".memlint_cache")
    write(tmp_path, {"one.py": LEAKY + "\n"}, LONG_AGO + 5)
    settings = replace(load(tmp_path, {"select": ["ALL"]}, isolated=True), root=tmp_path)
    assert found(list(check_files([Task(str(tmp_path / "one.py"), settings)], 1, kept)))
    assert "is not used" in kept.trouble and "readonly" in kept.trouble


def test_a_cache_folder_that_is_a_file(tmp_path: Path) -> None:
    write(tmp_path, {"one.py": LEAKY, "kept": ""})
    done = memlint("check", "--isolated", "--verbose", "--cache-dir", "kept", cwd=tmp_path)
    assert done.returncode == 1 and "the cache in kept is not used" in done.stderr


def test_another_run_may_hold_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"one.py": LEAKY})
    check(tmp_path)
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    other = sqlite3.connect(tmp_path / ".memlint_cache/files.db")
    other.execute("BEGIN EXCLUSIVE")
    write(tmp_path, {"one.py": LEAKY + "\n\n" + LEAKY.replace("grow", "more")}, LONG_AGO + 5)
    assert len(found(check(tmp_path))) == 2
    other.rollback()
    other.close()


def test_two_runs_at_once_say_the_same(tmp_path: Path) -> None:
    write(tmp_path, {f"file{number}.py": LEAKY for number in range(40)})
    command = [sys.executable, "-m", "memlint", "check", "--isolated", "-q"]
    runs = [subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE) for _ in range(3)]
    said = {process.communicate()[0] for process in runs}
    assert len(said) == 1 and said.pop().count(b"ML201") == 40


def test_no_cache_and_fixes_keep_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"one.py": CLEAN})
    for flag in ("--no-cache", "--fix", "--diff", "--no-gate"):
        memlint("check", "--isolated", flag, cwd=tmp_path)
        assert not (tmp_path / ".memlint_cache").exists()


def test_clean(tmp_path: Path) -> None:
    write(tmp_path, {"one.py": LEAKY})
    memlint("check", "--isolated", cwd=tmp_path)
    kept = tmp_path / ".memlint_cache"
    assert (kept / ".gitignore").read_text("utf-8").endswith("*\n")
    assert memlint("clean", cwd=tmp_path).returncode == 0 and not kept.exists()
    assert memlint("clean", cwd=tmp_path).returncode == 0
    write(tmp_path, {".memlint_cache/mine.txt": ""})
    refused = memlint("clean", cwd=tmp_path)
    assert refused.returncode == 2 and "mine.txt" in refused.stderr and kept.exists()
