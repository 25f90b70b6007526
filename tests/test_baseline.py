"""The baseline: what it hides, what it outlives, and how it is kept."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from textwrap import dedent

import pytest

from benchmarks.baseline import changed
from memlint.page import Page
from tests.command import memlint

RULES = Path(__file__).parent.parent / "rules"
CLOCK = """\
class Clock:
    def __init__(self):
        self.on_tick = self.advance

    def advance(self): ...


def clocks(zones):
    return [Clock() for zone in zones]
"""
READ = "def load(path):\n    return open(path).read()\n"
FILE = "memlint-baseline.json"
LISTED = """\
{
  "memlint-baseline": 1,
  "findings": {
    "clock.py": [
      {"rule": "ML102", "scope": "Clock.__init__", "message": "`self.on_tick` keeps the bound method `self.advance`, \
which holds its instance: a cycle, so each `Clock` is freed only by the garbage collector", \
"severity": "warning", "anchor": "7f43f003e8d95dbc"}
    ],
    "über uns/stats.py": [
      {"rule": "ML801", "scope": "load", "message": "`open(path)` has no name and is never closed; it stays \
open until it is collected: open it in a `with`", "severity": "warning", "anchor": "8dfa41aec7d5f0cd"}
    ]
  }
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(f'[tool.memlint]\nbaseline = "{FILE}"\nprofile = "library"\n')
    (tmp_path / "clock.py").write_text(CLOCK)
    (tmp_path / "über uns").mkdir()
    (tmp_path / "über uns/stats.py").write_text(READ)
    return tmp_path


def baseline(project: Path, *arguments: str) -> str:
    done = memlint("baseline", *arguments, cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def told(project: Path, *arguments: str) -> list[str]:
    """The codes that a check tells of, and after them what the summary says of the baseline."""
    said = memlint("check", *arguments, cwd=project).stdout
    return re.findall(r":\d+: (ML\d{3}) ", said) + [line for line in said.splitlines() if "The baseline" in line]


def test_the_file_has_a_line_for_each_finding(project: Path) -> None:
    assert baseline(project, "create") == f"{FILE} lists 2 findings: 1 ML102, 1 ML801.\n"
    assert (project / FILE).read_text("utf-8") == LISTED


def test_a_check_tells_of_new_findings_only(project: Path) -> None:
    assert told(project, "--isolated") == ["ML102", "ML801"]
    baseline(project, "create")
    assert told(project) == ["The baseline hides 2 findings."]
    (project / "über uns/stats.py").write_text(READ + READ.replace("load", "again"))
    assert told(project) == ["ML801", "The baseline hides 2 findings."]
    (project / "über uns/stats.py").write_text(READ + "    return open(path).read()\n")
    assert told(project) == ["ML801", "The baseline hides 2 findings."]


def test_the_cache_knows_of_no_baseline(project: Path) -> None:
    first = memlint("check", "--isolated", "-q", cwd=project)
    baseline(project, "create")
    assert told(project) == ["The baseline hides 2 findings."]
    assert told(project, "--baseline", FILE) == ["The baseline hides 2 findings."]
    assert memlint("check", "--isolated", "-q", cwd=project).stdout == first.stdout


def test_it_outlives_moved_lines_other_names_and_another_layout(project: Path) -> None:
    baseline(project, "create")
    (project / "clock.py").write_text(
        dedent(
            """
            # moved
            def clocks(places):
                return [Clock() for place in places]

            class Clock:
                def advance(self): ...

                def __init__(this, zone=None):
                    if zone:
                        print(zone)
                    this.on_tick = (  # as before
                        this.advance
                    )
            """
        )
    )
    (project / "über uns/stats.py").write_text("def load(file: str) -> str:\n\n    return (open(file)).read()\n")
    assert told(project) == ["The baseline hides 2 findings."]


def test_a_tree_with_lines_inserted_and_functions_in_another_order(tmp_path: Path) -> None:
    """The tree is three bad examples of every rule that is not about comments, as a range ends where it stands."""
    for page in sorted(RULES.glob("*.md")):
        if page.stem.endswith("_suppression"):
            continue
        for number, example in enumerate(Page(page.read_text("utf-8")).bad[:3]):
            (tmp_path / f"{page.stem}{number}.py").write_text(example.code, "utf-8")
    flags = ("--isolated", "--select", "ALL", "--profile", "library", "--baseline", FILE)
    count = baseline(tmp_path, "create", *flags).split()[2]
    assert int(count) > 300
    inserted, moved = changed(sorted(tmp_path.rglob("*.py")), 1_000, random.Random(7))
    assert inserted == 1_000 and moved > 50
    assert told(tmp_path, *flags) == [f"The baseline hides {count} findings."]


def test_update_takes_nothing_new_in_unless_told_to(project: Path) -> None:
    baseline(project, "create")
    before = (project / FILE).read_text("utf-8")
    (project / "new.py").write_text(READ)
    assert baseline(project, "update") == dedent(
        f"""\
        {FILE} lists 2 findings: 1 ML102, 1 ML801.
        New, and taken in by update --accept-new alone: 1 ML801.
        """
    )
    assert (project / FILE).read_text("utf-8") == before
    assert told(project) == ["ML801", "The baseline hides 2 findings."]
    assert baseline(project, "update", "--accept-new") == f"{FILE} lists 3 findings: 2 ML801, 1 ML102.\n"
    assert told(project) == ["The baseline hides 3 findings."]


def test_update_brings_the_words_up_to_date(project: Path) -> None:
    baseline(project, "create")
    (project / "clock.py").write_text(CLOCK.replace("self", "this"))
    assert baseline(project, "prune") == baseline(project, "update")
    assert "`this.on_tick`" in (project / FILE).read_text("utf-8")


def test_prune_takes_out_what_is_gone(project: Path) -> None:
    baseline(project, "create")
    (project / "clock.py").write_text("")
    (project / "new.py").write_text(READ)
    gone = "The baseline still lists 1 finding that is gone: memlint baseline prune."
    assert told(project) == ["ML801", "The baseline hides 1 finding.", gone]
    said = dedent(
        f"""\
        {FILE} lists 1 finding: 1 ML801.
        Taken out, as they are gone: 1 ML102.
        New, and taken in by update --accept-new alone: 1 ML801.
        """
    )
    assert baseline(project, "prune") == said
    assert list(json.loads((project / FILE).read_text("utf-8"))["findings"]) == ["über uns/stats.py"]


def test_what_a_run_could_not_find_is_not_gone(project: Path) -> None:
    (project / "tests").mkdir()
    (project / "tests/test_clock.py").write_text(CLOCK)
    baseline(project, "create", "--select", "ML102,ML801")
    listed = (project / FILE).read_text("utf-8")
    assert listed.count("anchor") == 3
    for arguments in (
        ["über uns"],
        ["--select", "ML801"],
        ["--ignore", "ML102"],
        ["--min-severity", "error"],
        [],  # in tests ML102 is told only where it is selected
    ):
        assert "gone" not in " ".join(told(project, *arguments)), arguments
        baseline(project, "prune", *arguments)
        assert (project / FILE).read_text("utf-8") == listed
    (project / "clock.py").write_text("def f(:\n")
    assert told(project, "clock.py") == ["ML000"]
    baseline(project, "prune", "über uns")
    assert (project / FILE).read_text("utf-8") == listed


def test_a_file_that_is_no_more(project: Path) -> None:
    baseline(project, "create")
    (project / "über uns/stats.py").unlink()
    assert "gone" in told(project)[-1]
    assert told(project, "clock.py") == ["The baseline hides 1 finding."]
    baseline(project, "prune", "clock.py")
    assert "stats.py" in (project / FILE).read_text("utf-8")
    baseline(project, "prune", "über uns")
    assert "stats.py" not in (project / FILE).read_text("utf-8")


def test_a_syntax_error_may_be_listed(project: Path) -> None:
    (project / "old.py").write_text("def load(path, seen=[]):\n    seen.append(path)\n    print path\n")
    baseline(project, "create")
    assert told(project) == ["The baseline hides 3 findings."]
    (project / "old.py").write_text("print()\n")
    assert "gone" in told(project)[-1]


def test_paths_are_those_from_the_folder_of_the_file(project: Path) -> None:
    assert "lists 2" in baseline(project / "über uns", "create", "..")
    assert (project / FILE).read_text("utf-8") == LISTED
    assert told(project / "über uns", "..") == ["The baseline hides 2 findings."]
    other = str(project / "über uns/other.json")
    baseline(project, "create", "--baseline", other)
    assert list(json.loads(Path(other).read_text("utf-8"))["findings"]) == ["../clock.py", "stats.py"]
    assert told(project, "--baseline", other) == ["The baseline hides 2 findings."]


def test_fixes_are_those_of_new_findings(project: Path) -> None:
    path = project / "über uns/stats.py"
    path.write_text(READ + "def again(path):\n    one = open(path).read()\n    return one\n")
    baseline(project, "create")
    old = path.read_text()
    path.write_text(old + "def more(path):\n    return open(path).read()\n")
    done = memlint("check", "--fix", cwd=project)
    assert done.returncode == 0
    assert done.stdout == "Fixed 1 finding, none remain.\nThe baseline hides 3 findings.\n"
    assert path.read_text() == old + "def more(path):\n    with open(path) as file:\n        return file.read()\n"
    assert memlint("check", "--diff", cwd=project).stdout == ""


def test_of_equal_findings_the_last_is_fixed_and_no_other(project: Path) -> None:
    path = project / "über uns/stats.py"
    once = "    a = open(path).read()\n"
    path.write_text(f"def load(path):\n{once}    return a\n")
    baseline(project, "create")
    path.write_text(f"def load(path):\n{once}{once}    return a\n")
    memlint("check", "--fix", cwd=project)
    mended = "    with open(path) as file:\n        a = file.read()\n"
    assert path.read_text() == f"def load(path):\n{once}{mended}    return a\n"


def test_standard_input(project: Path) -> None:
    baseline(project, "create")
    name = ("--stdin-filename", "über uns/stats.py")
    assert memlint("check", "-", *name, "-q", cwd=project, stdin=READ.encode()).stdout == ""
    more = READ + READ.replace("load", "more")
    assert ":4:12: ML801" in memlint("check", "-", *name, "-q", cwd=project, stdin=more.encode()).stdout
    fixed = memlint("check", "-", *name, "--fix", cwd=project, stdin=more.encode()).stdout
    assert fixed == READ + "def more(path):\n    with open(path) as file:\n        return file.read()\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, f"{FILE}: no such baseline; make it: memlint baseline create --baseline {FILE}"),
        (
            b"\xff",
            f"{FILE}: not UTF-8; take it back from version control, or remove it and run memlint baseline create",
        ),
        (b"{\n]", f"{FILE}:2: not JSON: Expecting property name enclosed in double quotes; take it back from version"),
        (b'{\n"a": [\n<<<<<<< HEAD\n', f"{FILE}:3: marks of a merge conflict; keep the lines of both sides"),
        (b"[]", f'{FILE}: no baseline of memlint, as it has no "memlint-baseline"; name another file'),
        (b'{"memlint-baseline": 2}', f"{FILE}: written by a newer memlint, in version 2 of the format, where this one"),
        (b'{"memlint-baseline": 1, "findings": {"a.py": [{"rule": 1}]}}', f"{FILE}: damaged: KeyError: 'scope'; take"),
    ],
)
def test_a_file_that_cannot_be_used(project: Path, text: bytes | None, message: str) -> None:
    if text is not None:
        (project / FILE).write_bytes(text)
    for command in (["check"], ["baseline", "update"], ["baseline", "prune"]):
        done = memlint(*command, cwd=project)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"memlint: error: {message}") and done.stderr.count("\n") == 1
    assert text is None or (project / FILE).read_bytes() == text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["creat"], 'baseline: there is no action "creat"; did you mean "create"?'),
        (["prune", "--accept-new"], "--accept-new goes with update"),
        (["create"], f"{FILE} is there already; bring it up to date: memlint baseline update"),
        (["create", "--baseline", "no/such"], "no/such: cannot be written: No such file or directory"),
        (["update", "nowhere"], "nowhere: no such file or folder"),
    ],
)
def test_a_mistake_is_one_clear_line(project: Path, arguments: list[str], message: str) -> None:
    baseline(project, "create")
    done = memlint("baseline", *arguments, cwd=project)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr.startswith(f"memlint: error: {message}")
    assert (project / FILE).read_text("utf-8") == LISTED


def test_a_name_that_is_not_utf_8(project: Path) -> None:
    try:
        (project / "caf\udce9.py").write_text(READ)
    except (OSError, UnicodeError):
        pytest.skip("the file system takes no such name")
    baseline(project, "create", "--no-cache")
    assert b'"caf\\udce9.py"' in (project / FILE).read_bytes()
    assert told(project, "--no-cache") == ["The baseline hides 3 findings."]
