"""A fix that would change what a name means is withdrawn, whatever rule it is from."""

from __future__ import annotations

import pytest

from memlint.fixing import fixed
from memlint.model import Edit, Effect, Finding, Fix, Outcome, Position, Safety, Severity
from memlint.source import SourceFile


def place(text: str, offset: int) -> Position:
    return Position(text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1)


def after_fix(text: str, *changes: tuple[str, str]) -> tuple[str, str]:
    """What is written of a text, and why its fix was withdrawn; the fix puts the second of each pair where the first
    is."""
    edits = []
    for old, new in changes:
        start = text.index(old)
        assert text.count(old) == 1, old
        edits.append(Edit(place(text, start), place(text, start + len(old)), new))
    fix = Fix("put it so", Safety.SAFE, tuple(edits))
    top = Position(1, 1)
    finding = Finding("a.py", top, top, "XX001", "x", Effect.KEPT, Severity.ERROR, "x", fix=fix, fingerprint="x")

    def lint(source: SourceFile) -> Outcome:
        return Outcome("a.py", [finding] if source.text == text else [])

    after, outcome = fixed(SourceFile("a.py", text), lint, unsafe=False)
    return after.text, "".join(each.unfixed for each in outcome.findings)


LOOP = """\
def total(rows):
    found = 0
    for row in rows:
        found += len(row)
    return found
"""
DEFAULT = """\
class Reader:
    WIDTH = 8
    def read(self, size=[WIDTH]):
        size.append(1)
        return size
"""
CALLBACK = """\
def load(path):
    data = path.read_bytes()
    later = lambda: len(data)
    print(data)
    return later
"""
COUNTER = """\
count = 0
def bump():
    global count
    print("bump")
    return count
"""
ERROR = """\
def ask(send):
    try:
        return send()
    except OSError as error:
        kept = error
    return kept
"""


