"""The GitHub action: what its step runs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent


def copy_of_this(folder: Path) -> Path:
    """What is installed is built where it stands, which would leave a folder `build` in this tree."""
    for name in ("memlint", "rules"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.mark.skipif(shutil.which("bash") is None or sys.platform == "win32", reason="there is no bash")
def test_the_step_installs_memlint_and_annotates_what_it_finds(tmp_path: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
    step = action["runs"]["steps"][-1]
    given = {name: value["default"] for name, value in action["inputs"].items()} | {
        "paths": "src other",
        "args": "--select ML201 --quiet",
    }
    values = {f"${{{{ inputs.{name} }}}}": value for name, value in given.items()}
    values["${{ github.action_path }}"] = str(copy_of_this(tmp_path / "action"))
    environment = {name: values[value] for name, value in step["env"].items()}
    for folder in ("src", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "leaky.py").write_text("def add(item, bag=[]):\n    bag.append(item)\n")
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=tmp_path,
        env={**os.environ, "RUNNER_TEMP": str(tmp_path / "temp"), **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, done.stderr
    assert [
        line.partition("::")[2].rpartition("::")[2].partition(" default")[0] for line in done.stdout.splitlines()
    ] == [
        "src/leaky.py:1:19: ML201",
        "other/leaky.py:1:19: ML201",
    ]
