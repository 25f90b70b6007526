"""`--since` and `--staged`: findings on lines that git says have changed."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.command import memlint

READ = "def load(path):\n    return open(path).read()\n"
AGAIN = READ.replace("load", "again")
MENDED = "def {}(path):\n    with open(path) as file:\n        return file.read()\n"
CAR = """\
from wheel import Wheel


class Car:
    def __init__(self):
        self.wheel = Wheel(self)


def cars(count):
    return [Car() for _ in range(count)]
"""
WHEEL = "class Wheel:\n    def __init__(self, car):\n        self.car = None\n"


AUTHOR = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *AUTHOR, *arguments], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commit(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "change", "--allow-empty")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path, {"memlint.toml": 'profile = "library"\n', ".gitignore": ".memlint_cache\n", "old.py": READ})
    return tmp_path


def told(folder: Path, *flags: str) -> list[str]:
    """The places and codes of findings, and after them what the summary says of others."""
    done = memlint("check", *flags, cwd=folder)
    assert done.stderr == ""
    found = re.findall(r"^(.*?:\d+:\d+): (ML\d{3}) ", done.stdout, re.MULTILINE)
    return [" ".join(each) for each in found] + [line for line in done.stdout.splitlines() if "unchanged" in line]


def refused(folder: Path, *flags: str, **environment: str) -> str:
    done = memlint("check", *flags, cwd=folder, **environment)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    return done.stderr.removeprefix("memlint: error: ").rstrip()


def test_lines_that_are_changed_count(project: Path) -> None:
    assert told(project, "--since", "HEAD") == ["1 finding on unchanged lines left out."]
    (project / "old.py").write_text(AGAIN + READ)
    assert told(project, "--since", "HEAD") == ["old.py:2:12 ML801", "1 finding on unchanged lines left out."]
    commit(project, {})
    assert told(project, "--since", "HEAD") == ["2 findings on unchanged lines left out."]
    assert told(project, "--since", "HEAD~1") == ["old.py:2:12 ML801", "1 finding on unchanged lines left out."]


def test_the_other_branch_may_have_gone_on(project: Path) -> None:
    git(project, "checkout", "-q", "-b", "topic")
    commit(project, {"topic.py": READ})
    git(project, "checkout", "-q", "main")
    commit(project, {"old.py": AGAIN})
    git(project, "checkout", "-q", "topic")
    assert told(project, "--since", "main") == ["topic.py:2:12 ML801", "1 finding on unchanged lines left out."]


def test_a_file_that_git_does_not_know_is_new(project: Path) -> None:
    commit(project, {".gitignore": ".memlint_cache\nignored.py\n"})
    for name in ("new.py", "ignored.py"):
        (project / name).write_text(READ)
    left = "1 finding on unchanged lines left out."
    assert told(project, "--since", "HEAD") == ["new.py:2:12 ML801", left]
    assert told(project, "--since", "HEAD", "ignored.py") == ["ignored.py:2:12 ML801"]


@pytest.mark.parametrize("name", ["a b.py", "über uns.py", "tab\t.py", 'quo"te.py', "-n.py"])
def test_names_that_git_quotes(project: Path, name: str) -> None:
    commit(project, {f"{name[0]}/{name}": READ})
    (project / name[0] / name).write_text(READ + AGAIN)
    line, left = told(project, "--since", "HEAD")
    assert (
        line == f"{name[0]}/{name}:4:12 ML801".replace("\t", "\\t")
        and left == "2 findings on unchanged lines left out."
    )
    git(project, "add", "-A")
    assert told(project, "--staged")[0] == line


def test_a_file_with_another_name(project: Path) -> None:
    filler = "".join(f"x{number} = {number}\n" for number in range(30))
    commit(project, {"a.py": filler + READ})
    (project / "a.py").rename(project / "b.py")
    (project / "b.py").write_text(filler + READ + AGAIN)
    git(project, "add", "-A")
    expected = ["b.py:34:12 ML801", "2 findings on unchanged lines left out."]
    assert told(project, "--since", "HEAD") == expected
    assert told(project, "--staged") == expected


def test_lines_that_are_gone_count_within_a_finding(project: Path) -> None:
    text = "def load(path):\n    print()\n    return open(\n        path,\n        'rb',\n    ).read()\n"
    commit(project, {"old.py": text})
    (project / "old.py").write_text(text.replace("        'rb',\n", ""))
    assert told(project, "--since", "HEAD") == ["old.py:3:12 ML801"]
    (project / "old.py").write_text(text.replace("    print()\n", ""))
    assert told(project, "--since", "HEAD") == ["1 finding on unchanged lines left out."]


def test_text_that_looks_like_a_patch(project: Path) -> None:
    text = "x = 1\n-- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n"
    commit(project, {"text.py": f'"""\n{text}"""\n'})
    (project / "text.py").write_text(f'"""\n++ b/old.py\n@@ -1 +1,9 @@\n{text}"""\n' + READ.rstrip())
    assert told(project, "--since", "HEAD") == ["text.py:10:12 ML801", "1 finding on unchanged lines left out."]


def test_a_cycle_that_a_changed_line_closes(project: Path) -> None:
    commit(project, {"car.py": CAR, "wheel.py": WHEEL})
    assert told(project, "--select", "ML104") == []
    (project / "wheel.py").write_text(WHEEL.replace("None", "car"))
    assert told(project, "--select", "ML104", "--since", "HEAD") == ["car.py:6:9 ML104"]
    git(project, "add", "-A")
    assert told(project, "--select", "ML104", "--staged") == ["car.py:6:9 ML104"]
    (project / "wheel.py").write_text(WHEEL)
    assert told(project, "--select", "ML104", "--staged") == ["car.py:6:9 ML104"]
    assert told(project, "--select", "ML104", "--since", "HEAD") == []


def test_from_another_folder(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    commit(project, {"pkg/a.py": READ})
    (project / "pkg/a.py").write_text(READ + AGAIN)
    assert told(project / "pkg", "--since", "HEAD")[0] == "a.py:4:12 ML801"
    assert told(project / "pkg", "--since", "HEAD", "..")[0] == "../pkg/a.py:4:12 ML801"
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (place, _) = told(elsewhere, "--since", "HEAD", str(project))
    assert place == f"{project}/pkg/a.py:4:12 ML801"


def test_only_findings_on_changed_lines_are_fixed(project: Path) -> None:
    (project / "old.py").write_text(AGAIN + READ + READ.replace("load", "more"))
    done = memlint("check", "--since", "HEAD", "--fix", cwd=project)
    assert done.stdout == "Fixed 2 findings, none remain.\n1 finding on unchanged lines left out.\n"
    assert (project / "old.py").read_text() == MENDED.format("again") + READ + MENDED.format("more")


def test_what_is_staged_is_checked_and_not_the_working_tree(project: Path) -> None:
    (project / "old.py").write_text(READ + AGAIN)
    (project / "clean.py").write_text("x = 1\n")
    git(project, "add", "-A")
    (project / "old.py").write_text(READ)
    (project / "clean.py").write_text(READ)
    (project / "untracked.py").write_text(READ)
    left = "1 finding on unchanged lines left out."
    assert told(project, "--staged") == ["old.py:4:12 ML801", left]
    assert told(project, "--staged", str(project / "old.py")) == ["old.py:4:12 ML801", left]
    (project / "old.py").unlink()
    done = memlint("check", "--staged", "--output-format", "full", "-q", cwd=project)
    assert "4 |     return open(path).read()\n" in done.stdout
    (found,) = json.loads(memlint("check", "--staged", "--output-format", "json", cwd=project).stdout)
    assert found["filename"] == str(project / "old.py")
    assert refused(project, "--staged", "untracked.py") == "--staged: untracked.py is not staged; git add it first"


def test_staged_settings_and_baseline_hold(project: Path) -> None:
    (project / "memlint.toml").write_text('profile = "library"\nignore = ["ML801"]\n')
    (project / "old.py").write_text(AGAIN + READ)
    git(project, "add", "old.py")
    assert told(project, "--staged")[0] == "old.py:2:12 ML801"
    git(project, "add", "-A")
    assert told(project, "--staged") == []
    (project / "memlint.toml").write_text('profile = "library"\nbaseline = "b.json"\n')
    memlint("baseline", "create", cwd=project)
    git(project, "add", "-A")
    assert told(project, "--staged") == []
    (project / "old.py").write_text(AGAIN + READ + READ.replace("load", "more"))
    git(project, "add", "-A")
    (project / "old.py").write_text("")
    assert told(project, "--staged") == ["old.py:6:12 ML801"]


def test_before_the_first_commit(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "new.py").write_text(READ)
    git(tmp_path, "add", "-A")
    assert told(tmp_path, "--staged") == ["new.py:2:12 ML801"]
    assert refused(tmp_path, "--since", "HEAD") == '--since: git knows no revision "HEAD"'


def test_a_mistake_is_one_clear_line(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    git(project, "branch", "topic")
    unknown = '--since: git knows no revision "topci"; did you mean "topic"?'
    assert refused(project, "--since", "topci") == unknown
    assert refused(project, "--since", "--help") == '--since: git knows no revision "--help"'
    git(project, "checkout", "-q", "--orphan", "apart")
    commit(project, {"apart.py": "x = 1\n"})
    assert refused(project, "--since", "main") == '--since: HEAD and "main" have no commit in common'
    assert refused(project, "--since", "HEAD", "--staged") == "--staged and --since exclude each other: leave one out"
    assert refused(project, "--staged", "--fix").startswith(
        "--staged reads what is staged, which nothing is written to"
    )
    assert refused(project, "--since", "HEAD", "-").startswith("--since and --staged are about files that git knows")
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    for flags in (["--since", "HEAD"], ["--staged"]):
        said = refused(elsewhere, *flags)
        assert said == f"{flags[0]}: {elsewhere} is in no git repository; leave the flag out"
    assert (
        refused(project, "--staged", str(elsewhere)) == f"--staged: {elsewhere} is outside of the repository {project}"
    )
    no_git = refused(project, "--since", "HEAD", PATH=str(elsewhere))
    assert no_git == "--since and --staged need git, which is not on PATH"


def test_a_shallow_clone(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    git(project, "branch", "base")
    commit(project, {"old.py": AGAIN})
    commit(project, {"old.py": AGAIN + READ})
    shallow = tmp_path_factory.mktemp("clone")
    git(shallow, "clone", "-q", "--depth", "1", "--no-single-branch", project.as_uri(), ".")
    said = refused(shallow, "--since", "origin/base")
    assert said == (
        '--since: this shallow clone does not reach back to "origin/base"; fetch the history first: '
        "git fetch --unshallow, or in a workflow fetch-depth: 0"
    )
    git(shallow, "fetch", "-q", "--unshallow")
    assert told(shallow, "--since", "origin/base")[0] == "old.py:2:12 ML801"


def test_an_unmerged_file_cannot_be_checked(project: Path) -> None:
    git(project, "checkout", "-q", "-b", "topic")
    commit(project, {"old.py": AGAIN})
    git(project, "checkout", "-q", "main")
    commit(project, {"old.py": "x = 1\n"})
    subprocess.run(["git", *AUTHOR, "merge", "-q", "topic"], cwd=project, capture_output=True)
    said = refused(project, "--staged")
    assert said == "--staged: old.py is not merged yet; settle the conflict and git add it"


def test_settings_of_git_do_not_matter(project: Path) -> None:
    (project / "old.py").write_text("x = 1\n\n\n" + READ)
    (project / "new.py").write_text(READ)
    expected = told(project, "--since", "HEAD")
    for setting in ("diff.noprefix", "diff.mnemonicPrefix", "diff.relative", "color.diff=always", "color.ui=always"):
        name, _, value = setting.partition("=")
        git(project, "config", name, value or "true")
    git(project, "config", "diff.interHunkContext", "9")
    git(project, "config", "diff.context", "9")
    git(project, "config", "diff.external", "false")
    assert (
        told(project, "--since", "HEAD") == expected == ["new.py:2:12 ML801", "1 finding on unchanged lines left out."]
    )
