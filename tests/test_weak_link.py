"""The weak link that ML104's fix writes, run: owners go without the collector, and the link reads as before."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from memlint import fixing
from memlint.engine import lint
from memlint.facts.project import Project
from memlint.model import Outcome
from memlint.page import Page
from memlint.registry import find, page
from memlint.source import SourceFile

RULE = find("ML104")


def rewritten(text: str, path: str = "a.py", root: str = "") -> tuple[str, str]:
    """What the fix makes of a file, and the reason where there is none."""

    def linted(source: SourceFile) -> Outcome:
        return lint(source, [RULE], Project(root=root) if root else Project())

    after, outcome = fixing.fixed(SourceFile(path, dedent(text)), linted, unsafe=True)
    assert not outcome.failures
    return after.original, "".join(each.unfixed for each in outcome.findings)


@pytest.fixture
def uncollected() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


PAIR = """
class Child:
    def __init__(self, parent):
        self.parent = parent
        self.depth = self.parent.depth + 1


class Parent:
    def __init__(self):
        self.depth = 0
        self.child = Child(self)
"""
SLOTTED = """
class Child:
    __slots__ = ('depth', 'parent')

    def __init__(self, parent=None):
        self.parent = parent
        self.depth = 0 if parent is None else parent.depth + 1


class Parent:
    def __init__(self):
        self.depth = 0
        self.child = Child(self)
"""
INHERITED = """
class Base:
    def __init__(self, parent):
        self.parent = parent

    @property
    def depth(self):
        return self.parent.depth + 1


class Child(Base):
    pass


class Parent:
    def __init__(self):
        self.depth = 0
        self.child = Child(self)
