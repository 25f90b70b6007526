"""Which files the arguments mean, held against git where git has a say."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from memlint import settings
from memlint.discover import SKIPPED, discover
from memlint.gitignore import Patterns
from memlint.model import Failure
from memlint.settings import UsageError

posix = pytest.mark.skipif(os.name != "posix", reason="names and links that only POSIX systems have")
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(*paths: str) -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch()


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8", newline="")


def found(*arguments: str) -> list[str]:
    """The paths that are found, with slashes; nothing may fail."""
    failures: list[Failure] = []
    paths = [
        entry.path.replace(os.sep, "/")
        for entry in discover([Path(a) for a in arguments], settings.load, failures.append)
    ]
    assert failures == []
    return paths


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Gives up root's right to read everything, so that the kernel itself refuses."""
    if os.name != "posix":
        pytest.skip("permissions are POSIX ones")
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_means_its_python_files_sorted_part_by_part() -> None:
    files("b.py", "a.py", "a/z.py", "a/b/c.pyi", "a-b/x.py", "a/readme.md", "a/tool", "Z.py", "é.py")
    assert found(".") == ["Z.py", "a/b/c.pyi", "a/z.py", "a-b/x.py", "a.py", "b.py", "é.py"]


def test_paths_are_written_as_the_argument_was(project: Path) -> None:
    files("pkg/a.py")
    assert found("pkg") == ["pkg/a.py"]
    assert found("./pkg/") == ["pkg/a.py"]
    assert found("pkg/../pkg") == ["pkg/../pkg/a.py"]
    assert found(str(project / "pkg")) == [(project / "pkg/a.py").as_posix()]


def test_a_file_is_named_only_if_it_is_an_argument_itself() -> None:
    files("pkg/a.py", "pkg/b.py")
    entries = discover([Path("pkg"), Path("pkg/b.py")], settings.load, print)
    assert [(entry.path.replace(os.sep, "/"), entry.named) for entry in entries] == [
        ("pkg/a.py", False),
        ("pkg/b.py", True),
    ]


def test_a_named_file_is_taken_whatever_its_ending_and_whatever_excludes_it() -> None:
    files("script", "build/gen.py", "old.py")
    write(".gitignore", "*.py\n")
    write("memlint.toml", 'exclude = ["old.py", "script"]')
    assert found("script", "build/gen.py", "old.py") == ["script", "build/gen.py", "old.py"]
    assert found(".") == []


def test_what_is_excluded_by_force_is_skipped_even_where_it_is_named() -> None:
    write("memlint.toml", 'exclude = ["old.py", "/gen/", "!/build/"]\nforce-exclude = true')
    write(".gitignore", "ignored.py\n")
    files("old.py", "gen/a.py", "deep/gen/a.py", "dist/a.py", "build/a.py", "ignored.py", "plain.txt")
    assert found("old.py", "gen/a.py", "gen", "dist/a.py", "dist") == []
    assert found("deep/gen/a.py", "build/a.py", "ignored.py", "plain.txt") == [
        "deep/gen/a.py",
        "build/a.py",
        "ignored.py",
        "plain.txt",
    ]