@pytest.mark.parametrize(
    ("text", "changes", "reason"),
    [
        pytest.param(
            LOOP,
            [("    found = 0", "    len = print\n    found = 0")],
            "`len` on line 4 would mean another variable",
            id="a new local name captures a builtin that is read",
        ),
        pytest.param(
            LOOP,
            [("    for row", "    rows = iter([])\n    for row")],
            "`rows` is bound already where the fix binds it",
            id="a name that is to be new is there already",
        ),
        pytest.param(
            LOOP,
            [("    found = 0\n", "")],
            "`found` may have no value on line 4 of the fixed text",
            id="the first value of a name is taken out",
        ),
        pytest.param(
            LOOP,
            [("found += len(row)", "total = len(row)"), ("    found = 0\n", "")],
            "`found` on line 5 would be bound no more",
            id="every value of a name is taken out",
        ),
        pytest.param(
            LOOP,
            [("len(row)", "size(row)")],
            "`size` is bound nowhere",
            id="a name that nothing binds is read",
        ),
        pytest.param(
            "def drain(queue):\n    batch = queue.get()\n    while queue:\n        print(batch)\n",
            [("print(batch)", "print(batch)\n        del batch")],
            "`batch` may have no value on line 4 of the fixed text",
            id="a name is deleted in a loop and the loop goes on",
        ),
        pytest.param(
            DEFAULT,
            [("[WIDTH]", "None"), ("        size.append", "        size = size or [WIDTH]\n        size.append")],
            "`WIDTH` would mean another variable at its new place",
            id="a name of a class is moved into a method",
        ),
        pytest.param(
            "def f(y, size=[len]):\n    size.append(y)\n    len = y\n    return size, len\n",
            [("[len]", "None"), ("    size.append", "    size = size or [len]\n    size.append")],
            "`len` would mean another variable at its new place",
            id="moved code meets a local name",
        ),
        pytest.param(
            "def outer(item):\n    def inner(item, size=[item]):\n        size.append(1)\n    return inner\n",
            [("[item]", "None"), ("size.append", "size = size or [item]; size.append")],
            "`item` would mean another variable at its new place",
            id="moved code meets a parameter",
        ),
        pytest.param(
            CALLBACK,
            [("    print(data)\n", "    print(data)\n    del data\n")],
            "`data` is read by inner code, which may run at another time",
            id="a variable that a closure holds is deleted",
        ),
        pytest.param(
            CALLBACK,
            [("    print(data)\n", "    print(data)\n    data = None\n")],
            "`data` is read by inner code, which may run at another time",
            id="a variable that a closure holds is emptied",
        ),
        pytest.param(
            LOOP.replace("return found", "return vars()"),
            [("    found = 0", "    size = len\n    found = 0"), ("len(row)", "size(row)")],
            "`vars` sees the names of the function, and `size` is one that the fix changes",
            id="the function looks at its own variables",
        ),
        pytest.param(
            COUNTER,
            [('    print("bump")', "    count = 1")],
            "`count` is declared `global` or `nonlocal` where the fix binds it",
            id="a local name is declared global",
        ),
        pytest.param(
            COUNTER,
            [("    global count\n", "    count = 1\n")],
            "`count` on line 5 would mean another variable",
            id="the declaration falls away",
        ),
        pytest.param(
            "import os\ndef f():\n    return os.name\n",
            [("import os\n", "import sys\n")],
            "`os` on line 3 would be bound no more",
            id="an import is taken out that is used",
        ),
        pytest.param(
            LOOP,
            [("    for row", "    rows = None\n    for row")],
            "`rows` may be read on line 4 of the fixed text, where the fix has let go of it",
            id="a name is emptied that is read behind it",
        ),
        pytest.param(
            "rows = list(range(9))\ndef f():\n    return rows\nprint(rows)\n",
            [("print(rows)", "print(rows)\ndel rows")],
            "`rows` is read by inner code, which may run at another time",
            id="a global is deleted that a function reads",
        ),
        pytest.param(
            "__all__ = ['f', 'partial']\nfrom functools import partial, wraps\ndef f(g):\n    return wraps(g)\n",
            [("partial, ", "")],
            "`partial` is named in a string, as in `__all__`, and the fix takes it away",
            id="an import is taken out that the module offers",
        ),
        pytest.param(
            "def f(g):\n    return [g(each) for each in g]\n",
            [("g(each)", "g")],
            "",
            id="what is bound and read no more is no reason",
        ),
        pytest.param(
            ERROR,
            [("    return kept", "    finally:\n        del kept\n    return kept")],
            "`kept` may have no value on line 8 of the fixed text",
            id="a name is deleted that is read behind it",
        ),
        pytest.param(
            "from shapes import *\ndef area():\n    return width\n",
            [("return width", "return width * height")],
            "",
            id="a star import may bind anything",
        ),
    ],
)
def test_what_names_mean(text: str, changes: list[tuple[str, str]], reason: str) -> None:
    written, unfixed = after_fix(text, *changes)
    assert unfixed == reason
    assert (written == text) is bool(reason)


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        pytest.param(
            LOOP,
            [("    for row", "    size = len\n    for row"), ("len(row)", "size(row)")],
            id="a new name for a builtin",
        ),
        pytest.param(
            CALLBACK.replace("lambda: len(data)", "len(data)"),
            [("    print(data)\n", "    print(data)\n    del data\n")],
            id="a name is deleted behind its last read",
        ),
        pytest.param(
            LOOP.replace("rows):", "rows=[]):"),
            [("rows=[]", "rows=None"), ("    found = 0", "    if rows is None:\n        rows = []\n    found = 0")],
            id="a guard gives a parameter its value",
        ),
        pytest.param(
            "import json\ndef read(path):\n    file = open(path)\n    found = json.load(file)\n    return found\n",
            [
                ("file = open(path)\n    found", "with open(path) as file:\n        found"),
            ],
            id="a `with` around a value that is read behind it",
        ),
        pytest.param(
            "def f(rows: list):\n    return rows\n",
            [("def f(rows: list)", "import typing\ndef f(rows: typing.List)")],
            id="an import for an annotation",
        ),
        pytest.param(
            "def made():\n    class Box:\n        pass\n    return Box()\n",
            [("def made", "class Box:\n    pass\ndef made"), ("    class Box:\n        pass\n", "")],
            id="a class moves out of a function",
        ),
    ],
)
def test_a_fix_that_keeps_all_names(text: str, changes: list[tuple[str, str]]) -> None:
    written, unfixed = after_fix(text, *changes)
    assert unfixed == ""
    assert written != text


def test_no_line_gets_longer_than_the_longest_of_many() -> None:
    change, many = ("1", f"'{'-' * 80}'"), "#\n" * 100
    withdrawn = "a line would have 86 characters, more than any other of the file"
    assert after_fix(f"{many}a = 1\n", change) == (f"{many}a = 1\n", withdrawn)
    assert after_fix(f"{many}# {'=' * 90}\na = 1\n", change)[1] == ""
    assert after_fix("a = 1\n", change)[1] == ""
