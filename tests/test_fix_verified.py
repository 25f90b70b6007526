"""`--fix-verified` keeps the fixes with which the user's command still passes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from memlint.trial import Trial
from tests.command import heed_interrupts, memlint
from tests.test_plugin import Distribution

RULE = '''\
from memlint.api import Effect, Fix, Rule, Safety, all_of, cst

WRONG = {"13": "13 * 13", "14": "14 +", "15": "15 * 15", "16": "[16 for _ in iter(int, 1)]"}


class GlobalStatement(Rule):
    """Writes out `double(n)`, some of them wrongly."""

    code = "XY001"
    name = "global-statement"
    effect = Effect.SHARED
    gate = all_of(rb"double")

    def visit_Call(self, node: cst.Call) -> None:
        number = self.text(node.args[0].value)
        edit = self.replace(node, WRONG.get(number, f"{number} + {number}"))
        self.report(node, "a doubling", fix=Fix("write it out", Safety.SAFE, (edit,)))
'''
DOUBLES = "from doubling import double\n"
DOUBLING = "def double(number):\n    return 2 * number\n"
CHECK = """\
import sums

for name, value in vars(sums).items():
    if name.startswith("of_"):
        assert value == 2 * int(name[3:]), name
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a rule that has bad fixes, and a folder for temporary files beside it."""
    plugin = Distribution(tmp_path, "other")
    plugin.offer(source=RULE)
    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / "temporary").mkdir()
    (folder / "pyproject.toml").write_text('[tool.memlint]\nselect = ["XY"]\n')
    (folder / "doubling.py").write_text(DOUBLING)
    (folder / "check.py").write_text(CHECK)
    return folder


def sums(*numbers: int) -> str:
    return DOUBLES + "".join(f"of_{number} = double({number})\n" for number in numbers)


def environment(project: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(project.parent / "other"), "TMPDIR": str(project.parent / "temporary")}


def verified(
    project: Path, *arguments: str, command: tuple[str, ...] = (sys.executable, "check.py")
) -> tuple[int, str]:
    """The exit status and what standard error says; nothing temporary may be left."""
    done = memlint("check", "--fix-verified", *arguments, "--", *command, cwd=project, **environment(project))
    assert list((project.parent / "temporary").iterdir()) == []
    return done.returncode, re.sub(r" in [0-9.]+ s|`.*`", "", done.stderr)


def test_the_one_bad_fix_among_twenty_good_ones_is_dropped(project: Path) -> None:
    (project / "sums.py").write_text(sums(*range(9), 13, *range(17, 28)))
    status, told = verified(project)
    kept = (project / "sums.py").read_text()
    assert kept.count("double(") == 1
    assert "of_13 = double(13)\n" in kept
    assert "of_27 = 27 + 27\n" in kept
    assert status == 1
    assert told.splitlines()[:3] == [
        "memlint: run 1, without fixes: passed",
        "memlint: run 2, with the files to fix broken: failed",
        "memlint: run 3, with 21 fixes: failed",
    ]
    assert told.splitlines()[-2:] == [
        "memlint: kept 20 of 21 fixes in 10 runs of ",
        "memlint: dropped sums.py:11: XY001: with its fix the command fails: exit status 1: AssertionError: of_13",
    ]


def test_bad_fixes_of_several_files(project: Path) -> None:
    (project / "sums.py").write_text(sums(1, 13, 2) + "from more import *\n")
    (project / "more.py").write_text(sums(3, 15, 4))
    verified(project)
    assert (project / "sums.py").read_text() == (
        f"{DOUBLES}of_1 = 1 + 1\nof_13 = double(13)\nof_2 = 2 + 2\nfrom more import *\n"
    )
    assert (project / "more.py").read_text() == f"{DOUBLES}of_3 = 3 + 3\nof_15 = double(15)\nof_4 = 4 + 4\n"


def test_a_fix_with_which_the_command_does_not_end(project: Path) -> None:
    (project / "sums.py").write_text(sums(1, 16))
    _, told = verified(project, "--timeout", "2")
    assert (project / "sums.py").read_text() == f"{DOUBLES}of_1 = 1 + 1\nof_16 = double(16)\n"
    assert told.splitlines()[-1].endswith("with its fix the command fails: it took longer than 2 s")


def test_nothing_is_written_with_diff(project: Path) -> None:
    (project / "sums.py").write_text(sums(1, 13))
    verified(project, "--diff")
    assert (project / "sums.py").read_text() == sums(1, 13)


@pytest.mark.parametrize(
    ("check", "reason"),
    [
        (
            "raise SystemExit('no such table')",
            "the command fails before anything is fixed: exit status 1: no such table; make it pass first",
        ),
        (
            "print('fine')",
            "the command passes even where no Python can read the files to fix: it runs none of them, or those of an "
            "installed package",
        ),
    ],
)
def test_a_command_that_tells_nothing(project: Path, check: str, reason: str) -> None:
    (project / "sums.py").write_text(sums(1))
    (project / "check.py").write_text(check)
    status, told = verified(project)
    assert status == 2
    assert told.splitlines()[-1] == f"memlint: error: --fix-verified: {reason}; nothing was written"
    assert (project / "sums.py").read_text() == sums(1)


def test_a_command_that_fails_by_chance(project: Path) -> None:
    count = project.parent / "count"
    flaky = f"import pathlib\npath = pathlib.Path({str(count)!r})\nruns = len(path.read_text())\n"
    flaky += "path.write_text('.' * (runs + 1))\nif runs == 2: raise SystemExit('by chance')\n"
    count.write_text("")
    (project / "check.py").write_text(flaky + CHECK)
    (project / "sums.py").write_text(sums(1, 2))
    _, told = verified(project)
    assert (project / "sums.py").read_text() == f"{DOUBLES}of_1 = 1 + 1\nof_2 = 2 + 2\n"
    assert told.splitlines()[-1] == ("memlint: kept 2 of 2 fixes in 6 runs of ; it failed by chance 1 time")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["."], "--fix-verified: write the command that tests the code behind ` -- `: "),
        ([".", "--", "no-such-command"], '--fix-verified: there is no command "no-such-command" to run'),
        (["-", "--", "true"], "--fix-verified works on files: name them instead of `-`"),
        (["..", "--", sys.executable, "check.py"], "is outside of the project"),
        (
            [".venv/own.py", "--", sys.executable, "check.py"],
            "belongs to an environment or a cache, which is not copied",
        ),
    ],
)
def test_mistakes(project: Path, arguments: list[str], reason: str) -> None:
    (project / "sums.py").write_text(sums(1))
    (project.parent / "a.py").write_text(sums(1))
    (project / ".venv").mkdir()
    (project / ".venv" / "own.py").write_text(sums(1))
    done = memlint("check", "--fix-verified", "--select", "XY", *arguments, cwd=project, **environment(project))
    assert done.returncode == 2
    assert reason in done.stderr
    assert (project / "sums.py").read_text() == sums(1)


@pytest.mark.skipif(os.name != "posix", reason="signals and process groups")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing(project: Path, number: int) -> None:
    started = project.parent / "started"
    (project / "sums.py").write_text(sums(1))
    (project / "check.py").write_text(
        "import pathlib, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"path = pathlib.Path({str(started)!r})\n"
        "path.with_suffix('.new').write_text(str(child.pid))\n"
        "path.with_suffix('.new').rename(path)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-m", "memlint", "check", "--fix-verified", "--", sys.executable, "check.py"]
    process = subprocess.Popen(
        command,
        cwd=project,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment(project)},
        preexec_fn=heed_interrupts,
    )
    until = time.monotonic() + 30
    while not started.exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    assert (process.returncode, told.strip()) == (130, "memlint: interrupted")
    assert list((project.parent / "temporary").iterdir()) == []
    assert (project / "sums.py").read_text() == sums(1)
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text()), 0)


def test_what_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    for name in (".git/HEAD", "src/a.py", "src/__pycache__/a.pyc", ".venv/pyvenv.cfg", "built.so"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).touch()
    (project / ".gitignore").write_text("built.so\n")
    (project / "inner").symlink_to("src")
    (project / "own").symlink_to(project / "src" / "a.py")
    (tmp_path / "beside").mkdir()
    (project / "outer").symlink_to("../beside")
    trial = Trial(project, ["true"], ("src",), None)
    try:
        copy = trial.copy
        copied = {
            path.relative_to(copy).as_posix(): path.is_symlink()
            for path in copy.rglob("*")
            if path.is_symlink() or path.is_file()
        }
        assert copied == {
            ".gitignore": False,
            ".venv": True,
            "built.so": False,
            "inner": True,
            "outer": True,
            "own": True,
            "src/a.py": False,
        }
        assert (copy / "inner").resolve() == copy / "src"
        assert (copy / "own").resolve() == copy / "src" / "a.py"
        assert (copy / "outer").resolve() == tmp_path / "beside"
        assert trial.environment()["PYTHONPATH"].split(os.pathsep)[0] == str(copy / "src")
    finally:
        trial.close()
    assert not trial.held.exists()
