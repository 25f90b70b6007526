"""What is often called a memory fault and is none, or too seldom one: every rule stays silent."""

from __future__ import annotations

import pytest

from memlint.engine import lint
from memlint.facts.project import Project
from memlint.registry import all_rules
from memlint.source import SourceFile

MYTHS = {
    "rows that are only read or rebound": """
def grid(width, height):
    cells = [[0] * width] * height
    return sum(map(sum, cells))


def blank(count):
    rows = [{}] * count
    for index in range(count):
        rows[index] = {"number": index}
    return rows
""",
    "mutable class attributes": """
class Parser:
    keywords = ["if", "else"]
    handlers = {"if": 1}
    seen = set()

    def kinds(self):
        return [self.handlers.get(word) for word in self.keywords if word not in self.seen]
""",
    "a list comprehension where a list is made anyway": """
def shown(rows):
    names = ", ".join([row.name for row in rows])
    return names, sorted([row.size for row in rows]), tuple([row.kind for row in rows])
""",
    "append looked up in the loop": """
def evens(numbers):
    found = []
    for number in numbers:
        if number % 2 == 0:
            found.append(number)
    return found
""",
    "a cache around the bound method, one for each instance": """
import functools


class Table:
    def __init__(self, rows):
        self.rows = rows

    def reader(self):
        return functools.lru_cache(maxsize=100)(self.read)

    def read(self, key):
        return self.rows[key]
""",
    "locals that the end of the function frees anyway": """
def area(points):
    xs = [x for x, _ in points]
    ys = [y for _, y in points]
    width = max(xs) - min(xs)
    height = max(ys) - min(ys)
    return width * height
""",
    "a deep copy of what may be nested": """
import copy


def derived(settings, name):
    mine = copy.deepcopy(settings)
    mine["name"]["first"] = name
    return mine
""",
    "no call of gc.collect": """
def shrink(frames):
    total = 0
    for frame in frames:
        total += frame.size
    del frames
    return total
""",
    "json.loads of what was read": """
import json


def settings(path):
    with open(path) as file:
        return json.loads(file.read())
""",
    "classes without slots": """
class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


def points(rows):
    return [Point(x, y) for x, y in rows]
""",
    "pandas without inplace": """
import pandas as pd


def cleaned(path):
    frame = pd.read_csv(path)
    frame = frame.dropna()
    frame = frame.rename(columns={"a": "b"})
    return frame
""",
    "numpy without out": """
import numpy as np


def scaled(values, low, high):
    return (np.asarray(values) - low) / (high - low) * 2.0 - 1.0
""",
    "attributes set outside __init__": """
class Window:
    def __init__(self):
        self.title = ""

    def show(self, size):
        self.size = size
        self.visible = True
""",
    "raise from": """
class Unreadable(Exception):
    pass


def read(path):
    try:
        return open_it(path)
    except OSError as error:
        raise Unreadable(path) from error


def open_it(path):
    raise OSError(path)
""",
}


@pytest.mark.parametrize("myth", MYTHS)
def test_no_rule_repeats_a_myth(myth: str) -> None:
    outcome = lint(SourceFile("service.py", MYTHS[myth]), all_rules(), Project(), gated=False)
    assert not outcome.failures
    assert [(finding.code, finding.start.line) for finding in outcome.findings] == []
