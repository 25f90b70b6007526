"""What is moved to where it is made once: it runs alike, two of a name do not collide, and what is left alone."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import pytest

from memlint.engine import lint
from memlint.facts.project import Project
from memlint.fixing import fixed
from memlint.model import Outcome
from memlint.registry import all_rules
from memlint.source import SourceFile
from memlint.testing import findings

RULES = [rule for rule in all_rules() if rule.code in ("ML105", "ML112", "ML926")]


def rewritten(code: str) -> str:
    """The code with all the fixes that it has."""

    def look(source: SourceFile) -> Outcome:
        return lint(source, RULES, Project(), parse=True)

    return fixed(SourceFile("example.py", dedent(code)), look, unsafe=True)[0].original


def run(code: str, function: str, *arguments: object) -> object:
    names: dict[str, Any] = {}
    exec(code, names)
    return names[function](*arguments)


def reason(code: str) -> str:
    """Why the one finding has no fix."""
    (finding,) = findings(dedent(code), *RULES)
    assert finding.fix is None
    return finding.unfixed


TWINS = """
def total(parts):
    def add(part):
        return sum(map(add, part)) if isinstance(part, list) else part

    return add(parts)


def count(parts):
    def add(part):
        return sum(map(add, part)) if isinstance(part, list) else 1

    return add(parts)
"""
SHARED_OUTER = """
class Tall:
    def size(self, parts):
        def add(part):
            return sum(map(add, part)) if isinstance(part, list) else part

        return add(parts)


class Wide:
    def size(self, parts):
        def add(part):
            return sum(map(add, part)) if isinstance(part, list) else 1

        return add(parts)


def sizes(parts):
    return Tall().size(parts), Wide().size(parts)
"""
TOLD = '''
def told(parts):
    indent = 2

    def tell(part, level=0):
        """What is told of a part,
        level by level."""
        if not isinstance(part, list):
            return f"{' ' * level}{part}"
        return """[
    """ + ", ".join(f"{tell(each, level + 1)}" for each in part) + "]"

    return tell(parts) + " " * indent
'''
CAPTURING = """
def flat(parts):
    found = []

    def add(part):
        for each in part if isinstance(part, list) else ():
            add(each)
        if not isinstance(part, list):
            found.append(part)

    add(parts)
    return found
"""
PARTS = [1, [2, [3, 4]], 5]


@pytest.mark.parametrize(
    ("code", "function"),
    [(TWINS, "total"), (TWINS, "count"), (SHARED_OUTER, "sizes"), (TOLD, "told"), (CAPTURING, "flat")],
)
def test_the_rewritten_code_runs_alike(code: str, function: str) -> None:
    after = rewritten(code)
    assert after != code
    assert run(after, function, PARTS) == run(code, function, PARTS)


def test_functions_of_one_name_get_names_of_their_own() -> None:
    assert [line for line in rewritten(TWINS).split("\n") if line.startswith("def ")] == [
        "def _add(part):",
        "def total(parts):",
        "def _count_add(part):",
        "def count(parts):",
    ]


def test_a_function_goes_in_front_of_overloads_and_below_the_first_lines() -> None:
    code = """\
    #!/usr/bin/env python
    # The first definition of the file.
    from typing import overload


    # Depth of a tree.
    @overload
    def depth(tree: list) -> int: ...
    @overload
    def depth(tree: None) -> None: ...
    def depth(tree):
        def deepest(node):
            return 1 + max(map(deepest, node), default=0)

        return deepest(tree) if tree else None
    """
    assert rewritten(code) == dedent("""\
    #!/usr/bin/env python
    # The first definition of the file.
    from typing import overload


    def _deepest(node):
        return 1 + max(map(_deepest, node), default=0)


    # Depth of a tree.
    @overload
    def depth(tree: list) -> int: ...
    @overload
    def depth(tree: None) -> None: ...
    def depth(tree):
        return _deepest(tree) if tree else None
    """)


NESTED = """
def depth(tree):
    def deepest(node{parameters}):
        {line}
        return 1 + max(map(deepest, node), default=0)

    {use}
    return map(deepest, tree)
"""


@pytest.mark.parametrize(
    ("parameters", "line", "use", "expected"),
    [
        (", seen=tree", "pass", "", "a default of `deepest` would be made once"),
        ("", '">>> deepest([])"', "", "`deepest` has examples, which would be run as tests"),
        ("", "print(tree)", "", "`deepest` captures `tree`"),
        (": Node", "pass", "Node = 1", "`deepest` captures `Node`"),
        (": Node", "pass", "", "an annotation of `deepest` is bound later"),
        ("", "pass", "print(vars())", "the function looks at its locals"),
        ("", "pass", "print(deepest)", "`deepest` is not only called"),
        ("", "nonlocal tree", "", "`deepest` rebinds a variable of the function around it"),
        ("", "print(__class__)", "", "`deepest` uses the class around it"),
    ],
)
def test_a_function_stays_that_the_module_would_make_another(
    parameters: str, line: str, use: str, expected: str
) -> None:
    assert reason(NESTED.format(parameters=parameters, line=line, use=use)).split("; ")[0] == expected


@pytest.mark.parametrize(
    ("made", "use", "expected"),
    [
        ('namedtuple("Row", columns)', "Row(1)", "`columns` is bound in the function, or later"),
        ('namedtuple("Row", tuple("ab"))', "Row(1)", "`tuple('ab')` would be made once"),
        ('namedtuple("Line", "a b")', "Row(1)", "the class is not bound to the name that it is given, alone"),
        ('namedtuple("Row", "a b")', 'Row(1), globals()["Row"]', "the module has another `Row`"),
    ],
)
def test_a_class_stays_that_is_another_each_time(made: str, use: str, expected: str) -> None:
    code = f"""
    from collections import namedtuple

    def rows(columns):
        Row = {made}
        return {use}
    """
    assert reason(code) == expected


@pytest.mark.parametrize(
    ("wrapped", "expected"),
    [
        ("late", "`late` is not bound once, in front of the loop"),
        ("lambda data: data * scale", "`scale` may change, and a trace keeps what it was"),
    ],
)
def test_a_wrapper_stays_that_is_another_at_each_turn(wrapped: str, expected: str) -> None:
    code = f"""
    import tensorflow as tf

    def run(batches, scale):
        if scale:
            late = print
        for batch in batches:
            print(tf.function({wrapped})(batch))
    """
    assert reason(code) == expected