def test_a_project_in_a_folder_that_is_skipped_elsewhere_is_not_excluded_by_force(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("build/memlint.toml", "force-exclude = true")
    files("build/a.py")
    assert found("build") == ["build/a.py"]
    monkeypatch.chdir(project / "build")
    assert found(".", "a.py") == ["a.py"]


def test_what_git_ignores_is_found_on_request() -> None:
    write(".gitignore", "gen/\n*_pb2.py\n")
    files("gen/a.py", "x_pb2.py", "build/b.py", "c.py")
    assert found(".") == ["c.py"]
    settings.forget()
    write("memlint.toml", "respect-gitignore = false")
    assert found(".") == ["c.py", "gen/a.py", "x_pb2.py"]


def test_an_exclude_is_relative_to_the_file_that_says_it() -> None:
    write("shared/memlint.toml", 'exclude = ["/gen/", "*_pb2.py", "/old.py"]')
    write("shared-app/memlint.toml", 'extend = "../shared/memlint.toml"\nextend-exclude = ["/top.py", "!keep_pb2.py"]')
    files("shared/gen/a.py", "shared/old.py", "shared-app/gen/a.py", "shared-app/top.py", "shared-app/deep/top.py")
    files("shared-app/x_pb2.py", "shared-app/keep_pb2.py", "shared-app/old.py", "app/gen/a.py")
    assert found("shared", "shared-app") == [
        "shared-app/deep/top.py",
        "shared-app/gen/a.py",
        "shared-app/keep_pb2.py",
        "shared-app/old.py",
    ]


def test_overlapping_arguments_list_a_file_once() -> None:
    files("a/b.py", "a/c/d.py")
    assert found("a/c", "a", "a/b.py", "a/c/d.py", "./a") == ["a/c/d.py", "a/b.py"]


@pytest.mark.parametrize("name", SKIPPED.split())
def test_folders_that_hold_no_source_are_skipped_unless_they_are_asked_for(name: str) -> None:
    files(f"{name}/x.py", "a.py", f"deep/{name}/x.py")
    assert found(".") == ["a.py"]
    assert found(name) == [f"{name}/x.py"]


@pytest.mark.parametrize("mark", ["pyvenv.cfg", "conda-meta/history"])
def test_an_environment_is_skipped_whatever_its_name_unless_it_is_asked_for(mark: str) -> None:
    files(f"my-env/{mark}", "my-env/lib/x.py", "a.py")
    assert found(".") == ["a.py"]
    assert found(".", "my-env") == ["a.py", "my-env/lib/x.py"]


def test_a_file_called_like_a_skipped_folder_is_listed() -> None:
    files("build.py", "dist/x.py", "venv.pyi")
    assert found(".") == ["build.py", "venv.pyi"]


def test_exclude_is_relative_to_the_settings_file_wherever_the_walk_starts() -> None:
    write("memlint.toml", 'exclude = ["src/gen", "*_pb2.py", "/top.py"]')
    files("src/gen/a.py", "src/b.py", "src/x_pb2.py", "src/top.py", "top.py", "gen/c.py")
    assert found(".") == ["gen/c.py", "src/b.py", "src/top.py"]
    assert found("src") == ["src/b.py", "src/top.py"]


def test_a_nested_settings_file_brings_its_own_exclude() -> None:
    write("memlint.toml", 'exclude = ["a.py"]')
    write("plugin/memlint.toml", 'exclude = ["b.py"]')
    files("a.py", "b.py", "plugin/a.py", "plugin/b.py", "plugin/deep/b.py")
    assert found(".") == ["b.py", "plugin/a.py"]


def test_a_negated_exclude_takes_back_what_is_skipped_or_ignored() -> None:
    write("memlint.toml", 'exclude = ["!/build/", "!keep.py"]')
    write(".gitignore", "keep.py\ndrop.py\n")
    files("build/a.py", "src/build/b.py", "keep.py", "drop.py")
    assert found(".") == ["build/a.py", "keep.py"]


def test_ignore_files_hold_without_a_repository_too() -> None:
    write(".gitignore", "gen/\n")
    files("gen/a.py", "src/gen/b.py", "src/c.py")
    assert found(".") == ["src/c.py"]
    assert found("src") == ["src/c.py"]


def test_an_ignored_folder_is_walked_if_it_is_asked_for() -> None:
    write(".gitignore", "/out/\n*.tmp.py\n")
    files("out/a.py", "out/b.tmp.py", "out/deep/c.py")
    assert found(".") == []
    assert found("out") == ["out/a.py", "out/deep/c.py"]


def test_a_repository_within_answers_only_to_its_own_ignore_files() -> None:
    write(".gitignore", "a.py\n")
    write("vendored/.git/info/exclude", "b.py\n")
    files("a.py", "vendored/a.py", "vendored/b.py", "vendored/src/b.py")
    assert found(".") == ["vendored/a.py"]
    assert found("vendored/src") == []


def test_a_worktree_heeds_the_excludes_of_its_repository(project: Path) -> None:
    write("main/.git/info/exclude", "local.py\n")
    write("main/.git/worktrees/side/commondir", "../..\n")
    write("side/.git", f"gitdir: {project}/main/.git/worktrees/side\n")
    files("side/local.py", "side/a.py")
    assert found("side") == ["side/a.py"]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("srcc", 'srcc: no such file or folder; did you mean "src"?'),
        ("src/moduel.py", 'src/moduel.py: no such file or folder; did you mean "module.py"?'),
        ("scr/module.py", 'scr/module.py: no such file or folder; did you mean "src"?'),
        ("src/module.py/x", "src/module.py/x: no such file or folder; it was looked for in {}/src"),
        ("zebra", "zebra: no such file or folder; it was looked for in {}"),
    ],
)
def test_an_argument_that_does_not_exist_is_a_mistake(project: Path, argument: str, message: str) -> None:
    files("src/module.py")
    with pytest.raises(UsageError) as caught:
        discover([Path("src"), Path(argument)], settings.load, print)
    assert str(caught.value).replace(os.sep, "/") == message.format(project.as_posix())


