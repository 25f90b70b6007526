"""`memlint config`: what is in force, and where it comes from."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.command import memlint

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "base.toml").write_text('ignore = ["ML801"]\nexclude = ["gen/"]\nfail-on = "error"\n')
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "shop"\nrequires-python = ">=3.12"\n'
        '[tool.memlint]\nextend = "base.toml"\nselect = ["ML1", "ML8"]\nextend-exclude = ["old.py"]\n'
        'per-file-ignores = { "tests/*" = ["ML2"] }\n'
    )
    (tmp_path / "app.py").write_text("x = 1\n")
    return tmp_path


def test_each_line_says_where_it_comes_from(project: Path) -> None:
    done = memlint("config", "app.py", "--ignore", "ML102", "--config", "fix = true", cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    lines = {line.partition(" = ")[0]: line for line in done.stdout.splitlines()}
    assert lines["select"].split("  ")[0] == 'select = ["ML1", "ML8"]'
    comments = {key: line.partition("  # ")[2] for key, line in lines.items()}
    assert {key: comments[key] for key in ("select", "ignore", "exclude", "extend-exclude", "target-version")} == {
        "select": "file: pyproject.toml",
        "ignore": "flag: --ignore",
        "exclude": "file: base.toml",
        "extend-exclude": "file: pyproject.toml",
        "target-version": "file: pyproject.toml: requires-python",
    }
    assert comments["fix"] == "flag: --config fix = true"
    assert comments["min-severity"] == "default"
    assert comments["profile"] == f"guessed: {project / 'pyproject.toml'} packages it"


def test_what_is_printed_is_toml_and_means_the_same(project: Path) -> None:
    first = memlint("config", "app.py", cwd=project).stdout
    values = tomllib.loads(first)
    assert values["per-file-ignores"] == {"tests/*": ["ML2"]}
    (project / "inner").mkdir()
    (project / "inner" / "memlint.toml").write_text(first.replace("extend = ", "# "))
    again = memlint("config", "inner", cwd=project).stdout
    assert tomllib.loads(again) == {key: value for key, value in values.items() if key != "extend"}


def test_json_for_programs(project: Path) -> None:
    (project / "nested").mkdir()
    (project / "nested" / "memlint.toml").write_text('extend = "../pyproject.toml"\nignore = ["ML803"]\n')
    done = memlint("config", "nested", "--output-format", "json", cwd=project)
    found = json.loads(done.stdout)
    settings = found.pop("settings")
    assert all(code.startswith(("ML1", "ML8")) and code != "ML803" for code in found.pop("rules"))
    assert found == {
        "path": "nested",
        "root": str(project / "nested"),
        "file": str(project / "nested" / "memlint.toml"),
    }
    assert settings["fail-on"] == {
        "value": "error",
        "from": "file",
        "places": [{"place": "base.toml", "folder": str(project), "value": "error"}],
    }
    assert settings["ignore"] == {
        "value": ["ML803"],
        "from": "file",
        "places": [{"place": "nested/memlint.toml", "folder": str(project / "nested"), "value": ["ML803"]}],
    }
    assert settings["min-severity"] == {"value": "info", "from": "default", "places": []}


def test_the_rules_that_are_on_are_those_for_the_file(project: Path) -> None:
    (project / "memlint.toml").write_text('select = ["ML101", "ML201"]\nper-file-ignores = { "app.py" = ["ML2"] }\n')
    rules = [
        json.loads(memlint("config", path, "--output-format", "json", cwd=project).stdout)["rules"]
        for path in (".", "app.py")
    ]
    assert rules == [["ML101", "ML201"], ["ML101"]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ap.py"], 'ap.py: no such file or folder; did you mean "app.py"?'),
        (["--output-format", "jsn"], '--output-format: there is no format "jsn"; did you mean "json"?'),
        (["--select", "ML999x"], 'select: no rule is called "ML999x"; did you mean "ML9'),
    ],
)
def test_a_mistake(project: Path, arguments: list[str], message: str) -> None:
    done = memlint("config", *arguments, cwd=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"memlint: error: {message}")
