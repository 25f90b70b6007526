"""Notebooks: what is read of them, how findings tell their cell, and that a fix changes nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from memlint.magics import masked
from tests.command import memlint

PYTHON: dict[str, Any] = {"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}}

QUEUE = """\
def reachable(root):
    seen = set()
    todo = [root]
    while todo:
        node = todo.pop(0)
        if node not in seen:
            seen.add(node)
            todo.extend(node.children)
    return seen
"""

LEAK = "def first(path):\n    return open(path).read()"
MENDED = "def first(path):\n    with open(path) as file:\n        return file.read()"


def notebook(*sources: str, metadata: dict[str, Any] = PYTHON, **more: Any) -> dict[str, Any]:
    """A notebook whose first cell is text, then one code cell for each source."""
    cells: list[dict[str, Any]] = [{"cell_type": "markdown", "metadata": {}, "source": ["# Zones\n"]}]
    for source in sources:
        lines = source.splitlines(keepends=True)
        cells.append(
            {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": [], "source": lines, **more}
        )
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def saved(path: Path, *sources: str, **more: Any) -> Path:
    path.write_text(json.dumps(notebook(*sources, **more), indent=1) + "\n")
    return path


@pytest.mark.parametrize(
    ("cell", "text", "keeps"),
    [
        ("%matplotlib inline\nx = 1", "_()               \nx = 1", True),
        ("!ls *.csv\nx", "_()      \nx", True),
        ("files = !ls\nfiles", "files = _()\nfiles", True),
        ("spent = %time f(x)", "spent = _()       ", True),
        ("a, b = %sql select 1", "a, b = _()          ", True),
        ("f?", "_ ", True),
        ("?f\nf.x??", "_ \n_()  ", True),
        ("if x:\n    !rm -r it's\n    %cd ..", "if x:\n    _()        \n    _()   ", True),
        ("!echo a \\\n  b\nx", "_()      \n   \nx", True),
        ("%time x = f(1)", "_;    x = f(1)", True),
        ("%timeit -n 10 -r3 f(x)", "_;                f(x)", False),
        ("%timeit f(x,\n          y)\nz", "_;      f(x,\n          y)\nz", True),
        ("%timeit for x in y: pass", "_()                     ", False),
        ("%%time\nx", "      \nx", True),
        ("%%timeit -n 1\nx", "             \nx", False),
        ("%%capture out\n!ls\nx", "             \n_()\nx", False),
        ("%%bash\nls 'x", "      \n     ", False),
        ("# why\n\n%%bash\nls", "     \n\n      \n  ", False),
        ("%sh\nwget x", "   \n      ", False),
        ("pip install -U pandas", "_()                  ", True),
        ("x = (1\n% 2)\n%who", "x = (1\n% 2)\n_() ", True),
        ("s = '''\n%who\n'''", "s = '''\n%who\n'''", True),
        ("s = '''\n%who\n'''\n%who", "s = '''\n%who\n'''\n_() ", True),
        ("x = 5 % 3; await f(x)", "x = 5 % 3; await f(x)", True),
    ],
)
def test_magics_are_masked_in_place(cell: str, text: str, keeps: bool) -> None:
    assert masked(cell) == (text, keeps)
    assert [len(line) for line in text.split("\n")] == [len(line) for line in cell.split("\n")]


MESSAGE = "`open(path)` has no name and is never closed; it stays open until it is collected: open it in a `with`"


def check(*arguments: str, cwd: Path, stdin: bytes | None = None) -> tuple[str, int]:
    """What memlint says, and its exit status; nothing may be said on standard error."""
    done = memlint("check", "--isolated", "--no-cache", "--quiet", *arguments, cwd=cwd, stdin=stdin)
    assert done.stderr == ""
    return done.stdout, done.returncode


def test_findings_tell_their_cell_and_the_place_there(tmp_path: Path) -> None:
    saved(tmp_path / "a.ipynb", "%cd data", "%%time\n" + LEAK)
    assert check("--output-format=concise", cwd=tmp_path) == (f"a.ipynb:cell 3:3:12: ML801 [*] {MESSAGE}\n", 1)
    (found,) = json.loads(check("--output-format=json", cwd=tmp_path)[0])
    assert (found["cell"], found["noqa_row"]) == (3, 3)
    assert (found["location"], found["end_location"]) == ({"row": 3, "column": 12}, {"row": 3, "column": 22})
    assert found["fix"]["edits"] == [
        {
            "content": "with open(path) as file:\n        return file.read()",
            "location": {"row": 3, "column": 5},
            "end_location": {"row": 3, "column": 29},
        }
    ]
    annotation = f"line=1::a.ipynb:cell 3:3:12: ML801 {MESSAGE}\n"
    assert check("--output-format=github", cwd=tmp_path)[0].endswith(annotation)
    full, _ = check("--output-format=full", cwd=tmp_path)
    assert full.startswith(
        f"""\