@posix
def test_links_in_a_circle_end_and_a_file_bears_its_own_name() -> None:
    files("pkg/real.py", "pkg/deep/x.py", "outside/lib/y.py", "outside/z.py", "outside/tool")
    os.symlink("..", "pkg/deep/up")
    os.symlink("pkg", "alias")
    os.symlink("real.py", "pkg/another.py")
    os.symlink("nowhere.py", "pkg/broken.py")
    os.symlink("me.py", "pkg/me.py")
    os.symlink("../outside/lib", "pkg/lib")
    os.symlink("../outside/z.py", "pkg/a.py")
    os.symlink("../outside/tool", "pkg/tool.py")
    assert found("pkg") == ["pkg/deep/x.py", "pkg/real.py", "pkg/a.py", "pkg/lib/y.py", "pkg/tool.py"]
    assert found("alias") == ["alias/deep/x.py", "alias/real.py", "alias/a.py", "alias/lib/y.py", "alias/tool.py"]


@posix
def test_a_link_that_is_named_counts_as_its_file() -> None:
    files("pkg/real.py")
    os.symlink("pkg/real.py", "link.py")
    entries = discover([Path("pkg"), Path("link.py")], settings.load, print)
    assert [(entry.path.replace(os.sep, "/"), entry.named) for entry in entries] == [("pkg/real.py", True)]


@posix
def test_pipes_are_not_read_unless_they_are_named() -> None:
    os.mkfifo("pipe.py")
    assert found(".") == []
    assert found("pipe.py") == ["pipe.py"]


@posix
def test_names_that_are_not_utf_8_are_found_and_can_be_ignored() -> None:
    for name in (b"caf\xe9.py", b"\xff.py", b"new\nline.py"):
        with contextlib.suppress(OSError):  # some file systems refuse such names
            Path(os.fsdecode(name)).touch()
    Path(".gitignore").write_bytes(b"caf\xe9.py\n")
    names = sorted(os.listdir("."))
    assert found(".") == [name for name in names if name not in (".gitignore", os.fsdecode(b"caf\xe9.py"))]


@posix
def test_a_deep_tree_takes_no_recursion() -> None:
    deep = "/".join("d" * 300)
    files(f"{deep}/x.py")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(250)
    try:
        assert found(".") == [f"{deep}/x.py"]
    finally:
        sys.setrecursionlimit(limit)


def test_what_may_not_be_read_is_a_failure_and_the_walk_goes_on() -> None:
    failures: list[Failure] = []
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder).resolve()
        top.chmod(0o755)
        files(*(str(top / path) for path in ("a.py", "locked/b.py", "z/c.py")))
        (top / "locked").chmod(0o000)
        with unprivileged():
            walk = discover([top, top / "locked/b.py"], settings.load, failures.append)
            paths = [Path(entry.path) for entry in walk]
        (top / "locked").chmod(0o700)
    assert paths == [top / "a.py", top / "z/c.py"]
    assert failures == [
        Failure(str(top / "locked/b.py"), "cannot be reached: Permission denied"),
        Failure(str(top / "locked"), "the folder cannot be listed: Permission denied"),
    ]


def test_an_ignore_file_without_permission_is_a_failure_and_ignores_nothing() -> None:
    failures: list[Failure] = []
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder).resolve()
        top.chmod(0o755)
        write(str(top / ".gitignore"), "a.py\n")
        (top / ".gitignore").chmod(0o000)
        files(str(top / "a.py"))
        with unprivileged():
            paths = [Path(entry.path) for entry in discover([top], settings.load, failures.append)]
    assert paths == [top / "a.py"]
    assert failures == [
        Failure(str(top / ".gitignore"), "cannot be read, so its patterns do not hold: Permission denied")
    ]


def test_a_folder_that_goes_away_during_the_walk_is_a_failure() -> None:
    files("a.py", "b/c.py", "d/e.py")
    failures: list[Failure] = []
    walk = discover([Path(".")], settings.load, failures.append)
    paths = [Path(next(walk).path)]
    shutil.rmtree("b")
    paths.extend(Path(entry.path) for entry in walk)
    assert paths == [Path("a.py"), Path("d/e.py")]
    assert [failure.path for failure in failures] == ["b"]
    assert failures[0].message.startswith("the folder cannot be listed: ")


