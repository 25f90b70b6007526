"""The language server, as editors talk to it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
from lsprotocol import types

from tests.editor import applied, editor
from tests.test_plugin import RULE, Distribution

pytestmark = pytest.mark.asyncio

SHARED = "def add(item, bag=[]):\n    bag.append(item)\n    return bag\n"
MENDED = "def add(item, bag=None):\n    if bag is None:\n        bag = []\n    bag.append(item)\n    return bag\n"
FOUND = ["0:18-0:20 Error ML201"]
ROWS = """\
import sqlite3


def rows(path, bag=[]):
    bag.append(path)
    with sqlite3.connect(path) as db:
        return db.execute("select 1").fetchall()
"""
ROWS_CLOSED = """\
import contextlib
import sqlite3


def rows(path, bag=[]):
    bag.append(path)
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        return db.execute("select 1").fetchall()
"""
OWNER = """\
from wheel import Wheel


class Car:
    def __init__(self):
        self.wheel = Wheel(self)


def cars(count):
    return [Car() for _ in range(count)]
"""
WHEEL = "class Wheel:\n    def __init__(self, car):\n        self.car = car\n"
WEAK = "import weakref\n\n\nclass Wheel:\n    def __init__(self, car):\n        self.car = weakref.ref(car)\n"
ACT = """\
        import os

        print("Content-Length: 5")
        if self.facts.source.path.endswith("raises.py"):
            raise ValueError("no")
        if self.facts.source.path.endswith("ends.py"):
            os._exit(3)
