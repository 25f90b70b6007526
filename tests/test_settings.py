"""Which settings are in force where, and what a mistake in them says."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from memlint.model import Severity
from memlint.settings import Settings, UsageError, forget, load, parse_severity, parse_target, suggestion
from tests.test_discover import unprivileged


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")


def mistake(path: str = ".", **overrides: object) -> str:
    """The text of the usage error, which is one line."""
    with pytest.raises(UsageError) as caught:
        load(Path(path), overrides)
    text = str(caught.value)
    assert text.isprintable(), text
    return text


def test_every_key_of_pyproject_is_read(project: Path) -> None:
    write(
        "pyproject.toml",
        """
        [tool.memlint]
        select = ["ML1", "cached-method"]
        ignore = ["ML601"]
        exclude = ["legacy/"]
        target-version = "py312"
        min-severity = "warning"
        fail-on = "error"

        [tool.memlint.per-file-ignores]
        "tests/*" = ["ML2"]
        """,
    )
    assert load(Path("src/app.py")) == Settings(
        root=project,
        origin=project / "pyproject.toml",
        select=("ML1", "cached-method"),
        ignore=("ML601",),
        exclude=("legacy/",),
        per_file_ignores=(("tests/*", ("ML2",)),),
        target_version=(3, 12),
        min_severity=Severity.WARNING,
        fail_on=Severity.ERROR,
    )


def test_without_settings_the_defaults_hold(project: Path) -> None:
    assert load(Path()) == Settings(
        root=project,
        origin=None,
        target_version=(3, 10),
        min_severity=Severity.INFO,
        fail_on=Severity.WARNING,
    )


def test_the_nearest_settings_file_holds_alone(project: Path) -> None:
    write("pyproject.toml", '[tool.memlint]\nselect = ["ML1"]\nignore = ["ML2"]')
    write("plugin/pyproject.toml", '[tool.memlint]\nselect = ["ML3"]')
    settings = load(Path("plugin/deep/down.py"))
    assert (settings.root, settings.select, settings.ignore) == (project / "plugin", ("ML3",), ())


def test_a_pyproject_that_says_nothing_of_memlint_does_not_stop_the_search(project: Path) -> None:
    write("memlint.toml", 'select = ["ML1"]')
    write("plugin/pyproject.toml", '[project]\nrequires-python = ">=3.12"\n[tool.ruff]\nselect = ["E"]')
    settings = load(Path("plugin/app.py"))
    assert (settings.root, settings.select, settings.target_version) == (project, ("ML1",), (3, 12))


def test_memlint_toml_wins_over_pyproject_in_the_same_folder(project: Path) -> None:
    write("memlint.toml", 'select = ["ML1"]')
    write("pyproject.toml", '[tool.memlint]\nselect = ["ML2"]')
    assert load(Path()).origin == project / "memlint.toml"


def test_to_be_called_memlint_is_not_to_have_settings() -> None:
    write("pyproject.toml", '[project]\nname = "memlint"\n[tool.ruff]\nselect = ["E"]')
    assert load(Path()).origin is None


def test_an_empty_table_is_a_settings_file(project: Path) -> None:
    write("pyproject.toml", '[tool.memlint]\nselect = ["ML1"]')
    write("plugin/pyproject.toml", "[tool.memlint]")
    assert load(Path("plugin")).select == ()


@pytest.mark.parametrize(
    ("required", "target"),
    [
        (">=3.9,<4", (3, 9)),
        ("~=3.11", (3, 11)),
        ("==3.12.*", (3, 12)),
        (">3.8", (3, 8)),
        ("<4, >= 3.9.2, !=3.9.7", (3, 9)),
        (">=3.9,>=3.11", (3, 11)),
        ("===3.13.1", (3, 13)),
        (">=2.7", (3, 7)),
        (">=3", (3, 7)),
        (">=3.99", (3, 15)),
        ("<3.13", (3, 10)),
        ("whatever", (3, 10)),
    ],
)
def test_the_target_is_the_oldest_python_that_the_project_allows(required: str, target: tuple[int, int]) -> None:
    write("pyproject.toml", f'[project]\nrequires-python = "{required}"')
    assert load(Path()).target_version == target


def test_a_target_that_is_asked_for_wins_over_requires_python() -> None:
    write("pyproject.toml", '[project]\nrequires-python = ">=3.9"\n[tool.memlint]\ntarget-version = "py313"')
    assert load(Path()).target_version == (3, 13)
    assert load(Path(), {"target-version": "py37"}).target_version == (3, 7)


def test_flags_win_over_the_file_and_a_flag_that_was_not_given_says_nothing() -> None:
    write("pyproject.toml", '[tool.memlint]\nselect = ["ML1"]\nfail-on = "error"')
    settings = load(Path(), {"select": ("ML2",), "fail_on": None, "min-severity": "warning"})
    assert (settings.select, settings.fail_on, settings.min_severity) == (("ML2",), Severity.ERROR, Severity.WARNING)


def test_isolated_reads_no_file_and_heeds_the_flags(project: Path) -> None:
    write("pyproject.toml", '[project]\nrequires-python = ">=3.13"\n[tool.memlint]\nbroken')
    settings = load(Path("src"), {"select": ["ML2"]}, isolated=True)
    assert settings == Settings(project, None, select=("ML2",), target_version=(3, 10))


@pytest.mark.parametrize("mark", [".git/HEAD", "pyproject.toml"])
def test_without_settings_the_root_is_that_of_the_project(project: Path, mark: str) -> None:
    write(f"app/{mark}", "")
    assert load(Path("app/src/deep")).root == project / "app"


def test_outside_a_project_the_root_is_the_working_directory_or_the_folder_asked_for(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "here").mkdir()
    (project / "there").mkdir()
    monkeypatch.chdir(project / "here")
    assert load(Path("src/deep")).root == project / "here"
    assert load(project / "there").root == project / "there"


def test_a_file_is_read_once_until_it_is_to_be_forgotten() -> None:
    write("memlint.toml", 'select = ["ML1"]')
    assert load(Path("a")).select == ("ML1",)
    write("memlint.toml", 'select = ["ML2"]')
    assert load(Path("b")).select == ("ML1",)
    forget()
    assert load(Path("b")).select == ("ML2",)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('slect = ["ML1"]', ' has no key "slect"; did you mean "select"?'),
        ("target_version = 'py311'", ' has no key "target_version"; did you mean "target-version"?'),
        (
            "zebra = 1",
            ' has no key "zebra"; its keys are select, ignore, exclude, per-file-ignores, src, knowledge,'
            " target-version, profile, min-severity, fail-on, baseline",
        ),
        (r'"selec\n" = 1', r' has no key "selec\n"; did you mean "select"?'),
        ('select = "ML1"', ' select must be a list of strings, not a string; write select = ["ML1"]'),
        ('ignore = "ML1, ML2"', ' ignore must be a list of strings, not a string; write ignore = ["ML1", "ML2"]'),
        ("select = 601", ' select must be a list of strings, not a number; write select = ["601"]'),
        ("exclude = {}", ' exclude must be a list of strings, not a table; write exclude = ["..."]'),
        (
            'select = ["ML1", 601]',
            " select must be a list of strings, but item 2 is a number; write it in quotes",
        ),
        (
            "per-file-ignores = []",
            ' per-file-ignores must be a table, not a list; write per-file-ignores = { "tests/*" = ["ML1"] }',
        ),
        (
            'per-file-ignores = { "tests/*" = "ML1" }',
            ' per-file-ignores: "tests/*" must be a list of strings, not a string; write "tests/*" = ["ML1"]',
        ),
        ("target-version = 3.11", ' target-version: "3.11" is no target version; write "py311"'),
        ('min-severity = "warn"', ' min-severity: "warn" is no severity; did you mean "warning"?'),
        ("baseline = 1", ' baseline must be the path of a file; write baseline = "memlint-baseline.json"'),
        ('fail-on = "never"', ' fail-on: "never" is no severity; write info, warning or error'),
    ],
)
def test_a_mistake_names_the_place_and_the_way_out(line: str, message: str) -> None:
    write("pyproject.toml", f"[tool.memlint]\n{line}")
    assert mistake() == f"pyproject.toml: [tool.memlint]{message}"


def test_in_memlint_toml_the_keys_stand_at_the_top() -> None:
    write("a/memlint.toml", 'slect = ["ML1"]')
    write("b/memlint.toml", 'select = "ML1"')
    assert mistake("a") == str(Path("a/memlint.toml")) + ' has no key "slect"; did you mean "select"?'
    assert mistake("b") == str(Path("b/memlint.toml")) + (
        ': select must be a list of strings, not a string; write select = ["ML1"]'
    )


def test_the_table_must_be_a_table() -> None:
    write("pyproject.toml", "[tool]\nmemlint = true")
    assert mistake() == "pyproject.toml: [tool.memlint] must be a table, not a boolean; write its keys below the header"


def test_a_mistake_in_a_flag_names_the_flag() -> None:
    assert mistake(target_version="3.11") == '--target-version: "3.11" is no target version; write "py311"'
    assert mistake(select="ML1") == ('--select must be a list of strings, not a string; write select = ["ML1"]')
    assert mistake(slect=["ML1"]) == 'the command line has no key "slect"; did you mean "select"?'


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("# memlint\n\nselect = [\n", "memlint.toml:3: not TOML: "),
        ("ignore = []\nselect ['ML1']\n", "memlint.toml:2: not TOML: "),
        ("ignore = []\nignore = []\n", "memlint.toml:2: not TOML: "),
        (f"select = {'[' * 20_000}", "memlint.toml:1: nested too deeply to be read; flatten it"),
    ],
)
def test_a_syntax_error_is_one_line_with_its_row(text: str, place: str) -> None:
    write("memlint.toml", text)
    assert mistake().startswith(place)


def test_a_settings_file_is_utf_8_with_or_without_a_mark() -> None:
    Path("memlint.toml").write_bytes(b'\xef\xbb\xbfselect = ["ML1"]\r\n')
    assert load(Path("a")).select == ("ML1",)
    forget()
    Path("memlint.toml").write_bytes(b'# one\nselect = ["\xe9"]\n')
    assert mistake() == "memlint.toml:2: not UTF-8; save the file as UTF-8"


def test_a_broken_pyproject_of_somebody_else_is_none_of_our_business(project: Path) -> None:
    write("pyproject.toml", '[project\nrequires-python = ">=3.12"')
    assert load(Path()) == Settings(project, None)


def test_a_settings_file_that_may_not_be_read_is_a_mistake() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        Path(folder, "memlint.toml").touch(mode=0o000)
        with unprivileged():
            message = mistake(folder)
    assert message == (
        f"{Path(folder, 'memlint.toml')}: cannot be read (Permission denied); use --isolated to do without"
    )


def test_a_folder_called_like_a_settings_file_is_none(project: Path) -> None:
    (project / "memlint.toml").mkdir()
    assert load(Path()).origin is None


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("3.11", "py311"),
        ("python3.12", "py312"),
        ("py3.13.1", "py313"),
        ("Py39", "py39"),
        ("38", "py38"),
        ("py27", "py37"),
        ("py36", "py37"),
        ("py316", "py315"),
        ("py39999999999", "py315"),
        ("latest", "py310"),
        ("", "py310"),
    ],
)
def test_the_nearest_target_version_is_named(text: str, nearest: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_target(text)
    assert str(caught.value) == f'"{text}" is no target version; write "{nearest}"'


def test_words_that_are_right() -> None:
    assert (parse_target("py37"), parse_target("py315")) == ((3, 7), (3, 15))
    assert (parse_severity("info"), parse_severity("error")) == (Severity.INFO, Severity.ERROR)


def test_a_suggestion_heeds_no_case_and_stays_silent_when_nothing_is_near() -> None:
    assert suggestion("SELCT", ["select", "ignore"]) == '; did you mean "select"?'
    assert suggestion("zebra", ["select", "ignore"]) == ""


def test_a_package_outside_of_any_project_has_one_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    inner = tmp_path / "shop" / "cart"
    inner.mkdir(parents=True)
    for folder in (inner, inner.parent):
        (folder / "__init__.py").touch()
    assert load(inner).root == load(inner.parent).root == tmp_path