@pytest.mark.parametrize(
    ("line", "ignored", "kept"),
    [
        ("a.py", "a.py x/a.py", "ba.py a.pyi"),
        ("/a.py", "a.py", "x/a.py"),
        ("x/a.py", "x/a.py", "y/x/a.py"),
        ("x/", "x/ y/x/", "x"),
        ("*.py", "a.py x/.py", "a.pyi"),
        ("x/*", "x/a x/b/", "x/ x/b/c"),
        ("x/**", "x/a x/b/c", "x/"),
        ("**/x", "x y/x/ z/y/x", "xx"),
        ("x/**/y", "x/y x/a/y x/a/b/y/", "xy x/ay"),
        ("x**y", "xaby", "xa/by"),
        ("a?c", "abc", "ac a/c"),
        ("[a-c]x", "ax cx", "dx"),
        ("[!a-c]x", "dx", "ax /x"),
        ("[]-]", "] -", "a"),
        ("[z-a]", "", "a z -"),
        ("[[:digit:]_]", "7 _", "d :"),
        (r"\#a", "#a", r"\#a"),
        (r"\!a", "!a", "a"),
        ("#a", "", "#a"),
        ("a   ", "a", "b"),
        ("[a", "", "a [a"),
        ("a\\", "", "a a\\"),
        ("", "", "a"),
        ("/", "", "a a/"),
    ],
)
def test_a_pattern_means_entries_as_git_has_it(line: str, ignored: str, kept: str) -> None:
    def verdict(path: str) -> bool | None:
        folder, slash, name = path.rstrip("/").rpartition("/")
        return patterns.verdict(folder + slash, name + "/" * path.endswith("/"))

    patterns = Patterns([line], "/")
    assert [verdict(path) for path in ignored.split()] == [True] * len(ignored.split())
    assert [verdict(path) for path in kept.split()] == [None] * len(kept.split())


PARTS = ["a", "b", "ab", "*", "?", "**", "***", "a*", "*.py", "**b", "*.*", "foo", "fo?", "a?b", "b.py"]
ODD_PARTS = [
    *("[ab]*", "[!a]*", "[^b]", "[a-]", "[--0]", "[a-c-e]", "[z-a]", "[[:alpha:]]*", "[]x[]*", "[[]x]", "[]", "[^]"),
    *("[a", "foo\\", "\\[x\\]", "a\\\\b", "\\#x", "#x", "\\!n*", "!n*", "t ", "t\\ ", "é*"),
]
NAMES = ["a", "b", "ab", "foo", "bar", "a b", "#x", "!n", "[x]", " s", "é"]
ODD_NAMES = ["t ", "a\\b", "\\"] if os.name == "posix" else []


def pattern(chance: random.Random) -> str:
    """A line of an ignore file: anchored, negated, for folders only, or with blanks behind."""
    parts = [chance.choice(PARTS + ODD_PARTS) for _ in range(chance.choice([1, 1, 1, 2, 2, 3]))]
    marks = [chance.choice(choices) for choices in (["", "", "!"], ["", "", "/"], ["", "", "/"], ["", "", "", "  "])]
    return marks[0] + marks[1] + "/".join(parts) + marks[2] + marks[3]


def grow(folder: Path, chance: random.Random, depth: int) -> None:
    """Fills a folder with files, folders and ignore files."""
    for name in chance.sample(NAMES + ODD_NAMES, 6):
        if depth and chance.random() < 0.5:
            (folder / name).mkdir()
            grow(folder / name, chance, depth - 1)
        else:
            (folder / f"{name}.py").touch()
    if depth == 3 or chance.random() < 0.3:
        newline = chance.choice(["\n", "\r\n"])
        lines = [pattern(chance) for _ in range(chance.randint(1, 6))]
        write(str(folder / ".gitignore"), newline.join(lines) + chance.choice(["", newline]))


def listed_by_git(repository: Path) -> list[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "ls-files", "-co", "-z", "--exclude-standard", "--", "*.py"]
    finished = subprocess.run(command, cwd=repository, env=environment, check=True, capture_output=True)
    paths = os.fsdecode(finished.stdout).split("\0")[:-1]
    return sorted(paths, key=lambda path: path.split("/"))


@needs_git
@pytest.mark.parametrize("seed", range(60))
def test_what_is_found_is_what_git_lists(project: Path, seed: int) -> None:
    chance = random.Random(seed)
    subprocess.run(["git", "init", "-q"], check=True)
    grow(project, chance, 3)
    write(".git/info/exclude", pattern(chance))
    assert found(".") == listed_by_git(project)


def test_a_file_has_the_settings_of_the_nearest_folder_with_some() -> None:
    files("app/a.py", "app/deep/b.py", "app/lib/c.py", "app/lib/deep/d.py")
    write("app/memlint.toml", 'select = ["ML1"]\n')
    write("app/lib/memlint.toml", 'select = ["ML2"]\n')
    write("memlint.toml", 'select = ["ML4"]\n')
    chosen = {entry.path: entry.settings.select for entry in discover([Path("app")], settings.load, print)}
    assert chosen == {
        os.path.join("app", "a.py"): ("ML1",),
        os.path.join("app", "deep", "b.py"): ("ML1",),
        os.path.join("app", "lib", "c.py"): ("ML2",),
        os.path.join("app", "lib", "deep", "d.py"): ("ML2",),
    }
    (named,) = discover([Path("app/lib/deep/d.py")], settings.load, print)
    assert named.settings.select == ("ML2",)
