"""What the wheel and the sdist hold: an unlisted package would silently be missing."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import memlint

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist of this tree, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("built")
    subprocess.run([sys.executable, "-m", "build", "-o", folder, ROOT], check=True, capture_output=True)
    return folder


def tracked(folder: str, *endings: str) -> set[str]:
    """The files of the tree that belong in a distribution."""
    files = (path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix in endings)
    return {path.relative_to(ROOT).as_posix() for path in files}


def test_wheel_holds_every_module_page_and_table(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    ours = tracked("memlint", ".py", ".toml", ".json") | {"memlint/py.typed"}
    rules = {f"memlint/{name}" for name in tracked("rules", ".py", ".md")}
    assert names == ours | rules


def test_wheel_has_a_licence_and_the_command(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    info = f"memlint-{memlint.__version__}.dist-info"
    with zipfile.ZipFile(wheel) as archive:
        assert f"{info}/licenses/LICENSE" in archive.namelist()
        assert archive.read(f"{info}/entry_points.txt").decode() == "[console_scripts]\nmemlint = memlint.cli:main\n"


def test_sdist_holds_what_the_wheel_is_built_from(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert tracked("memlint", ".py", ".toml") | tracked("rules", ".py", ".md") <= names
    assert {"pyproject.toml", "README.md", "LICENSE", "memlint/py.typed"} <= names


def test_the_installed_wheel_runs(built: Path, tmp_path: Path) -> None:
    """In a virtual environment of its own, which borrows the dependencies that are installed here."""
    (wheel,) = built.glob("*.whl")
    target = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target", target, wheel]
    subprocess.run(install, check=True)
    code = f"import sys; sys.path.insert(0, {str(target)!r}); import memlint.rules as r; print(r.__file__)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(target / "memlint" / "rules" / "__init__.py")
    shown = subprocess.run([sys.executable, "-m", "memlint", "--version"], capture_output=True, text=True, cwd=target)
    assert shown.stdout == f"memlint {memlint.__version__}\n"