ML801 warning: {MESSAGE}
 --> a.ipynb:cell 3:3:12
  |
2 | def first(path):
3 |     return open(path).read()
  |            ^^^^^^^^^^
  |
"""
    )


def test_later_cells_see_earlier_ones_and_comments_silence(tmp_path: Path) -> None:
    defined = "class Clock:\n    def tick(self): pass\n    def start(self):\n        self.on = self.tick"
    saved(tmp_path / "a.ipynb", defined, "clocks = [Clock() for _ in range(9)]", LEAK + "  # memlint: ignore[ML801]")
    assert check("--output-format=concise", "--select=ML102,ML801", cwd=tmp_path)[0].startswith(
        "a.ipynb:cell 2:4:9: ML102"
    )


LAYOUTS: dict[str, Callable[[str], str]] = {
    "as Jupyter saves it": lambda source: json.dumps(notebook("é = 1", source), indent=1, ensure_ascii=False) + "\n",
    "without a line end": lambda source: json.dumps(notebook("é = 1", source), indent=4, ensure_ascii=False),
    "with escapes": lambda source: json.dumps(notebook("é = 1", "# é\n" + source), indent="\t") + "\n",
    "with CR LF": lambda source: json.dumps(notebook(source), indent=1).replace("\n", "\r\n"),
    "on one line": lambda source: json.dumps(notebook("%cd ..", source), separators=(",", ":"), sort_keys=True),
    "with texts": lambda source: json.dumps({**notebook("x"), "cells": [{"source": source, "cell_type": "code"}]}),
    "with a byte order mark": lambda source: "\ufeff" + json.dumps(notebook(source), indent=1),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_fix_changes_nothing_but_the_source_of_its_cell(layout: str, tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_bytes(LAYOUTS[layout](LEAK).encode())
    assert check("--fix", "--output-format=concise", cwd=tmp_path) == ("", 0)
    assert path.read_bytes() == LAYOUTS[layout](MENDED).encode()


def test_a_fixed_notebook_is_one(tmp_path: Path) -> None:
    nbformat = pytest.importorskip("nbformat")
    path = saved(tmp_path / "a.ipynb", "%cd ..", LEAK, id="zones")
    for number, cell in enumerate((found := json.loads(path.read_text()))["cells"]):
        cell["id"] = f"cell-{number}"
    path.write_text(json.dumps(found))
    check("--fix", "a.ipynb", cwd=tmp_path)
    fixed = nbformat.read(path, as_version=4)
    nbformat.validate(fixed)
    assert [cell.source for cell in fixed.cells] == ["# Zones\n", "%cd ..", MENDED]


def test_cells_may_await_and_begin_with_future_imports(tmp_path: Path) -> None:
    saved(
        tmp_path / "a.ipynb",
        "await load()",
        "from __future__ import annotations\n" + LEAK,
        " x = 1\n y = 2",
        " # why\nx = 1",
    )
    assert check("--fix", cwd=tmp_path) == ("", 0)


def test_jupyter_closes_figures_after_each_cell(tmp_path: Path) -> None:
    plot = "def plot(path):\n    plt.figure()\n    plt.plot([1])\n    plt.savefig(path)"
    saved(tmp_path / "a.ipynb", "import matplotlib.pyplot as plt", plot)
    assert check(cwd=tmp_path) == ("", 0)
    assert check("--output-format=concise", "--select=ML911", cwd=tmp_path)[0].startswith("a.ipynb:cell 3:2:5: ML911")


def test_names_of_a_notebook_may_be_used_again(tmp_path: Path) -> None:
    cells = (
        "import sys, pandas as pd\nsys.argv",
        "a = pd.read_csv('a.csv')\nlen(a)",
        "b = pd.read_csv('b.csv')\nlen(b)",
    )
    saved(tmp_path / "a.ipynb", *cells)
    assert check(cwd=tmp_path) == ("", 0)
    assert check("--output-format=concise", "--select=ML401", cwd=tmp_path)[0].startswith("a.ipynb:cell 3:1:1: ML401")


def test_a_patch_applies_to_the_file(tmp_path: Path) -> None:
    saved(tmp_path / "a.ipynb", LEAK)
    assert check("--diff", cwd=tmp_path) == (
        """\
--- a.ipynb
+++ a.ipynb
@@ -14,7 +14,8 @@
    "outputs": [],
    "source": [
     "def first(path):\\n",
-    "    return open(path).read()"
+    "    with open(path) as file:\\n",
+    "        return file.read()"
    ]
   }
  ],
