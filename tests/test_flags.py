"""The flags: grouped, a line each, and an answer for every one that ruff has."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from memlint import ruff
from memlint.cli.check import command
from memlint.cli.flags import WIDTH
from memlint.options import GROUPS, OPTIONS
from tests.command import memlint

LONG = {"output_format"}
"""Flags whose description may take a second line, as it lists what there is."""


def ours() -> set[str]:
    names = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return {*names, "-h", "--help"}


def test_help_lists_the_flags_by_group_a_line_each() -> None:
    lines = memlint("check", "--help", COLUMNS="200").stdout.splitlines()
    assert [line[:-1] for line in lines if re.fullmatch(r"\w+:", line)] == list(GROUPS)
    assert max(map(len, lines)) <= WIDTH
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not (parameter.hidden or parameter.name in LONG):
            assert any(line.startswith("  -") and line.endswith(f"  {parameter.help}") for line in lines), parameter


def test_a_pair_of_flags_takes_one_line() -> None:
    lines = memlint("check", "--help").stdout.splitlines()
    assert [line.split()[0] for line in lines if "force-exclude" in line] == ["--[no-]force-exclude"]


def output_of(*arguments: str) -> str:
    command = [sys.executable, "-m", "ruff", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def flags_of_ruff() -> set[str]:
    """Every flag that `ruff check --help` lists or names."""
    text = output_of("check", "--help")
    listed = re.findall(r"^ {2,6}(-\w)?(?:, | {2,4})?(--[\w-]+)?", text, re.MULTILINE)
    return {name for names in listed for name in names if name} | set(re.findall(r"`(--[\w-]+)", text))


def test_every_flag_of_ruff_is_ours_or_has_an_answer() -> None:
    of_ruff = flags_of_ruff()
    assert {"--select", "-w", "--no-unsafe-fixes", "--extend-per-file-ignores", "--config"} <= of_ruff
    assert of_ruff - ours() - ruff.OPTIONS.keys() == set()
    assert ours() & ruff.OPTIONS.keys() == set()


def test_every_setting_of_ruff_is_ours_or_has_an_answer() -> None:
    listed = f"{output_of('config')}\n{output_of('config', 'lint')}"
    of_ruff = {line.split()[0] for line in listed.splitlines() if line}
    assert {"extend", "lint", "per-file-ignores", "isort"} <= of_ruff
    assert of_ruff - OPTIONS.keys() - ruff.SETTINGS.keys() == set()
    assert OPTIONS.keys() & ruff.SETTINGS.keys() == set()


@pytest.mark.parametrize("flag", ["--preview", "--add-noqa=legacy", "--extension=ipy:python"])
def test_a_flag_that_ruff_alone_has_is_answered(flag: str) -> None:
    done = memlint("check", flag)
    name = flag.partition("=")[0]
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"memlint: error: {name}: {ruff.OPTIONS[name]}\n"


def test_a_setting_that_ruff_alone_has_is_answered(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.memlint.lint]\nselect = ["ML1"]\n')
    done = memlint("check", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        'memlint: error: pyproject.toml: [tool.memlint] has no key "lint"; '
        "memlint's settings stand in no sections; write its keys one level up\n"
    )
