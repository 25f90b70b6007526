"""Messages of low level with the text of something large in them."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile

HEAD = """
import logging
from logging import info as tell
log = logging.getLogger("a")
either = logging.getLogger("b") if log else page
def sent(given):
    numbers = [0] * 5_000_000
    few = [0] * 5
"""


def large(body: str) -> str | None:
    code = HEAD + "".join(f"    {line}\n" for line in body.split("\n"))
    facts = Facts(SourceFile("example.py", code), Tree(SourceFile("example.py", code), ast.parse(code)), Project())
    calls = (node for node in facts.tree.parents if isinstance(node, ast.Call))
    found = next((each for call in calls if (each := facts.log_messages.written_out(call))), None)
    return ast.unparse(found) if found else None


@pytest.mark.parametrize(
    "body",
    [
        "log.debug(f'all: {numbers}')",
        "log.info('all: {}'.format(numbers))",
        "log.info('all: {found}'.format(found=numbers))",
        "log.info('all: %s' % numbers)",
        "log.info('%s of %s' % (few, numbers))",
        "logging.debug(f'{few} {numbers}')",
        "tell(f'all: {numbers}')",
        "logging.getLogger('c').debug(f'all: {numbers}')",
    ],
)
def test_text_is_made_for_nobody(body: str) -> None:
    assert large(body) == "numbers"


@pytest.mark.parametrize(
    "body",
    [
        "log.debug('all: %s', numbers)",
        "log.debug(f'{len(numbers)} in all')",
        "log.debug(f'few: {few}')",
        "log.debug(f'all: {given}')",
        "log.warning(f'all: {numbers}')",
        "given.debug(f'all: {numbers}')",
        "either.debug(f'all: {numbers}')",
        "if given:\n    log.debug(f'all: {numbers}')",
        "if not log.isEnabledFor(10):\n    return\nlog.debug(f'all: {numbers}')",
    ],
)
def test_it_is_not(body: str) -> None:
    assert large(body) is None
