"""Loops over rows that are all fetched before."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def last_loop(code: str) -> tuple[Facts, ast.For | ast.comprehension]:
    source = SourceFile("example.py", code)
    module = ast.parse(code)
    *_, loop = (node for node in ast.walk(module) if isinstance(node, (ast.For, ast.comprehension)))
    return Facts(source, Tree(source, module), Project()), loop


@pytest.mark.parametrize(
    ("code", "is_found"),
    [
        ("c.execute('SELECT a FROM t')\nfor r in c.fetchall(): print(r)", True),
        ("for r in c.execute('SELECT a FROM t').fetchall(): print(r)", True),
        ("for r in c.execute('SELECT a FROM t WHERE b').fetchall(): print(r)", False),
        ("for r in c.execute(text).fetchall(): print(r)", False),
        ("c.execute('SELECT a FROM t')\nfor r in c.fetchall(): c.execute(r)", False),
        ("[r for r in c.execute('SELECT a FROM t').fetchall()]", False),
    ],
)
def test_the_rows_of_a_whole_table_are_fetched_for_one_loop(code: str, is_found: bool) -> None:
    facts, loop = last_loop(code)
    assert (facts.rows.fetched(loop) is not None) is is_found


@pytest.mark.parametrize(
    ("loop", "is_found"),
    [
        ("for b in session.query(Book).all(): print(b)", True),
        ("for b in session.scalars(select(Book)).all(): print(b)", True),
        ("for b in session.query(Book).filter(x).all(): print(b)", False),
        ("for b in session.query(Book).all(): b.name = 1", False),
        ("for b in session.query(Book).all(): session.commit()", False),
        ("for b in session.query(Book).all(): out.write(b.name)", True),
        ("for b in session.query(Book).all(): told(b.name)", False),
        ("for b in session.query(Book).all(): cls.tell(b.name)", False),
    ],
)
def test_the_entities_of_a_whole_table_are_made_for_one_loop(loop: str, is_found: bool) -> None:
    facts, node = last_loop("from sqlalchemy import select\nfrom shop import told\n" + loop)
    assert (facts.rows.mapped(node) is not None) is is_found


@pytest.mark.parametrize(
    ("loop", "is_light"),
    [
        ("for b in session.query(Book).all(): print(b.name)", False),
        ("for b in session.query(self.dao.model).all(): print(b.name)", False),
        ("for b in session.query(Book.id, Book.name).all(): print(b.name)", True),
        ("x = [{'id': b.id, 'name': b.name} for b in session.query(Book).all()]", True),
        ("x = [b.name for b in session.query(Book).all()]", False),
    ],
)
def test_rows_that_are_light_or_kept_in_parts(loop: str, is_light: bool) -> None:
    facts, found = last_loop("import sqlalchemy\n" + loop)
    mapped = facts.rows.mapped(found)
    assert mapped is not None
    assert (facts.rows.is_of_columns(mapped.source) or facts.rows.is_kept_in_parts(found)) is is_light
