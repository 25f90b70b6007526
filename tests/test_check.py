"""The command line, as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import memlint

CYCLE = """\
class Clock:
    def __init__(self):
        self.on_tick = self.advance

    def advance(self): ...

def clocks(zones): return [Clock() for zone in zones]
"""
READ = "def load(path):\n    return open(path).read()\n"
FIXED_READ = "def load(path):\n    with open(path) as file:\n        return file.read()\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "clock.py").write_text(CYCLE)
    (tmp_path / "stats.py").write_text(READ)
    return tmp_path


def codes(project: Path, *flags: str) -> list[str]:
    done = memlint("check", "--output-format", "json", *flags, cwd=project)
    return [finding["code"] for finding in json.loads(done.stdout)]


def test_default_is_this_folder_and_the_status_says_that_there_are_findings(project: Path) -> None:
    done = memlint("check", cwd=project)
    assert done.returncode == 1
    assert done.stdout.startswith("clock.py:3:9: ML102 ")
    assert "stats.py:2:12: ML801 [*] " in done.stdout
    assert done.stdout.endswith("1 fixable with --fix, 1 more with --unsafe-fixes.\n")


def test_exit_zero(project: Path) -> None:
    assert memlint("check", "--exit-zero", cwd=project).returncode == 0


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ([], ["ML102", "ML801"]),
        (["--select", "ML1"], ["ML102"]),
        (["--select", "open-inline"], ["ML801"]),
        (["--select", "ML8,self-bound-callback"], ["ML102", "ML801"]),
        (["--select", "ALL", "--ignore", "ML10"], ["ML801"]),
        (["--ignore", "ALL"], []),
        (["--min-severity", "error"], []),
    ],
)
def test_selection(project: Path, flags: list[str], expected: list[str]) -> None:
    assert codes(project, "--isolated", *flags) == expected


@pytest.mark.parametrize(("level", "status"), [("info", 1), ("warning", 1), ("error", 0)])
def test_fail_on(project: Path, level: str, status: int) -> None:
    assert memlint("check", "--fail-on", level, cwd=project).returncode == status


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chek"], 'there is no command "chek"; did you mean "check"?'),
        (["check", "stat.py"], 'stat.py: no such file or folder; did you mean "stats.py"?'),
        (["check", "--select", "ML409x"], 'select: no rule is called "ML409x"; did you mean "ML40'),
        (
            ["check", "--select", "open-inlne"],
            'select: no rule is called "open-inlne"; did you mean "open-inline"?',
        ),
        (["check", "--output-format", "jsn"], '--output-format: there is no format "jsn"; did you mean "json"?'),
        (["check", "--min-severity", "warn"], 'did you mean "warning"?'),
        (["check", "--target-version", "py3.11"], 'write "py311"'),
        (["check", "--color", "alway"], '--color: "alway" is none of auto, always, never; did you mean "always"?'),
        (["check", "--selct", "ML1"], 'there is no option "--selct"; did you mean "--select"?'),
        (["check", "-", "stats.py"], "`-` reads standard input and stands alone"),
        (["check", "--output-file", "no/such/report"], "--output-file: no/such/report cannot be written"),
        (["rule", "ML40"], 'no rule is called "ML40"; did you mean "ML40'),
        (["rule"], "name a rule by its code or name, or give --all"),
    ],
)
def test_a_mistake_is_one_clear_line(project: Path, arguments: list[str], message: str) -> None:
    done = memlint(*arguments, cwd=project)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("memlint: error: ")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_settings_of_the_nearest_file(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.memlint]\nignore = ["ML801"]\n')
    inner = project / "inner"
    inner.mkdir()
    (inner / "memlint.toml").write_text('select = ["ML801"]\nper-file-ignores = { "gen_*.py" = ["ALL"] }\n')
    for name in ("a.py", "gen_a.py"):
        (inner / name).write_text(CYCLE + READ)
    done = memlint("check", "-q", cwd=project)
    assert [line.split(" ")[:2] for line in done.stdout.splitlines()] == [
        ["clock.py:3:9:", "ML102"],
        ["inner/a.py:9:12:", "ML801"],
    ]


def test_settings_of_the_whole_run(project: Path) -> None:
    (project / "memlint.toml").write_text('fix = true\nshow-fixes = true\noutput-format = "json"\nfail-on = "error"\n')
    done = memlint("check", cwd=project)
    assert done.returncode == 0
    assert [finding["code"] for finding in json.loads(done.stdout)] == ["ML102"]
    assert "fixed stats.py:2: ML801 " in done.stderr
    (project / "stats.py").write_text(READ)
    assert len(json.loads(memlint("check", "--no-fix", cwd=project).stdout)) == 2
    assert memlint("check", "--fail-on", "warning", cwd=project).returncode == 1


def test_rules_are_left_out_by_path_and_fixes_by_rule(project: Path) -> None:
    assert codes(project, "--per-file-ignores", "clock.py:ML1,stats.py:ML9") == ["ML801"]
    assert memlint("check", "--fix", "--unfixable", "ML8", cwd=project).stdout.count("[*]") == 0
    assert (project / "stats.py").read_text() == READ


def test_a_pattern_that_matches_nothing_is_said(project: Path) -> None:
    (project / "memlint.toml").write_text('per-file-ignores = { "tset/*" = ["ML1"], "clock.py" = ["ML1"] }\n')
    done = memlint("check", "--verbose", cwd=project)
    assert [line for line in done.stderr.splitlines() if "per-file-ignores" in line] == [
        f'memlint: per-file-ignores: "tset/*", relative to {project}, matches none of the files that are checked'
    ]
    assert "per-file-ignores" not in memlint("check", cwd=project).stderr


def test_comments_are_not_heeded_on_request(project: Path) -> None:
    (project / "clock.py").write_text(CYCLE.replace("self.advance\n", "self.advance  # noqa: ML102\n"))
    assert codes(project) == ["ML801"]
    assert codes(project, "--ignore-noqa") == ["ML102", "ML801"]


def test_show_files(project: Path) -> None:
    done = memlint("check", "--show-files", "--extend-exclude", "clock.py", cwd=project)
    assert (done.returncode, done.stdout, done.stderr) == (0, "stats.py\n", "")


def test_unknown_key(project: Path) -> None:
    (project / "pyproject.toml").write_text('[tool.memlint]\nslect = ["ML801"]\n')
    done = memlint("check", cwd=project)
    assert done.returncode == 2
    assert done.stderr == 'memlint: error: pyproject.toml: [tool.memlint] has no key "slect"; did you mean "select"?\n'


@pytest.mark.parametrize("comment", ["# memlint: ignore[ML102] one clock", "# noqa: ML102", "# memlint: ignore[ML1]"])
def test_suppression(project: Path, comment: str) -> None:
    (project / "clock.py").write_text(CYCLE.replace("self.advance\n", f"self.advance  {comment}\n"))
    assert codes(project) == ["ML801"]


def test_suppression_on_the_header_of_the_statement(project: Path) -> None:
    (project / "clock.py").write_text(CYCLE.replace("self.advance\n", "(  # memlint: ignore[ML102]\n  self.advance)\n"))
    assert codes(project) == ["ML801"]


def test_fix(project: Path) -> None:
    done = memlint("check", "--fix", "--show-fixes", cwd=project)
    assert done.returncode == 1
    assert (project / "stats.py").read_text() == FIXED_READ
    assert (project / "clock.py").read_text() == CYCLE
    assert "fixed stats.py:2: ML801 " in done.stderr
    assert "Fixed 1 finding, 1 remains" in done.stdout
    again = memlint("check", "--fix", cwd=project)
    assert "Fixed" not in again.stdout


def test_fix_only(project: Path) -> None:
    done = memlint("check", "--fix-only", cwd=project)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "memlint: fixed 1 finding\n")
    assert (project / "stats.py").read_text() == FIXED_READ


def test_a_fix_makes_the_status_1_on_request(project: Path) -> None:
    (project / "clock.py").unlink()
    assert memlint("check", "--fix", "--exit-non-zero-on-fix", cwd=project).returncode == 1
    assert memlint("check", "--fix", "--exit-non-zero-on-fix", cwd=project).returncode == 0


def test_unsafe_fixes(project: Path) -> None:
    assert memlint("check", "--fix", "--unsafe-fixes", cwd=project).returncode == 0
    assert "@property" in (project / "clock.py").read_text()


def test_diff_writes_nothing(project: Path) -> None:
    done = memlint("check", "--diff", cwd=project)
    assert done.returncode == 1
    assert (
        done.stdout
        == """\
