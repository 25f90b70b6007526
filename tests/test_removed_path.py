"""A temporary file or folder that gets its removal: the code runs alike, leaves nothing, and what is left alone."""

from __future__ import annotations

import tempfile
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from memlint.engine import lint
from memlint.facts.project import Project
from memlint.fixing import fixed
from memlint.model import Outcome
from memlint.registry import all_rules
from memlint.source import SourceFile
from memlint.testing import findings

RULES = [rule for rule in all_rules() if rule.code == "ML807"]

FILE = """
import os
import tempfile

def made(text):
    handle, path = tempfile.mkstemp()
    with os.fdopen(handle, "w") as file:
        file.write(text)
    for number in range(3):
        with open(path) as file:
            if number == 2:
                return file.read()
"""
UNNAMED = """
import tempfile
from pathlib import Path

def made(text):
    path = tempfile.mkstemp()[1]
    Path(path).write_text(text)
    return Path(path).read_text()
"""
FOLDER = """
from tempfile import mkdtemp
from pathlib import Path

def made(text):
    '''Makes it.'''
    folder = Path(mkdtemp())  # with blanks

    # The one file.
    (folder / "one").write_text(text + '''
  end''')
    return (folder / "one").read_text()
"""
NAMED = """
import tempfile

def made(text):
    if text:
        with tempfile.NamedTemporaryFile("w", delete=False) as one:
            one.write(text)
        with tempfile.NamedTemporaryFile("w", delete=False) as other:
            other.write("!")
        return open(one.name).read() + open(other.name).read()
"""
ASSIGNED = """
import tempfile

def made(text):
    for _ in range(2):
        file = tempfile.NamedTemporaryFile("w", delete=False)
        file.write(text)
        file.flush()
        if not text:
            continue
        found = open(file.name).read()
        if found:
            break
    return found
"""
FINALLY = """
import os
import tempfile

def made(text):
    handle, path = tempfile.mkstemp()
    try:
        os.write(handle, text.encode())
        return open(path).read()
    finally:
        os.close(handle)
"""


def rewritten(code: str) -> str:
    """The code with all the fixes that it has."""

    def look(source: SourceFile) -> Outcome:
        return lint(source, RULES, Project(), parse=True)

    return fixed(SourceFile("example.py", dedent(code)), look, unsafe=True)[0].original


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("code", [FILE, UNNAMED, FOLDER, NAMED, ASSIGNED, FINALLY])
@pytest.mark.parametrize("argument", ["some text", None])
def test_nothing_stays_and_the_code_runs_alike(
    code: str, argument: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    told = []
    for text in (code, rewritten(code)):
        names: dict[str, Any] = {}
        exec(text, names)
        try:
            told.append(names["made"](argument))
        except Exception as error:
            told.append(type(error))
        left = list(tmp_path.iterdir())
        for each in left if text is code else ():
            each.rename(tmp_path.parent / each.name)
    assert told[0] == told[1]
    assert left == []


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ("folder = tempfile.mkdtemp()\nprint(folder)", "its path is told to somebody, who may want it"),
        ("folder = tempfile.mkdtemp()\nlog.info('in %s', folder)", "its path is told to somebody, who may want it"),
        ("folder = tempfile.mkdtemp()", "nothing follows in its block"),
        ("if item:\n  folder = tempfile.mkdtemp()\n  os.listdir(folder)\nlen(folder)", "used outside the block"),
        ("folder = tempfile.mkdtemp()\nos.listdir(folder)\ndel folder", "not bound to one name of its own"),
        ("folder = tempfile.mkdtemp(); os.listdir(folder)", "the statement shares its line"),
        ("os.listdir(os.path.join(tempfile.mkdtemp()))", "not bound to one name of its own"),
        ("handle, path = tempfile.mkstemp()\nos.write(handle, item)\nopen(path)", "nothing closes `handle`"),
        ("for each in os.walk(tempfile.mkdtemp()): item.append(each)", "not bound to one name of its own"),
        ("folder = tempfile.mkdtemp()\nfor each in os.walk(folder): item.append(each)", "may be read later"),
        (
            "with tempfile.NamedTemporaryFile(delete=False) as file:\n  return file.read()\nopen(file.name)",
            "the `with` is left by a jump",
        ),
        ("shutil = item\nfolder = tempfile.mkdtemp()\nos.listdir(folder)", "`os` or `shutil` cannot be imported here"),
        (
            "folder = tempfile.mkdtemp()\ntry: os.listdir(folder)\nfinally: print(item)",
            "the `finally` that follows has no room for it",
        ),
    ],
)
def test_it_stays_where_it_may_be_wanted_or_cannot_be_reached(lines: str, reason: str) -> None:
    code = "import os\nimport tempfile\n\ndef work(item, log):\n"
    code += "".join(f"    {line}\n" for line in lines.split("\n"))
    (finding,) = findings(code, *RULES)
    assert finding.fix is None
    assert reason in finding.unfixed


@pytest.mark.parametrize(
    ("imported", "written"),
    [
        ("import os.path\nimport tempfile as t", "os.unlink(path)"),
        ("import os as system\nimport tempfile as t", "system.unlink(path)"),
        ("import tempfile as t\nfrom os import unlink, close", "unlink(path)"),
    ],
)
def test_the_removal_is_called_by_the_import_that_is_there(imported: str, written: str) -> None:
    code = f"{imported}\n\ndef work():\n    handle, path = t.mkstemp()\n    return open(path).read()\n"
    after = rewritten(code)
    assert after.startswith(imported)
    assert f"\n        {written}\n" in after
