"""A list of weak references that becomes a `WeakSet`: who is alive is met alike, who is gone leaves nothing; and what
is left alone."""

from __future__ import annotations

from typing import Any

import pytest

from memlint.engine import lint
from memlint.facts.project import Project
from memlint.fixing import fixed
from memlint.model import Outcome
from memlint.registry import all_rules
from memlint.source import SourceFile
from memlint.testing import findings

RULES = [rule for rule in all_rules() if rule.code == "ML623"]

INSTANCE = """
import weakref

class Subject:
    def __init__(self):
        self._observers = []

    def attach(self, observer):
        self._observers.append(weakref.ref(observer))

    def notify(self):
        for reference in self._observers:
            observer = reference()
            if observer is not None:
                # Whoever is there.

                observer.told = '''told
        twice'''
                if observer:
                    self.last = observer.told

class Observer:
    told = ""

def run():
    subject, one, other = Subject(), Observer(), Observer()
    subject.attach(one)
    subject.attach(other)
    subject.attach(Observer())
    subject.notify()
    del other
    subject.notify()
    return (one.told, subject.last), one, subject
"""
MODULE = """
from weakref import ref as weak

_made = set()

class Thing:
    count = 0

    def __init__(self):
        _made.add(weak(self))

def count(by):
    for each in _made:
        thing = each()
        if thing is None:
            continue
        thing.count += by
        by += 1

def run():
    things = [Thing(), Thing(), Thing()]
    things.pop()
    count(1)
    return sorted(each.count for each in things), things, None
"""


def rewritten(code: str) -> str:
    """The code with all the fixes that it has."""

    def look(source: SourceFile) -> Outcome:
        return lint(source, RULES, Project(), parse=True)

    return fixed(SourceFile("example.py", code), look, unsafe=True)[0].original


@pytest.mark.parametrize(("code", "before", "after"), [(INSTANCE, 3, 1), (MODULE, 3, 2)])
def test_the_living_are_met_alike_and_the_dead_are_gone(code: str, before: int, after: int) -> None:
    told = []
    for text, left in ((code, before), (rewritten(code), after)):
        names: dict[str, Any] = {}
        exec(text, names)
        given, _alive, subject = names["run"]()
        assert len(subject._observers if subject else names["_made"]) == left
        told.append(given)
    assert told[0] == told[1]


HEAD = "import weakref\n\nclass Subject:\n    def __init__(self):\n        self._all = []\n\n"
ADD = "    def add(self, item):\n        self._all.append(weakref.ref(item))\n\n    def go(self, refs):\n"


@pytest.mark.parametrize(
    "lines",
    [
        "return [each() for each in self._all]",
        "for each in reversed(self._all): print(each())",
        "for each in self._all:\n  found = each()\n  if found: print(found)",
        "for each in self._all:\n  found = each()\n  if found is not None: print(found)",
        "for each in self._all:\n  found = each()\n  if found is not None:\n    print(found, each)",
        "for each in self._all:\n  found = each()\n  if found is not None:\n    print(found)\nprint(found)",
        "for each in self._all:\n  found = each()\n  if found is not None:\n    print(found)\n  else:\n    print()",
        "for each in self._all:\n  found = each()\n  # alive\n  if found is not None:\n    print(found)",
        "for each in self._all:\n  found = each()\n  if found is not None:\n    print(found)\nelse:\n  print()",
        "for each in self._all:\n  found = each()\n  if found is None:\n    return\n  print(found)",
        "for (each) in self._all:\n  found = each()\n  if found is not None:\n    print(found)",
        "self._all.insert(0, weakref.ref(refs))",
        "self._all.append(weakref.WeakMethod(refs))",
        "print(getattr(self, '_all'))",
        "print(refs._all)",
        "list = print\nfor each in self._all:\n  found = each()\n  if found is not None:\n    print(found)",
    ],
)
def test_a_list_stays_that_is_used_for_more(lines: str) -> None:
    code = HEAD + ADD + "".join(f"        {line}\n" for line in lines.split("\n"))
    assert [(finding.fix, bool(finding.unfixed)) for finding in findings(code, *RULES)] in ([], [(None, True)])


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("self._all", "self.all", "`all` has no underscore in front"),
        ("import weakref\n", "if __debug__:\n    import weakref\n", "`weakref.WeakSet` cannot be imported here"),
        ("weakref.ref(item)", "weakref.ref(self)", "`_all` is used for more"),
        ("self._all = []", "self._all = self.none = []", "`_all` is not made empty"),
    ],
)
def test_a_list_stays_that_others_may_use_or_that_a_set_may_not_be(old: str, new: str, reason: str) -> None:
    code = HEAD + "    def __eq__(self, other):\n        return True\n\n" + ADD + "        print()\n"
    (finding,) = findings(code.replace(old, new), *RULES)
    assert finding.fix is None
    assert reason in finding.unfixed
