"""Claims answer findings, and the code may contradict them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from memlint.registry import all_rules
from memlint.suppressions import CLAIMS
from tests.command import memlint

TABLE = """\
from fastapi import FastAPI, Request

app = FastAPI()
TENANTS = ("a", "b")
table = {}  # memlint: bounded(max=1000, because="one per tenant")


"""
GROWTH = "ML604,ML618,ML903,ML001"


def told(folder: Path, text: str, select: str) -> list[str]:
    (folder / "a.py").write_text(text)
    done = memlint("check", "--isolated", "-q", "--no-cache", "--select", select, "a.py", cwd=folder)
    return [line.removeprefix("a.py:") for line in done.stdout.splitlines()]


def contradiction(lines: list[str]) -> list[str]:
    return [line.partition("; `bounded` is ")[2] or line.partition("; `singleton` is ")[2] for line in lines]


@pytest.mark.parametrize(
    "text",
    [
        "def enter(tenant_id, value):\n    table[tenant_id] = value\n",
        '@app.get("/{tenant_id}")\ndef show(tenant_id: str):\n    if tenant_id not in TENANTS:\n'
        "        raise KeyError\n    table[tenant_id] = 1\n",
        '@app.get("/")\ndef show(tenant_id: str = Depends(known)):\n    table[tenant_id] = 1\n',
    ],
)
def test_a_bound_that_is_claimed_is_believed(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, TABLE + text, GROWTH) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            '@app.get("/{tenant_id}")\ndef show(tenant_id: str):\n    table[tenant_id] = 1\n',
            "claimed, but `tenant_id` on line 10 comes straight from a request",
        ),
        (
            '@app.get("/")\ndef show(request: Request):\n    user_id = request.headers["X-User"]\n'
            "    table[user_id] = 1\n",
            "claimed, but `user_id` on line 11 comes straight from a request",
        ),
        (
            '@app.get("/{tenant_id}")\ndef show(tenant_id: str):\n    if tenant_id not in table:\n'
            "        table[tenant_id] = 1\n",
            "claimed, but `tenant_id` on line 11 comes straight from a request",
        ),
    ],
)
def test_a_key_of_a_request_contradicts_it(tmp_path: Path, text: str, reason: str) -> None:
    assert contradiction(told(tmp_path, TABLE + text, GROWTH)) == [reason]


def test_the_argument_of_a_cached_function(tmp_path: Path) -> None:
    text = """\
from functools import cache

from flask import Flask, request

app = Flask(__name__)


@cache  # memlint: bounded(max=50, because="one per country")
def name_of(code):
    return code.title()


@app.route("/")
def show():
    return name_of(request.args["code"])
"""
    lines = told(tmp_path, text, "ML602")
    assert contradiction(lines) == ["claimed, but `request.args['code']` on line 15 comes straight from a request"]
    assert told(tmp_path, text.replace('request.args["code"]', '"de"'), "ML602") == []


POOL = """\
class Pool:  # memlint: singleton one a process
    def __init__(self, size):
        self.root = self


"""


@pytest.mark.parametrize(
    "text",
    [
        "pool = Pool(3)\n",
        "def start(sizes):\n    return Pool(max(sizes))\n",
        "def start(sizes):\n    while True:\n        pool = Pool(next(sizes))\n"
        "        if pool:\n            return pool\n",
        'def start(items):\n    for key, size in items:\n        if key == "pool":\n            Pool(size)\n',
        "def others(pools):\n    return [each.Pool for each in pools]\n",
    ],
)
def test_a_singleton_that_is_claimed_is_believed(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, POOL + text, "ML101,ML001") == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("def start(sizes):\n    return [Pool(size) for size in sizes]\n", 7),
        ("for size in (1, 2):\n    Pool(size)\n", 7),
        (
            "def one(size):\n    return Pool(size)\n\n\ndef go(sizes):\n    for size in sizes:\n        one(size)\n",
            7,
        ),
    ],
)
def test_instances_that_are_made_time_and_again_contradict_it(tmp_path: Path, text: str, line: int) -> None:
    lines = told(tmp_path, POOL + text, "ML101")
    assert contradiction(lines) == [f"claimed, but `Pool(size)` on line {line} makes one more each time"]


def test_the_place_may_be_in_another_file(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").touch()
    (tmp_path / "b.py").write_text("from a import Pool\n\n\ndef start(sizes):\n    return [Pool(s) for s in sizes]\n")
    lines = told(tmp_path, POOL, "ML101")
    assert contradiction(lines) == ["claimed, but `Pool(s)` on b.py:5 makes one more each time"]


def test_a_claim_answers_no_other_rule_and_a_contradicted_one_is_in_use(tmp_path: Path) -> None:
    text = TABLE + '@app.get("/{tenant_id}")\ndef show(tenant_id: str):\n    table[tenant_id] = 1\n'
    text = text.replace("table = {}", "rows = [[]] * 2; rows[0].append(1); table = {}")
    lines = told(tmp_path, text, "ALL")
    assert [line.split(" ")[1] for line in lines] == ["ML501", "ML903"]


def test_a_claim_that_nothing_needs_is_unused(tmp_path: Path) -> None:
    text = 'x = {}  # memlint: bounded(max=3, because="few")\n\n\nclass Pool:  # memlint: singleton\n    pass\n'
    assert told(tmp_path, text, "ALL") == [
        "1:9: ML001 [*] no finding needs the claim `bounded`; remove it",
        "4:14: ML001 [*] no finding needs the claim `singleton`; remove it",
    ]
    assert told(tmp_path, text, "ML001,ML604") == []


@pytest.mark.parametrize("word", CLAIMS)
def test_the_readme_names_the_rules_that_a_claim_answers(word: str) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text("utf-8")
    listed = re.search(rf"`{word}`, on the line of .*?\((ML[^)]*)\)", readme, re.DOTALL)
    assert listed is not None
    assert listed[1].split(", ") == [rule.code for rule in all_rules() if word in rule.claims]
