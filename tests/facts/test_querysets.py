"""Which loops run over all rows of a table, and which counts make objects of them."""

from __future__ import annotations

import ast

import pytest

from memlint.facts import Facts
from memlint.facts.layout import Tree
from memlint.facts.project import Project
from memlint.source import SourceFile


def facts_of(code: str) -> Facts:
    source = SourceFile("a.py", code)
    return Facts(source, Tree(source, ast.parse(code)), Project())


@pytest.mark.parametrize(
    ("query", "is_whole"),
    [
        ("Book.objects.all()", True),
        ("Book.objects.filter(is_old=True, year__lt=last).order_by('year')", True),
        ("library.Book._default_manager.values('name')", True),
        ("Book.objects.filter(author=last)", False),
        ("Book.objects.prefetch_related('authors')", False),
        ("Book.objects.values_list('name', flat=True)", False),
        ("Book.objects.all().iterator()", False),
        ("Book.objects.all()[:9]", False),
        ("BookType.objects.all()", False),
        ("scene.objects.all()", False),
    ],
)
def test_iterated(query: str, is_whole: bool) -> None:
    facts = facts_of(f"def f(last):\n    for book in {query}:\n        print(book.name)\n")
    loop = next(node for node in facts.tree.parents if isinstance(node, ast.For))
    assert (facts.querysets.iterated(loop) is not None) is is_whole


def test_a_loop_that_keeps_the_rows_or_shares_them() -> None:
    facts = facts_of(
        "def f(kept):\n"
        "    for book in Book.objects.all():\n        kept.append(book)\n"
        "    books = Book.objects.all()\n"
        "    for book in books:\n        print(book.name)\n"
        "    return books\n"
    )
    loops = [node for node in facts.tree.parents if isinstance(node, ast.For)]
    assert [facts.querysets.iterated(loop) for loop in loops] == [None, None]


@pytest.mark.parametrize(
    ("call", "counts"),
    [
        ("len(Book.objects.all())", True),
        ("len(Book.objects.filter(author=last))", True),
        ("len(Book.objects.filter(pk__in=last))", False),
        ("len(books)", False),
        ("sum(Book.objects.all())", False),
    ],
)
def test_counted(call: str, counts: bool) -> None:
    facts = facts_of(call)
    node = next(node for node in facts.tree.parents if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    assert (facts.querysets.counted(node) is not None) is counts
