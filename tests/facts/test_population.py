"""How many instances a class has, by the places of its package that make them."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

CLOCK = """
    class Clock:
        def __init__(self, zone=None):
            self.zone = zone
"""


def facts_of(path: Path, folder: Path) -> Facts:
    source = SourceFile(str(path), path.read_text("utf-8"))
    return Facts(source, Tree(source, ast.parse(source.text)), Project(root=str(folder)))


def is_many(folder: Path, files: dict[str, str]) -> bool:
    """Whether there are many instances of the class of `shop/clock.py`."""
    for name, text in {"shop/__init__.py": "", "shop/clock.py": CLOCK, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), "utf-8")
    facts = facts_of(folder / "shop/clock.py", folder)
    model = next(each for each in facts.classes.models.values() if each.node.name == "Clock")
    return facts.population.is_many(model)


MANY = {
    "made in a loop": "def show(zones):\n    return [Clock(zone) for zone in zones]\n",
    "made by what nothing here calls": "def show(zone):\n    return Clock(zone)\n",
    "made by what is called in a loop": """
        def make(zone):
            return Clock(zone)

        def _show(zones):
            for zone in zones:
                make(zone)
    """,
    "made by an instance of which there are many": """
        class Card:
            def __init__(self):
                self.clock = Clock()

        def show(names):
            return [Card() for name in names]
    """,
    "made by a request handler": """
        class Handler:
            def get(self, request):
                return Clock(request.zone)
    """,
}
MANY["put into a table that gives some up"] = """
    class Board:
        def clock(self, zone):
            if zone not in self.clocks:
                self.clocks[zone] = Clock(zone)
            return self.clocks[zone]

        def forget(self, zone):
            self.clocks.pop(zone)
"""
FEW = {
    "nowhere": "",
    "made by the module": "clock = Clock()\n",
    "made in a class body": "class Page:\n    clock = Clock()\n",
    "made by the program": "def main():\n    clock = Clock()\n    clock.start()\n",
    "made by a step of its start": "def setup_clock(app):\n    app.clock = Clock()\n",
    "made by what the program calls once": """
        def show():
            return Clock()

        def main():
            show()
    """,
    "made by an instance of which there is one": """
        class Window:
            def __init__(self):
                self.clock = Clock()

        window = Window()
    """,
    "put into a global": """
        clock = None

        def current():
            global clock
            if clock is None:
                clock = Clock()
            return clock
    """,
    "made where none is there yet": """
        class Board:
            def clock(self, zone):
                if zone not in self.clocks:
                    self.clocks[zone] = Clock(zone)
                return self.clocks[zone]
    """,
    "made behind a cache": """
        import functools

        @functools.cache
        def clock(zone):
            return Clock(zone)
    """,
    "made by another constructor of a part of the program": """
        class Panel:
            def __init__(self):
                self.clock = Clock()

            @classmethod
            def plain(cls):
                return cls()

        class App:
            def __init__(self):
                self.panel = Panel()
    """,
    "made by what gives a program its commands": """
        class Plugin:
            def commands(self):
                return [Clock()]
    """,
    "made where a function is decorated": """
        def timed(func):
            clock = Clock()

            def run(*args):
                clock.start()
                return func(*args)

            return run
    """,
    "made in a loop of a test": "def test_clock():\n    for zone in range(9):\n        Clock(zone)\n",
}


@pytest.mark.parametrize("text", MANY.values(), ids=MANY)
@pytest.mark.parametrize("name", ["shop/clock.py", "shop/page.py"])
def test_many(tmp_path: Path, name: str, text: str) -> None:
    assert is_many(tmp_path, {name: placed(name, text)})


@pytest.mark.parametrize("text", FEW.values(), ids=FEW)
@pytest.mark.parametrize("name", ["shop/clock.py", "shop/page.py"])
def test_few(tmp_path: Path, name: str, text: str) -> None:
    assert not is_many(tmp_path, {name: placed(name, text)})


def placed(name: str, text: str) -> str:
    """The code that makes clocks, in their own file or in another one."""
    before = dedent(CLOCK) if name == "shop/clock.py" else "from shop.clock import Clock\n"
    return before + dedent(text)


@pytest.mark.parametrize("name", ["tests/shop.py", "shop/tests/page.py", "shop/test_page.py"])
def test_files_of_tests_do_not_count(tmp_path: Path, name: str) -> None:
    assert not is_many(tmp_path, {name: placed(name, MANY["made in a loop"])})


@pytest.mark.parametrize("name", ["shop/cli.py", "shop/clockctl.py", "shop/commands/show.py"])
def test_commands_run_once(tmp_path: Path, name: str) -> None:
    assert not is_many(tmp_path, {name: placed(name, "def show(zone):\n    return Clock(zone)\n")})


@pytest.mark.parametrize(
    "before",
    [
        "import ray\n\n@ray.remote\nclass Clock:\n    pass\n",
        "class Clock:\n    def __get__(self, instance, owner):\n        return 1\n",
        "from qtpy.QtWidgets import QLCDNumber\n\nclass Clock(QLCDNumber):\n    pass\n",
        "class Clock:\n    shared = {}\n\n    def __init__(self):\n        self.__dict__ = self.shared\n",
        "import atexit\n\nclass Clock:\n    def __init__(self):\n        atexit.register(self.close)\n",
    ],
    ids=["an actor", "a descriptor", "a part of a window", "of one state", "kept to the end"],
)
def test_instances_that_live_as_long_as_something_else(tmp_path: Path, before: str) -> None:
    text = before + "\n\ndef show(zones):\n    return [Clock() for zone in zones]\n"
    assert not is_many(tmp_path, {"shop/clock.py": text})


def test_without_a_root_the_file_alone_counts(tmp_path: Path) -> None:
    path = tmp_path / "clock.py"
    path.write_text(dedent(CLOCK), "utf-8")
    (tmp_path / "page.py").write_text("from clock import Clock\nclocks = [Clock() for _ in range(9)]\n", "utf-8")
    source = SourceFile(str(path), path.read_text("utf-8"))
    facts = Facts(source, Tree(source, ast.parse(source.text)), Project())
    (model,) = facts.classes.models.values()
    assert not facts.population.is_many(model)
