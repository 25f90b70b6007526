"""The benchmark of fixes sows what a safe fix takes out again, and compares tests one by one."""

from __future__ import annotations

from pathlib import Path

from benchmarks.fixes.__main__ import culprits
from benchmarks.fixes.seeds import fixable, seeds, sown
from benchmarks.fixes.suites import changed, outcomes

CODE = """\
def lengths(path, names, keys: dict):
    # süß
    with open(path) as source:
        text = source.read()
    with open(path) as source:
        title = next(source)
        longest = max(len(line) for line in source)
    for number in range(len(names)):
        print(f"{[each for each in names]}", number in keys)
    return {name for name in names}, sum((n for n in range(longest)), 1), text, title
"""

SOWN = """\
def lengths(path, names, keys: dict):
    # süß
    text = open(path).read()

    with open(path) as source:
        title = next(source)
        longest = max([len(list(line)) for line in source.readlines()])
    for number in list(range(len(list(names)))):
        print(f"{[each for each in names]}", number in list(keys))
    return set([name for name in list(names)]), sum([n for n in list(range(longest))], 1), text, title
"""


def test_each_place_gets_the_inverse_of_a_fix() -> None:
    found = seeds(CODE.encode())
    assert sown(CODE.encode(), found).decode() == SOWN


def test_what_is_let_go_of_is_held_again() -> None:
    code = (
        b"def run(f):\n    big = f()\n    try:\n        f(big)\n        del big\n    finally:\n        frame = None\n"
    )
    held = b"def run(f):\n    big = f()\n    try:\n        f(big)\n        pass\n    finally:\n        pass\n"
    assert sown(code, seeds(code)) == held


def test_only_what_memlint_fixes_safely_is_sown(tmp_path: Path) -> None:
    path = tmp_path / "code.py"
    path.write_text(CODE, "utf-8")
    assert [(seed.code, seed.line) for seed in fixable(path, CODE.encode())] == [
        ("ML801", 3),
        ("ML404", 7),
        *[("ML415", line) for line in (8, 9, 10)],
    ]


def test_what_does_not_parse_is_left_alone() -> None:
    assert seeds(b"print 'old'\n") == seeds(b"# -*- coding: latin-1 -*-\nname = '\xfc'\n") == []


def test_outcomes_are_compared_test_by_test(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="t" name="one"/>'
        '<testcase classname="t" name="two"><failure/></testcase>'
        '<testcase classname="t" name="two"><skipped/></testcase></testsuite></testsuites>'
    )
    found = outcomes(report)
    assert found == {"t::one": "passed", "t::two": "failed skipped"}
    assert changed({**found, "t::gone": "passed", "t::odd": "passed"}, {"t::one": "error"}, frozenset({"t::odd"})) == [
        "t::gone: passed -> absent",
        "t::one: passed -> error",
        "t::two: failed skipped -> absent",
    ]


def test_halving_finds_what_changes_an_outcome() -> None:
    assert culprits(list("abcdef"), lambda parts: "b" in parts or "e" in parts) == ["b", "e"]
    assert culprits(list("abcd"), lambda parts: {"a", "d"} <= set(parts)) == ["a", "b", "c", "d"]
    assert culprits(list("ab"), lambda parts: False) == []
