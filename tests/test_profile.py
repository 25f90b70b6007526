"""What kind of program some files are taken for, and what that changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from memlint.model import Effect, Finding, Position, Severity
from memlint.profile import guess, telling, weighed
from tests.command import memlint

SERVICE = "from fastapi import FastAPI\n\napp = FastAPI()\n"
SCRIPT = "def main(): ...\n\n\nif __name__ == '__main__':\n    main()\n"
PACKAGE = '[project]\nname = "shop"\n'


def profile_of(tmp_path: Path, **files: str) -> str:
    paths = []
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/").replace("_toml", ".toml").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        paths += [str(path)] if path.suffix == ".py" else []
    return guess(tmp_path, telling(tmp_path, paths)).profile


def test_an_application_made_at_the_top_is_a_service(tmp_path: Path) -> None:
    assert profile_of(tmp_path, shop_py=SERVICE, pyproject_toml=PACKAGE) == "service"


@pytest.mark.parametrize("folder", ["tests", "docs", "examples"])
def test_what_stands_aside_says_nothing(tmp_path: Path, folder: str) -> None:
    assert profile_of(tmp_path, **{f"{folder}__shop_py": SERVICE, "pyproject_toml": PACKAGE}) == "library"


def test_an_application_in_a_text_is_none(tmp_path: Path) -> None:
    assert profile_of(tmp_path, shop_py='"""Use it so:\n\n    app = FastAPI()\n"""\n') == "library"


def test_a_program_that_nothing_packages_is_a_script(tmp_path: Path) -> None:
    assert profile_of(tmp_path, shop_py=SCRIPT) == "script"


def test_a_packaged_program_is_a_library(tmp_path: Path) -> None:
    assert profile_of(tmp_path, shop_py=SCRIPT, pyproject_toml=PACKAGE) == "library"


def finding(code: str, severity: Severity) -> Finding:
    return Finding("shop.py", Position(1, 1), Position(1, 2), code, "name", Effect.KEPT, severity, "text")


@pytest.mark.parametrize(
    ("code", "severity", "usual", "profile", "weight"),
    [
        ("ML604", Severity.WARNING, Severity.WARNING, "script", Severity.INFO),
        ("ML604", Severity.WARNING, Severity.WARNING, "service", Severity.WARNING),
        ("ML603", Severity.ERROR, Severity.ERROR, "script", Severity.ERROR),
        ("ML602", Severity.INFO, Severity.INFO, "service", Severity.WARNING),
        ("ML601", Severity.INFO, Severity.WARNING, "service", Severity.INFO),
        ("ML602", Severity.INFO, Severity.INFO, "library", Severity.INFO),
        ("ML101", Severity.WARNING, Severity.WARNING, "script", Severity.WARNING),
    ],
)
def test_only_retention_and_resources_weigh_by_profile(
    code: str, severity: Severity, usual: Severity, profile: str, weight: Severity
) -> None:
    assert weighed(finding(code, severity), profile, usual).severity is weight


def test_verbose_says_what_was_guessed_and_a_setting_overrules_it(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(SERVICE)
    guessed = memlint("check", "--isolated", "-v", "shop.py", cwd=tmp_path)
    assert "checked as a service: shop.py makes the application of a server" in guessed.stderr
    (tmp_path / "memlint.toml").write_text('profile = "script"\n')
    assert "checked as a script: by the settings" in memlint("check", "-v", "shop.py", cwd=tmp_path).stderr
    wrong = memlint("check", "--profile", "scirpt", "shop.py", cwd=tmp_path)
    assert (wrong.returncode, '"scirpt" is no profile; did you mean "script"?' in wrong.stderr) == (2, True)