""",
        1,
    )


def test_standard_input(tmp_path: Path) -> None:
    given = json.dumps(notebook(LEAK)).encode()
    done = memlint("check", "--isolated", "--fix", "--stdin-filename", "a.ipynb", "-", cwd=tmp_path, stdin=given)
    assert json.loads(done.stdout) == notebook(MENDED)
    listed, _ = check("--output-format=concise", "--stdin-filename=a.ipynb", "-", cwd=tmp_path, stdin=given)
    assert listed == f"a.ipynb:cell 2:2:12: ML801 [*] {MESSAGE}\n"


def test_a_fix_that_would_change_another_cell_is_withdrawn(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.ipynb", "import os", QUEUE)
    before = path.read_bytes()
    shown, _ = check("--fix", "--unsafe-fixes", "--select=ML416", "--output-format=full", cwd=tmp_path)
    assert "\n  = no fix: the fix would change another cell\n" in shown
    assert path.read_bytes() == before


def test_the_cell_of_a_fix_is_that_at_its_time(tmp_path: Path) -> None:
    saved(tmp_path / "a.ipynb", LEAK, "def second(path):\n    return open(path).read()")
    done = memlint("check", "--isolated", "--fix", "--show-fixes", "-q", "a.ipynb", cwd=tmp_path)
    assert (
        done.stderr
        == "fixed a.ipynb:cell 2:2: ML801 open it in a `with`\nfixed a.ipynb:cell 3:2: ML801 open it in a `with`\n"
    )


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (json.dumps(notebook("x = 1", "x = (")), "a.ipynb:cell 3:1:5: ML000 '(' was never closed"),
        ('{"cells": [\n ,]}', "a.ipynb:2:2: ML000 a notebook is JSON, and this is none: Expecting value"),
        ("[]", "a.ipynb:1:1: ML000 a notebook has a list of `cells`, and this JSON has none"),
        ("", "a.ipynb:1:1: ML000 a notebook is JSON, and this is none: Expecting value"),
        ("[" * 100_000, "a.ipynb:1:1: ML000 this JSON is nested too deeply"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(content: str, line: str, tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text(content)
    assert check("--output-format=concise", "a.ipynb", cwd=tmp_path) == (f"{line}\n", 1)


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({"kernelspec": {"name": "ir", "language": "R"}}, "R"),
        ({"language_info": {"name": "julia"}}, "julia"),
        ({"language_info": {"name": "python", "version": "2.7.18"}}, "Python 2"),
        ({"kernelspec": {"name": "python3", "language": "python"}}, ""),
        ({"language_info": {"name": "ipython"}}, ""),
        ({}, ""),
    ],
)
def test_notebooks_of_other_languages_are_skipped(metadata: dict[str, Any], language: str, tmp_path: Path) -> None:
    saved(tmp_path / "a.ipynb", LEAK, metadata=metadata)
    done = memlint("check", "--isolated", "--no-cache", "a.ipynb", cwd=tmp_path)
    assert done.stdout.startswith("No findings in 1 file.\n" if language else "a.ipynb:cell 2")
    assert "Not checked" not in done.stdout
    told = memlint("check", "--isolated", "--no-cache", "-v", "a.ipynb", cwd=tmp_path).stdout
    assert told.endswith(f"  a.ipynb:1: a notebook of {language}\n") == bool(language)


def test_a_cell_of_another_language_is_skipped(tmp_path: Path) -> None:
    saved(tmp_path / "a.ipynb", "let x = 1;")
    found = json.loads((tmp_path / "a.ipynb").read_text())
    found["cells"][1]["metadata"] = {"vscode": {"languageId": "javascript"}}
    (tmp_path / "a.ipynb").write_text(json.dumps(found))
    assert check("a.ipynb", cwd=tmp_path) == ("", 0)


def test_an_old_notebook_says_how_to_renew_it(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").write_text('{"nbformat": 3, "worksheets": []}')
    done = memlint("check", "--isolated", "a.ipynb", cwd=tmp_path)
    reason = "a notebook of format 3, which `jupyter nbconvert --to notebook` renews"
    assert done.stdout == f"No findings in 1 file.\nNot checked: 1 place (1 {reason}).\n"


def test_a_cached_run_says_the_same(tmp_path: Path) -> None:
    saved(tmp_path / "a.ipynb", "import os", "def f(a=[]):\n    return a")
    first, again = (memlint("check", "--isolated", "--output-format=json", cwd=tmp_path).stdout for _ in range(2))
    assert first == again
    (found,) = json.loads(again)
    assert (found["cell"], found["memlint"]["related"][0]["cell"]) == (3, 3)


def test_checkpoints_are_not_walked(tmp_path: Path) -> None:
    (tmp_path / ".ipynb_checkpoints").mkdir()
    saved(tmp_path / ".ipynb_checkpoints" / "a-checkpoint.ipynb", LEAK)
    saved(tmp_path / "a.ipynb", "x = 1")
    assert memlint("check", "--isolated", "--no-cache", cwd=tmp_path).stdout == "No findings in 1 file.\n"
