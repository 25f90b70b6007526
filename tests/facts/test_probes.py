"""Which lookups enter what they look for."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

BUS = """from collections import defaultdict
class Bus:
    def __init__(self):
        self.rows = {made}
        {making}
    def enter(self, topic):
        {enter}
    def read(self, topic, status):
        {use}
    def other(self, topic):
        {other}
"""


def probes(
    use: str,
    made: str = "defaultdict(list)",
    other: str = "pass",
    enter: str = "self.rows[topic].append(1)",
    making: str = "pass",
) -> list[str]:
    text = BUS.format(made=made, use=use, other=other, enter=enter, making=making)
    source = SourceFile.from_bytes("example.py", text.encode())
    facts = Facts(source, Tree(source, ast.parse(source.text)), Project())
    lookups = [node for node in ast.walk(facts.tree.module) if isinstance(node, ast.Subscript)]
    return [ast.unparse(probe.lookup) for lookup in lookups if (probe := facts.probes.of(lookup))]


@pytest.mark.parametrize(
    "use", ["return len(self.rows[topic])", "for row in self.rows[topic]: print(row)", "return 1 in self.rows[topic]"]
)
def test_a_value_that_is_only_read_is_entered_for_nothing(use: str) -> None:
    assert probes(use) == ["self.rows[topic]"]


@pytest.mark.parametrize(
    "use",
    ["return self.rows[topic]", "self.rows[topic].append(1)", "return len(self.rows[status])", "len(self.rows[0])"],
)
def test_other_lookups_are_let_be(use: str) -> None:
    assert probes(use) == []


def test_a_dictionary_that_is_pruned_or_plain_is_let_be() -> None:
    use = "return len(self.rows[topic])"
    assert probes(use, other="del self.rows[topic]") == []
    assert probes(use, made="{}") == []
    assert probes(use, made="defaultdict(lambda: 3)") == []


def test_an_index_that_is_made_with_its_owner_knows_its_keys() -> None:
    use = "return len(self.rows[topic])"
    assert probes(use, enter="pass") == []
    assert probes(use, enter="pass", making="self.rows[1].append(2)") == []
    assert probes(use, making="self.enter(1)") == []


def test_keys_of_a_nested_function_come_from_outside_where_it_is_handed_on() -> None:
    inner = "def look(key): return len(self.rows[key])"
    assert probes(f"{inner}\n        return look(1)") == []
    assert probes(f"{inner}\n        return look") == ["self.rows[key]"]


def test_names_of_events_are_few() -> None:
    assert probes("return len(self.rows[topic.event_name])") == []
    assert probes("return len(self.rows[topic.run_name])") == ["self.rows[topic.run_name]"]
