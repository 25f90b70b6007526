"""What may import what, and when."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from memlint.cli import COMMANDS
from tests.command import memlint

ROOT = Path(__file__).parent.parent

FORBIDDEN = {
    "rules": ("memlint.engine", "memlint.facts", "memlint.registry", "memlint.rules", "memlint.fixing", "memlint.cli"),
    "memlint/facts": ("memlint.api", "memlint.engine", "memlint.registry", "memlint.rules", "memlint.cli"),
    "memlint/lsp": ("memlint.cli", "memlint.report", "memlint.engine"),
    "memlint/report": ("memlint.api", "memlint.engine", "memlint.facts", "memlint.registry", "memlint.cli"),
    "memlint/model.py": ("memlint.",),
    "memlint/api.py": ("memlint.engine", "memlint.registry", "memlint.rules", "memlint.cli"),
    "memlint/engine.py": ("memlint.registry", "memlint.rules", "memlint.cli", "memlint.report", "memlint.settings"),
}
"""Imports point one way: rules → api → facts → model; engine → api, facts, gate; cli, report → model."""


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("place", FORBIDDEN)
def test_imports_point_one_way(place: str) -> None:
    target = ROOT / place
    for path in [target] if target.is_file() else sorted(target.glob("*.py")):
        wrong = {name for name in imported(path) if name.startswith(FORBIDDEN[place])}
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


def test_rules_import_the_api_and_the_standard_library_alone() -> None:
    for path in sorted((ROOT / "rules").glob("*.py")):
        allowed = {*sys.stdlib_module_names, "memlint"}
        foreign = {name for name in imported(path) if name.partition(".")[0] not in allowed}
        inner = {name for name in imported(path) if name.startswith("memlint") and not name.startswith("memlint.api.")}
        assert not foreign | inner, f"{path.name} imports {foreign | inner}"


def modules_after(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_every_rule_costs_no_libcst() -> None:
    modules = modules_after("from memlint.registry import all_rules; assert all_rules()")
    assert "libcst" not in modules


def test_a_run_over_clean_files_costs_no_libcst(tmp_path: Path) -> None:
    (tmp_path / "clean.py").write_text("x = 1\n")
    arguments = ["memlint", "check", str(tmp_path)]
    code = f"import sys; sys.argv = {arguments!r}\nfrom memlint.cli import run\nrun()"
    assert "libcst" not in modules_after(code)


def test_version_and_help_import_no_command() -> None:
    run = "from memlint.cli import run\nrun()"
    code = f"import sys; sys.argv = ['memlint', '--version']\n{run}"
    assert not {"memlint.cli.check", "memlint.registry", "libcst"} & modules_after(code)


def test_help_imports_no_command() -> None:
    run = "from memlint.cli import run\nrun()"
    code = f"import sys; sys.argv = ['memlint', '--help']\n{run}"
    modules = modules_after(code)
    assert not {"memlint.cli.check", "memlint.registry", "memlint.settings", "libcst"} & modules


def test_help_says_what_each_command_does() -> None:
    lines = memlint("--help").stdout.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in lines] == list(COMMANDS)
    assert all(len(line.split()) > 2 for line in lines)