"""


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("text", [PAIR, SLOTTED, INHERITED])
def test_owners_go_at_once_and_their_children_know_them(text: str) -> None:
    after, _ = rewritten(text)
    names: dict[str, Any] = {}
    exec(compile(after, "a.py", "exec"), names)
    parent = names["Parent"]()
    child, seen = parent.child, weakref.ref(parent)
    assert child.parent is parent
    assert child.depth == 1
    del parent
    assert seen() is None
    assert child.parent is None


@pytest.mark.usefixtures("uncollected")
def test_without_the_fix_owners_stay() -> None:
    names: dict[str, Any] = {}
    exec(PAIR, names)
    parent = names["Parent"]()
    seen = weakref.ref(parent)
    del parent
    assert seen() is not None


def test_a_child_may_still_have_no_owner() -> None:
    names: dict[str, Any] = {}
    exec(rewritten(SLOTTED)[0], names)
    assert names["Child"]().parent is None
    assert names["Child"](None).depth == 0


REASONS: dict[str, tuple[Callable[[str], str], str]] = {
    "written elsewhere": (
        lambda text: text + "\n\ndef move(child, parent):\n    child.parent = parent\n",
        "is written",
    ),
    "named in a string": (lambda text: text + "\n\ndef move(c, p):\n    setattr(c, 'parent', p)\n", "a string names"),
    "looked into": (lambda text: text + "\n\ndef look(child):\n    return vars(child)\n", "`vars` shows"),
    "pickled": (lambda text: "import pickle\n" + text, "copied or pickled"),
    "decorated": (lambda text: "from x import y\n" + text.replace("class Child", "@y\nclass Child"), "a decorator"),
    "of an unknown base": (
        lambda text: "from x import Y\n" + text.replace("Child:", "Child(Y):"),
        "is not to be found",
    ),
    "with a state": (
        lambda text: text.replace("class Child:", "class Child:\n    def __getstate__(self):\n        pass\n"),
        "__getstate__",
    ),
    "with a class attribute": (
        lambda text: text.replace("class Child:", "class Child:\n    parent = None\n"),
        "the body of",
    ),
    "of a tuple": (lambda text: text.replace("class Parent:", "class Parent(tuple):"), "takes no weak references"),
    "of an owner with slots": (
        lambda text: text.replace("class Parent:", "class Parent:\n    __slots__ = ('child', 'depth')"),
        "`__slots__` without",
    ),
    "of an owner with a state": (
        lambda text: text + "\n    def __getstate__(self):\n        return {}\n",
        "copies or pickles the owner",
    ),
    "of an owner with a finalizer": (
        lambda text: text + "\n    def __del__(self):\n        self.child.depth\n",
        "`Parent.__del__`",
    ),
    "given others": (lambda text: text + "\n\ndef make(parent):\n    return Child(parent)\n", "may not live as long"),
    "left alone": (lambda text: text + "\n\ndepth = Parent().child.depth\n", "is made for one expression"),
    "under a condition": (
        lambda text: text.replace(
            "        self.parent = parent", "        if parent:\n            self.parent = parent"
        ),
        "not stored once and for all",
    ),
    "changed": (lambda text: text.replace("self.parent = parent", "self.parent = parent or Child"), "as it was given"),
    "handed on": (
        lambda text: text.replace(
            "+ 1",
            "+ 1\n        atexit_list.append(self.depth_of)\n\n    def depth_of(self):\n        return self.depth",
        ),
        "may keep it for longer",
    ),
}


@pytest.mark.parametrize("name", REASONS)
def test_there_is_no_fix_where_a_link_is(name: str) -> None:
    change, reason = REASONS[name]
    text = dedent(change(PAIR))
    after, told = rewritten(text)
    assert after == text
    assert reason in told


@pytest.mark.parametrize(
    "other",
    [
        "def move(child, parent):\n    child.parent = parent\n",
        "from a import Child\n\n\nclass Further(Child):\n    def __init__(self):\n        super().__init__(1)\n",
        "import copy\n\nfrom a import Child\n\n\ndef double(child: Child):\n    return copy.copy(child)\n",
        "from a import Child\n\nalone = Child(object())\n",
    ],
)
def test_files_beside_are_asked_too(tmp_path: Path, other: str) -> None:
    path = tmp_path / "a.py"
    path.write_text(PAIR, "utf-8")
    assert rewritten(PAIR, str(path), str(tmp_path))[0] != PAIR
    (tmp_path / "b.py").write_text(other, "utf-8")
    assert rewritten(PAIR, str(path), str(tmp_path))[0] == PAIR


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("", "import weakref\n\n\nclass"),
        ('"""Families."""\n', '"""Families."""\n\nimport weakref\n'),
        ("from __future__ import annotations\n", "from __future__ import annotations\n\nimport weakref\n"),
        ("import os\n", "import os\nimport weakref\n"),
        ("import os\nimport zlib\n\nimport yaml\n", "import os\nimport weakref\nimport zlib\n\nimport yaml\n"),
        ("import gc\nimport os\n\nimport yaml\n", "import gc\nimport os\nimport weakref\n\nimport yaml\n"),
        ("import zlib\n", "import weakref\nimport zlib\n"),
        ("# All rights are wrong.\n", "# All rights are wrong.\n"),
    ],
)
def test_the_import_goes_to_the_top(head: str, expected: str) -> None:
    after, _ = rewritten(head + PAIR if head else PAIR.lstrip())
    compile(after, "a.py", "exec")
    assert after.startswith(expected)
    assert after.count("import weakref") == 1


def test_two_classes_of_a_file_may_both_use_the_name() -> None:
    after, reason = rewritten(PAIR + PAIR.replace("Child", "Cousin").replace("Parent", "Aunt"))
    assert not reason
    assert after.count("self._parent = weakref.ref(parent)") == 2
    assert after.count("import weakref") == 1


@pytest.mark.usefixtures("uncollected")
def test_the_first_example_of_the_page_runs() -> None:
    names: dict[str, Any] = {}
    exec(Page(page(RULE).read_text("utf-8")).bad[0].fixed or "", names)
    engine = names["Engine"]()
    monitor, seen = engine.monitor, weakref.ref(engine)
    assert monitor.engine is engine
    del engine
    assert seen() is None
    assert monitor.engine is None
