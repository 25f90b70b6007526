"""Which cache stands around a function, and how much it keeps."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

IMPORTS = "import cachetools\nimport functools\nfrom async_lru import alru_cache\nSIZE = 2**4\n"


def facts_of(text: str) -> Facts:
    source = SourceFile.from_bytes("example.py", text.encode())
    return Facts(source, Tree(source, ast.parse(text)), Project())


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [
        ("functools.cache", ("endless", "cache", None, True)),
        ("functools.lru_cache", ("sized", "lru_cache", 128, False)),
        ("functools.lru_cache()", ("sized", "lru_cache", 128, False)),
        ("functools.lru_cache(maxsize=None)", ("sized", "lru_cache", None, True)),
        ("functools.lru_cache(SIZE)", ("sized", "lru_cache", 16, False)),
        ("functools.lru_cache(maxsize=size())", ("sized", "lru_cache", None, False)),
        ("alru_cache", ("awaiting", "alru_cache", 128, False)),
        ("cachetools.cached(cache={})", ("given", "cached", None, True)),
        ("cachetools.cached(cachetools.LRUCache(maxsize=9))", ("given", "cached", 9, False)),
        ("functools.cached_property", ("property", "cached_property", None, False)),
    ],
)
def test_a_cache_is_known_by_its_decorator(decorator: str, expected: tuple[str, str, int | None, bool]) -> None:
    facts = facts_of(f"{IMPORTS}@{decorator}\n@staticmethod\n@odd\ndef load(key): ...\n")
    function = facts.tree.module.body[-1]
    assert isinstance(function, ast.FunctionDef)
    found = facts.caching.of(function)
    assert found is not None
    assert (found.kind, found.name, found.limit, found.is_endless) == expected
    assert found.inner == ("", "builtins.staticmethod")


def test_a_decorator_of_the_project_is_no_known_cache() -> None:
    facts = facts_of("from project import cache\n@cache\ndef load(key): ...\n")
    function = facts.tree.module.body[-1]
    assert isinstance(function, ast.FunctionDef)
    assert facts.caching.of(function) is None


@pytest.mark.parametrize(
    ("parameter", "is_wide"),
    [
        ("body: bytes", True),
        ("url", True),
        ("day: datetime.datetime", True),
        ("number: uuid.UUID", True),
        ("name: str", False),
        ("key_data: bytes", False),
        ("secret_url: str", False),
    ],
)
def test_some_parameters_take_what_comes_from_outside(parameter: str, is_wide: bool) -> None:
    facts = facts_of(f"import datetime, uuid\ndef load({parameter}): ...\n")
    function = facts.tree.module.body[-1]
    assert isinstance(function, ast.FunctionDef)
    assert facts.caching.is_wide(function.args.args[0]) is is_wide


@pytest.mark.parametrize(
    ("body", "use", "is_kept"),
    [
        ("return url.upper()", "print(load(1))", False),
        ("return url.upper()", "load(1) is load(2)", True),
        ("return read(url)", "load(1).append(2)", True),
        ("return read(url)", "load(1)[2] = 3", True),
        ("return threading.Lock()", "pass", True),
        ("found = {}; return found", "pass", True),
    ],
)
def test_results_that_must_stay_the_same_objects(body: str, use: str, is_kept: bool) -> None:
    facts = facts_of(f"import threading\ndef load(url):\n    {body}\n{use}\n")
    function = facts.tree.module.body[1]
    assert isinstance(function, ast.FunctionDef)
    assert bool(facts.caching.identity(function)) is is_kept


@pytest.mark.parametrize(
    ("code", "is_few", "is_alone"),
    [
        ("class C: pass\n", False, False),
        ("class PoolManager: pass\n", True, False),
        ("class AppRouter: pass\n", True, True),
        ("class C(BasePlugin): pass\n", False, True),
        ("class C(metaclass=Singleton): pass\n", True, True),
        ("class C: pass\nc = C()\n", True, True),
        ("import logging\nclass C(logging.LoggerAdapter): pass\n", False, True),
    ],
)
def test_how_many_instances_of_a_class_a_program_has(code: str, is_few: bool, is_alone: bool) -> None:
    facts = facts_of(code)
    (node,) = (each for each in facts.tree.module.body if isinstance(each, ast.ClassDef))
    model = facts.classes.of(node)
    assert (facts.caching.is_one_of_few(model), facts.caching.is_alone(model)) == (is_few, is_alone)
