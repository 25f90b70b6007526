"""A third-party distribution adds a rule by entry point; a broken one is a clear error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command import memlint

RULE = '''\
from memlint.api import Effect, Rule, all_of, cst


class GlobalStatement(Rule):
    """A rule of somebody else's."""

    code = "{code}"
    name = "global-statement"
    effect = Effect.SHARED
    gate = all_of(rb"global")

    def visit_Global(self, node: cst.Global) -> None:
        self.report(node, "`global` shares a name with the module")
'''

PAGE = """\
# XY001 global-statement

A function that rebinds a global.

## Why

Because.

## Bad

```python bad
def count():
    global total  # error: XY001
    total = 1
```

## Good

```python good
def count():
    total = 1
    return total
```

## Fix

None.

## Measured

Nothing.

## Sources

None.
"""


class Distribution:
    """A throw-away installed distribution, found through PYTHONPATH."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder / name
        self.package = self.folder / f"{name}_rules"
        self.package.mkdir(parents=True)
        (self.package / "__init__.py").touch()
        info = self.folder / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[memlint.rules]\n{name} = {name}_rules\n")

    def offer(self, code: str = "XY001", source: str = RULE) -> None:
        (self.package / "global_statement.py").write_text(source.replace("{code}", code))
        (self.package / "global_statement.md").write_text(PAGE)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    path = tmp_path / "work" / "a.py"
    path.parent.mkdir()
    path.write_text("def f():\n    global x\n    x = 1\n")
    return path


def check(example: Path, *plugins: Distribution) -> tuple[int, str, str]:
    places = os.pathsep.join(str(plugin.folder) for plugin in plugins)
    done = memlint("check", "--isolated", "-q", example.name, cwd=example.parent, PYTHONPATH=places)
    return done.returncode, done.stdout, done.stderr


def test_rule_of_another_distribution(tmp_path: Path, example: Path) -> None:
    plugin = Distribution(tmp_path, "other")
    plugin.offer()
    assert check(example, plugin) == (1, "a.py:2:5: XY001 `global` shares a name with the module\n", "")
    shown = memlint("rule", "global-statement", PYTHONPATH=str(plugin.folder))
    assert shown.stdout == PAGE


@pytest.mark.parametrize(
    ("page", "problems"),
    [
        (PAGE, "[]"),
        (PAGE.replace("  # error: XY001", ""), "nothing is marked in this bad block"),
        (PAGE.replace("# XY001 global", "# XY002 global"), "the title must be `# XY001 global-statement`"),
    ],
)
def test_its_page_is_tested_the_same_way(tmp_path: Path, page: str, problems: str) -> None:
    plugin = Distribution(tmp_path, "other")
    plugin.offer()
    (plugin.package / "global_statement.md").write_text(page)
    code = "from memlint import registry, testing; print(testing.problems(registry.find('XY001')))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(plugin.folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert problems in done.stdout


def test_two_rules_of_one_code(tmp_path: Path, example: Path) -> None:
    first, second = Distribution(tmp_path, "first"), Distribution(tmp_path, "second")
    first.offer()
    second.offer()
    code, out, err = check(example, first, second)
    assert (code, out) == (2, "")
    assert err == (
        "memlint: error: two rules are called XY001: first_rules.global_statement.GlobalStatement "
        "and second_rules.global_statement.GlobalStatement; uninstall one\n"
    )


def test_a_code_of_ours(tmp_path: Path, example: Path) -> None:
    plugin = Distribution(tmp_path, "other")
    plugin.offer("ML102")
    code, _, err = check(example, plugin)
    assert code == 2
    assert "two rules are called ML102: memlint.rules.self_bound_callback.SelfBoundCallback and" in err


def test_plugin_that_fails_to_import(tmp_path: Path, example: Path) -> None:
    plugin = Distribution(tmp_path, "other")
    plugin.offer(source="import nothing_of_this_name\n")
    code, out, err = check(example, plugin)
    assert (code, out) == (2, "")
    assert err == (
        "memlint: error: plugin 'other' (other_rules) cannot be imported: "
        "ModuleNotFoundError: No module named 'nothing_of_this_name'; mend or uninstall it\n"
    )


def test_rule_that_raises(tmp_path: Path, example: Path) -> None:
    plugin = Distribution(tmp_path, "other")
    plugin.offer(source=RULE.replace('self.report(node, "', 'self.report(node.oops, "'))
    example.write_text(example.read_text() + "def f(y=[]):\n    y.append(1)\n    return y\n")
    code, out, err = check(example, plugin)
    assert code == 2
    assert "a.py:4:9: ML201" in out
    assert "a.py: XY001: crashed with AttributeError: 'Global' object has no attribute 'oops'" in err