--- stats.py
+++ stats.py
@@ -1,2 +1,3 @@
 def load(path):
-    return open(path).read()
+    with open(path) as file:
+        return file.read()
"""
    )
    assert (project / "stats.py").read_text() == READ
    assert memlint("check", "--diff", "clock.py", cwd=project).returncode == 0


def test_standard_input(project: Path) -> None:
    done = memlint("check", "-", "--stdin-filename", "pipe.py", "-q", cwd=project, stdin=READ.encode())
    assert done.returncode == 1
    assert done.stdout.startswith("pipe.py:2:12: ML801")
    fixed = memlint("check", "-", "--fix", cwd=project, stdin=(CYCLE + READ).encode())
    assert fixed.stdout == CYCLE + FIXED_READ
    assert "-:3:9: ML102" in fixed.stderr
    broken = memlint("check", "-", cwd=project, stdin=b"def f(:\n")
    assert "ML000" in broken.stdout


def test_standard_input_that_is_excluded_by_force_comes_back_as_it_was(project: Path) -> None:
    arguments = ["check", "-", "--stdin-filename", "gen/a.py", "--exclude", "gen/", "--force-exclude"]
    done = memlint(*arguments, "--fix", "-q", cwd=project, stdin=READ.encode())
    assert (done.returncode, done.stdout, done.stderr) == (0, READ, "")
    assert memlint(*arguments[:-1], "-q", cwd=project, stdin=READ.encode()).returncode == 1


def test_silent(project: Path) -> None:
    done = memlint("check", "--silent", cwd=project)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_output_file(project: Path) -> None:
    done = memlint("check", "--output-format", "json", "--output-file", "report.json", cwd=project)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(json.loads((project / "report.json").read_text())) == 2


def test_statistics(project: Path) -> None:
    done = memlint("check", "--statistics", "-q", cwd=project)
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [["1", "ML102"], ["1", "ML801"]]


def test_color(project: Path) -> None:
    assert "\x1b[" not in memlint("check", cwd=project).stdout
    assert "\x1b[" in memlint("check", "--color", "always", cwd=project).stdout
    assert "\x1b[" in memlint("check", cwd=project, FORCE_COLOR="1").stdout


def test_order_and_findings_do_not_depend_on_the_number_of_jobs(project: Path) -> None:
    for number in range(60):
        (project / f"m{number}.py").write_text(CYCLE * (number % 5) + "# filler\n" * 1_000 + READ)
    one, many = (memlint("check", "-q", "--jobs", jobs, cwd=project) for jobs in ("1", "3"))
    assert one.stdout == many.stdout
    assert one.stdout.count("ML801") == 61


def test_verbose_says_where_settings_come_from(project: Path) -> None:
    (project / "memlint.toml").write_text("")
    done = memlint("check", "--verbose", cwd=project)
    assert f"settings from {project / 'memlint.toml'}" in done.stderr


def test_rule_page() -> None:
    by_code, by_name = memlint("rule", "ML102"), memlint("rule", "self-bound-callback")
    assert by_code.stdout == by_name.stdout
    assert by_code.stdout.startswith("# ML102 self-bound-callback\n")
    every = memlint("rule", "--all").stdout
    assert "# ML102 self-bound-callback\n" in every and "# ML801 open-inline\n" in every


def test_rule_metadata() -> None:
    described = json.loads(memlint("rule", "ML102", "--output-format", "json").stdout)
    explanation = described.pop("explanation")
    assert explanation.startswith("# ML102")
    assert described == {
        "code": "ML102",
        "default": True,
        "effect": "late",
        "fixes": ["unsafe"],
        "name": "self-bound-callback",
        "severity": "warning",
        "summary": "A method of `self` that is stored on `self` makes a reference cycle: the instance is freed late, "
        "by the garbage collector alone.",
    }