"""


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    path = tmp_path / "leaky.py"
    path.write_text(SHARED)
    return path


async def test_the_text_in_the_editor_counts_and_not_that_of_the_file(leaky: Path) -> None:
    async with editor(leaky.parent) as at:
        at.open(leaky)
        await at.shows(leaky, FOUND)
        at.write(leaky, MENDED)
        await at.shows(leaky, [])
        at.write(leaky, "\n" + SHARED)
        await at.shows(leaky, ["1:18-1:20 Error ML201"])
        (found,) = at.client.diagnostics[leaky.as_uri()]
        assert found.source == "memlint" and found.code_description
        assert found.code_description.href.endswith("/mutable_default.md")
        (related,) = found.related_information or ()
        assert (related.message, related.location.uri, related.location.range.start.line) == (
            "the change",
            leaky.as_uri(),
            2,
        )


@pytest.mark.parametrize(
    ("like", "encoding", "width"), [("emacs", "utf-32", 1), ("visual-studio-code", "utf-16", 2), ("pull", "utf-8", 4)]
)
async def test_places_count_in_the_units_of_the_client(leaky: Path, like: str, encoding: str, width: int) -> None:
    """A form feed ends no line."""
    async with editor(leaky.parent, like=like) as at:
        assert at.capabilities.position_encoding == encoding
        at.open(leaky, "\f\ndef add(face='😋', bog=[]): # 😋\n    bag.append(face)\n")
        start = len("def add(face='") + width + len("', b")
        middle = types.Range(types.Position(1, start), types.Position(1, start + 1))
        at.change(leaky, types.TextDocumentContentChangePartial(middle, "a"))
        default = start + len("ag=")
        expected = [f"1:{default}-1:{default + 2} Error ML201"]
        if like == "pull":
            assert await at.pull(leaky) == expected
        else:
            await at.shows(leaky, expected)


async def test_an_unsafe_fix_is_offered_as_such(leaky: Path) -> None:
    async with editor(leaky.parent) as at:
        at.open(leaky)
        fix, ignore = await at.actions(leaky, 1)
        assert (fix.title, fix.is_preferred) == ("Make the default of `bag` on each call (ML201, unsafe)", False)
        assert applied(SHARED, fix, leaky) == MENDED
        assert ignore.title == "Ignore ML201 on this line"
        ignored = applied(SHARED, ignore, leaky)
        assert ignored.splitlines()[0] == "def add(item, bag=[]):  # memlint: ignore[ML201] FIXME: say why"
        other = SHARED.replace(":\n", ":  # memlint: ignore[ML101] meant\n", 1)
        at.write(leaky, other)
        offered = {action.title: action for action in await at.actions(leaky, 1)}
        assert applied(other, offered["Ignore ML201 on this line"], leaky).startswith(
            "def add(item, bag=[]):  # memlint: ignore[ML101, ML201] meant; FIXME: say why\n"
        )
        at.write(leaky, ignored)
        await at.shows(leaky, [])
        assert await at.actions(leaky, 1) == []


async def test_safe_fixes_are_preferred_and_can_be_applied_together(tmp_path: Path) -> None:
    """By a client that asks for the edit at once."""
    path = tmp_path / "rows.py"
    async with editor(tmp_path, like="emacs") as at:
        at.open(path, ROWS)
        (fix, everything, _) = await at.actions(path, 6)
        assert (fix.title.rpartition(" (")[2], fix.is_preferred) == ("ML804)", True)
        assert (everything.kind, everything.is_preferred) == ("source.fixAll.memlint", None)
        closing = applied(ROWS, everything, path)
        assert closing == applied(ROWS, fix, path)
        assert closing == ROWS_CLOSED
        assert [each.kind for each in await at.actions(path, 1, ["source.fixAll"])] == ["source.fixAll.memlint"]
        assert await at.actions(path, 1, ["source.organizeImports", "refactor"]) == []
        at.write(path, closing)
        await at.shows(path, ["4:19-4:21 Error ML201"])
        assert await at.actions(path, 6) == []


async def test_the_cursor_on_a_finding_a_code_or_a_comment_shows_the_page(leaky: Path) -> None:
    (leaky.parent / "memlint.toml").write_text('ignore = ["ML001"]\n')
    text = f"# see ML101\nx = 1  # noqa: B006\ny = 2  # memlint: ignore[ML102, mutable-default] meant\n{SHARED}"
    async with editor(leaky.parent) as at:
        at.open(leaky, text)
        await at.shows(leaky, ["3:18-3:20 Error ML201"])

        async def titles(row: int, column: int) -> list[str]:
            shown = await at.hover(leaky, row, column)
            return [each for each in shown.splitlines() if each.startswith("# ML")]

        assert await titles(1, 8) == ["# ML101 self-reference"]
        assert await titles(2, 17) == ["# ML201 mutable-default"]
        assert await titles(3, 30) == ["# ML102 self-bound-callback"]
        assert await titles(3, 10) == ["# ML102 self-bound-callback", "# ML201 mutable-default"]
        assert await titles(4, 19) == ["# ML201 mutable-default"]
        assert await titles(4, 1) == []
        page = await at.hover(leaky, 4, 19)
        assert "```python\ndef append_to(element, to=[]):\n    to.append(element)\n    return to\n```" in page
        assert "## Fix\n\nUnsafe. The default becomes `None`" in page


async def test_settings_of_files_and_of_the_editor(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        (folder / "leaky.py").write_text(SHARED)
    (second / "memlint.toml").write_text('ignore = ["ML201"]\n')
    one, two = first / "leaky.py", second / "leaky.py"
    async with editor(first, second) as at:
        at.open(one)
        at.open(two)
        await at.shows(one, FOUND)
        await at.shows(two, [])
        (second / "memlint.toml").write_text("")
        event = types.FileEvent((second / "memlint.toml").as_uri(), types.FileChangeType.Changed)
        at.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
        await at.shows(two, FOUND)
        (first / "memlint.toml").write_text('exclude = ["leaky.py"]\n')
        at.save(one)
        await at.shows(one, [])
        (first / "memlint.toml").write_text("selct = []\n")
        at.save(one)
        while not at.client.messages:
            await asyncio.sleep(0.02)
        assert [each.message for each in at.client.messages] == [
            'memlint: memlint.toml has no key "selct"; did you mean "select"?'
        ]
        (first / "memlint.toml").unlink()
        at.save(one)
        await at.shows(one, FOUND)
        given = {"memlint": {"ignore": ["ML201"]}, "pylsp": {"plugins": {}}}
        at.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(given))
        await at.shows(one, [])
        await at.shows(two, [])
        wrong = {"memlint": {"ignore": ["ML20x"]}}
        at.client.workspace_did_change_configuration(types.DidChangeConfigurationParams(wrong))
        while len(at.client.messages) < 2:
            await asyncio.sleep(0.02)
        assert at.client.messages[-1].message == 'memlint: ignore: no rule is called "ML20x"; did you mean "ML208"?'


async def test_settings_that_the_editor_has_from_the_start(leaky: Path) -> None:
    async with editor(leaky.parent, options={"select": ["ML1"]}, like="emacs") as at:
        at.open(leaky)
        await at.shows(leaky, [])
    async with editor(leaky.parent, settings={"select": ["ML1"]}, like="neovim") as at:
        at.open(leaky)
        await at.shows(leaky, [])


async def test_saving_a_file_checks_those_again_that_depend_on_it(tmp_path: Path) -> None:
    owner, wheel = tmp_path / "owner.py", tmp_path / "wheel.py"
    owner.write_text(OWNER)
    wheel.write_text(WHEEL)
    options = {"select": ["ML104"]}
    cycle = ["5:8-5:32 Information ML104"]
    async with editor(tmp_path, options=options) as at:
        at.open(owner)
        at.open(wheel)
        await at.shows(owner, cycle)
        (found,) = at.client.diagnostics[owner.as_uri()]
        (there,) = found.related_information or ()
        assert (there.location.uri, there.location.range.start) == (wheel.as_uri(), types.Position(2, 8))
        at.write(wheel, WEAK)
        at.save(wheel)
        await at.shows(owner, [])
    wheel.write_text(WHEEL)
    async with editor(tmp_path, like="pull", options=options) as at:
        at.open(owner)
        assert await at.pull(owner) == cycle
        at.open(wheel)
        at.save(wheel, WEAK)
        while not at.client.diagnostic_refresh_count:
            await asyncio.sleep(0.02)
        assert await at.pull(owner) == []
        assert at.client.diagnostics == {}


async def test_what_is_no_python_of_the_project_is_left_alone(tmp_path: Path) -> None:
    installed = tmp_path / ".venv" / "lib" / "leaky.py"
    installed.parent.mkdir(parents=True)
    (tmp_path / "pyproject.toml").touch()
    page, new = tmp_path / "page.md", tmp_path / "new.py"
    async with editor(tmp_path) as at:
        at.open(installed, SHARED)
        await at.shows(installed, [])
        at.open(page, SHARED, "markdown")
        at.open(new, SHARED)
        await at.shows(new, FOUND)
        assert at.pushed(page) is None
        assert await at.actions(page, 1) == []
        this = types.DidCloseTextDocumentParams(at.document(new))
        at.client.text_document_did_close(this)
        await at.shows(new, [])
        at.open(new, "def add(item, bag=[]:\n")
        await at.shows(new, ["0:20-0:21 Error ML000"])


async def test_whatever_happens_while_a_document_is_checked_the_server_lives_on(tmp_path: Path) -> None:
    """A rule that prints, one that raises, one that ends the process."""
    plugin = Distribution(tmp_path, "other")
    plugin.offer(source=RULE.replace("        self.report(", f"{ACT}        self.report("))
    text = "def f():\n    global x\n    x = 1\n"
    prints, raises, ends = (tmp_path / f"{name}.py" for name in ("prints", "raises", "ends"))
    async with editor(tmp_path, PYTHONPATH=str(plugin.folder)) as at:
        at.open(raises, text)
        await at.shows(raises, [])
        at.open(ends, text)
        await at.shows(ends, [])
        at.open(prints, text)
        await at.shows(prints, ["1:4-1:12 Warning XY001"])
        first, second = (each.message for each in at.client.log_messages)
        assert first.startswith(f"{raises}: XY001: crashed with ValueError: no")
        assert second == f"{ends}: not checked: Died: the process that checked it died"


async def test_without_pygls_there_is_one_line() -> None:
    code = "import sys; sys.modules['pygls'] = None; sys.argv = ['', 'server']; from memlint.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (
        2,
        "",
        'memlint: error: the server needs pygls 2; install it with `pip install "memlint[lsp]"`\n',
    )
