"""Who holds an instance by a callable, and what undoes it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from memlint.facts import Facts
from memlint.facts.class_model import ClassModel
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.facts.registrations import is_ending, words
from memlint.source import SourceFile


def facts_of(code: str, path: str = "example.py", project: Project | None = None) -> Facts:
    source = SourceFile(path, code)
    return Facts(source, Tree(source, ast.parse(code)), project or Project())


def models(facts: Facts) -> list[ClassModel]:
    return [facts.classes.of(node) for node in facts.tree.parents if isinstance(node, ast.ClassDef)]


@pytest.mark.parametrize(
    ("given", "is_held"),
    [
        ("self.m", True),
        ("self", True),
        ("partial(self.m, 1)", True),
        ("partial(print, self)", True),
        ("lambda: self.x", True),
        ("inner", True),
        ("self.x", False),
        ("self.s", False),
        ("lambda: print", False),
        ("partial(print, self.x)", False),
        ("print", False),
    ],
)
def test_held(given: str, is_held: bool) -> None:
    code = f"""
from functools import partial
class C:
    def m(self): ...
    @staticmethod
    def s(): ...
    def n(self):
        def inner(): return self
        use({given})
"""
    facts = facts_of(code)
    calls = facts.registrations.calls
    call = next(each for each in calls if isinstance(each.func, ast.Name) and each.func.id == "use")
    assert (facts.registrations.held(call.args[0]) is not None) is is_held


@pytest.mark.parametrize(
    ("code", "is_single"),
    [
        ("class C: ...\n", False),
        ("class C: ...\nx = C()\n", True),
        ("class C: ...\ndef f():\n    global x\n    x = C()\n", True),
        ("class C: ...\ndef f():\n    return C()\n", False),
        ("class C: ...\ncache = {}\ndef f(k):\n    cache[k] = C()\n", True),
        ("class C(metaclass=Singleton): ...\n", True),
        ("class C:\n    _instance = None\n", True),
        ("class MainServer: ...\n", True),
        ("every = []\nclass C:\n    def __init__(self):\n        every[0] = self\n", True),
        ("class C: ...\nasync def async_setup(hub):\n    hub.data = C()\n", True),
        ("class C: ...\ndef handle(request):\n    request.data = C()\n", False),
        ("from celery import bootsteps\nclass C(bootsteps.Step): ...\n", True),
    ],
)
def test_single(code: str, is_single: bool) -> None:
    facts = facts_of(code)
    (model,) = models(facts)
    assert facts.registrations.is_single(model) is is_single


def test_words() -> None:
    assert words("_shut_down") == ["shut", "down"]
    assert words("web.BaseHTTPServer") == ["base", "http", "server"]
    assert [is_ending(name) for name in ("__exit__", "_flush_on_exit", "async_stop", "update")] == [
        True,
        False,
        True,
        False,
    ]


def test_listeners() -> None:
    code = """
class C:
    def __init__(self, bus):
        bus.on("a", self.m)
        bus.on("b", self.m)
        bus.on("c", print)
        self.handle = bus.on("d", self.m)
    def m(self): ...
    def close(self, bus):
        bus.off("a", self.m)
"""
    facts = facts_of(code)
    (model,) = models(facts)
    found = list(facts.listeners.half_removed(model))
    assert [(added.call.lineno, removed.call.lineno) for added, removed in found] == [(5, 10)]
    assert list(facts.callbacks.of_instances(model)) == []


def test_callbacks() -> None:
    code = """
class Caller:
    def __init__(self, channel, loop):
        self.channel = channel
        loop.add_reader(0, self.ready)
        channel.on("end", lambda: self.ready())

    def ask(self):
        def done(): ...

        self.channel.add_on_close_callback(done)

    def open(self):
        self.channel.add_on_close_callback(lambda: None)

    def ready(self): ...

    def __del__(self): ...
"""
    facts = facts_of(code)
    model = next(iter(facts.classes.models.values()))
    assert [each.told for each in facts.callbacks.of_calls(model)] == ["`done`"]
    assert [each.told for each in facts.callbacks.against_finalizers(model)] == ["`self.ready`"]
    assert [each.owner for each in facts.callbacks.of_instances(model)] == ["loop", "channel"]


@pytest.mark.parametrize(
    ("settings", "is_named"),
    [
        ('backend = "shop.stock:Keeper"\n', True),
        ("backend = 'shop.stock.Keeper'\n", True),
        ('backend = "Keeper"\n', False),
        ('backend = "shop.stock:KeeperOfAll"\n', False),
    ],
)
def test_named_by_settings(tmp_path: Path, settings: str, is_named: bool) -> None:
    (tmp_path / "settings.py").write_text(settings)
    (tmp_path / "stock.py").write_text("class Keeper: ...\n")
    facts = facts_of("class Keeper: ...\n", str(tmp_path / "stock.py"), Project(root=str(tmp_path)))
    (model,) = models(facts)
    assert facts.registrations.is_named_by_settings(model) is is_named


@pytest.mark.parametrize(
    ("code", "lives_on"),
    [
        ("class AccessMiddleware: ...\n", True),
        ("class Access: ...\n", False),
        ('class Access:\n    """For use in unit tests."""\n', True),
        ("class AccessExample: ...\n", True),
        ("class Access: ...\nfor name in NAMES:\n    print(Access(name))\n", True),
        ("class Access: ...\nif __name__ == '__main__':\n    Access()\n", False),
        ("class Access: ...\ndef test():\n    Access()\n", False),
        ("class Access:\n    def copy(self):\n        return type(self)()\nFIRST = Access()\n", False),
        ("class Access:\n    def copy(self):\n        return self.__class__()\nFIRST = Access()\n", False),
        ("class Access:\n    @classmethod\n    def make(cls):\n        cls.instance = cls()\n", True),
        ("LIVE = []\nclass Access:\n    def open(self):\n        LIVE.append(self)\n", True),
        (
            "LIVE = []\nclass Access:\n    def open(self): LIVE.append(self)\n    def end(self): LIVE.remove(self)\n",
            False,
        ),
        ("class AccessClient: ...\n", False),
        ("class Access: ...\ndef f():\n    return Access()\nif __name__ == '__main__':\n    x = Access()\n", False),
    ],
)
def test_lives_on(code: str, lives_on: bool) -> None:
    facts = facts_of(code)
    (model,) = models(facts)
    assert facts.registrations.lives_on(model) is lives_on
