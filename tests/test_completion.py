"""Completion, as a shell asks for it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import memlint

ASK = """
eval "$(memlint completion bash)"
COMP_WORDS=({words}) COMP_CWORD={last}
$(complete -p memlint | sed 's/.*-F \\([^ ]*\\) .*/\\1/') memlint
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which `memlint` is this one."""
    program = tmp_path / "memlint"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m memlint "$@"\n')
    program.chmod(0o755)
    return f"{tmp_path}{os.pathsep}{os.environ['PATH']}"


@pytest.mark.skipif(shutil.which("bash") is None or sys.platform == "win32", reason="there is no bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("memlint ru", ["rule"]),
        ("memlint check --sel", ["--select"]),
        ("memlint check --select ML71", ["ML710", "ML711", "ML712"]),
        ("memlint check --ignore ML710,ML71", ["ML710,ML711", "ML710,ML712"]),
        ("memlint check --output-format gith", ["github"]),
        ("memlint check --fail-on e", ["error"]),
        ("memlint check --target-version py315", ["py315"]),
        ("memlint rule ML101", ["ML101"]),
    ],
)
def test_bash(path: str, words: str, expected: list[str]) -> None:
    script = ASK.format(words=words, last=len(words.split()) - 1)
    done = subprocess.run(
        ["bash", "--norc", "-c", script], env={**os.environ, "PATH": path}, capture_output=True, text=True
    )
    assert (done.stdout.split(), done.stderr) == (expected, "")


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
def test_fish_shows_the_name_of_a_rule_beside_its_code(path: str) -> None:
    script = "memlint completion fish | source; complete -C 'memlint rule ML10'"
    done = subprocess.run(["fish", "-c", script], env={**os.environ, "PATH": path}, capture_output=True, text=True)
    assert done.stdout.splitlines()[0] == "ML101\tself-reference"


def test_files_are_left_to_the_shell() -> None:
    asked = {"_MEMLINT_COMPLETE": "bash_complete", "COMP_WORDS": "memlint check sr", "COMP_CWORD": "2"}
    assert memlint(**asked).stdout == "file,sr\n"


def test_a_shell_that_is_not_known() -> None:
    assert memlint("completion", "bsh").stderr == (
        'memlint: error: there is no completion for "bsh"; did you mean "bash"?\n'
    )
    assert memlint("completion", "ksh-93").stderr == (
        'memlint: error: there is no completion for "ksh-93"; write bash, zsh or fish\n'
    )


def test_a_key_press_imports_no_rule() -> None:
    code = "import sys\nfrom memlint.cli import run\nrun()\nprint(*sys.modules)"
    asked = {"_MEMLINT_COMPLETE": "bash_complete", "COMP_WORDS": "memlint check --select ML1", "COMP_CWORD": "3"}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **asked}, capture_output=True, text=True, check=True
    )
    assert "plain,ML101" in done.stdout
    assert not {"memlint.registry", "memlint.api", "memlint.rules.self_reference"} & set(done.stdout.split())
