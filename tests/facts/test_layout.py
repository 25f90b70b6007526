"""Where nodes stand, by two independent ways; and the slices that a file is cut into."""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from memlint.facts.layout import DEEPEST, Nodes, Slice, Tree
from memlint.model import Position
from memlint.source import SourceFile

OWN_SOURCES = sorted(Path(ast.__file__).parent.glob("[a-d]*.py"))


def tree_of(text: str) -> Tree:
    return Tree(SourceFile("example.py", text), ast.parse(text))


def only_slice(text: str) -> Slice:
    (part,) = tree_of(text).slices()
    return part


@pytest.mark.parametrize("path", OWN_SOURCES, ids=lambda path: path.stem)
def test_light_positions_equal_those_of_libcst(path: Path) -> None:
    source = SourceFile.from_bytes(str(path), path.read_bytes())
    for part in list(Tree(source, ast.parse(source.text)).slices())[:40]:
        wrapper = MetadataWrapper(part.module, unsafe_skip_copy=True)
        for node, place in wrapper.resolve(PositionProvider).items():
            if isinstance(node, cst.Module):
                continue
            start, end = part.span(node)
            assert (start.line - part.first + 1, start.column - 1) == (place.start.line, place.start.column), node
            assert (end.line - part.first + 1, end.column - 1) == (place.end.line, place.end.column), node


TWINS = {
    cst.FunctionDef: ast.FunctionDef,
    cst.ClassDef: ast.ClassDef,
    cst.Call: ast.Call,
    cst.Attribute: ast.Attribute,
    cst.Subscript: ast.Subscript,
    cst.ListComp: ast.ListComp,
    cst.List: ast.List,
    cst.Dict: ast.Dict,
    cst.Lambda: ast.Lambda,
    cst.For: ast.For,
    cst.While: ast.While,
    cst.With: ast.With,
    cst.Assign: ast.Assign,
    cst.BinaryOperation: ast.BinOp,
    cst.Return: ast.Return,
    cst.Name: ast.Name,
}


@pytest.mark.parametrize("path", OWN_SOURCES, ids=lambda path: path.stem)
def test_every_ast_node_has_a_libcst_twin(path: Path) -> None:
    source = SourceFile.from_bytes(str(path), path.read_bytes())
    for part in list(Tree(source, ast.parse(source.text)).slices())[:40]:
        found: dict[type[ast.AST], set[ast.AST]] = {}
        waiting: list[cst.CSTNode] = [part.module]
        while waiting:
            node = waiting.pop()
            waiting += node.children
            if type(node) in TWINS and (twin := part.twin(node, TWINS[type(node)])):
                found.setdefault(type(twin), set()).add(twin)
        for statement in part.statements:
            for each in ast.walk(statement):
                if type(each) in TWINS.values() and not inside_a_format(each, part.tree):
                    assert each in found[type(each)], ast.unparse(each)


def inside_a_format(node: ast.AST, tree: Tree) -> bool:
    """Whether a node is in an f-string: before Python 3.12 `ast` misplaces it."""
    return any(isinstance(outer, ast.JoinedStr) for outer in tree.ancestors(node))


def test_slices_are_whole_top_level_statements() -> None:
    text = textwrap.dedent("""\
        import os; import sys
        # a comment between

        @decorator(
            1
        )
        def f():
            return '''
        def no_statement(): ...
        '''

        x = [
        1,
        ]; y = 2
    """)
    parts = [(part.first, part.last) for part in tree_of(text).slices()]
    assert parts == [(1, 1), (4, 10), (12, 14)]


def test_columns_count_characters() -> None:
    part = only_slice("x = 'é' + '日本' + name\n")
    name = part.statements[0].value.right  # type: ignore[attr-defined]
    assert part.span(name) == (Position(1, 18), Position(1, 22))


@pytest.mark.parametrize(
    ("text", "depth_of_libcst"),
    [
        ("x = " + " and ".join(["y"] * 300), 300),
        ("x = " + "y.z" + ".z" * 300, 300),
        ("x = (" + "'y' " * 300 + ")", 300),
    ],
)
def test_depth_counts_what_libcst_nests(text: str, depth_of_libcst: int) -> None:
    tree = tree_of(text)
    assert Nodes(tree.source, tree.module).depth >= depth_of_libcst > DEEPEST
    assert tree.is_too_deep


def test_ordinary_code_is_not_deep() -> None:
    docstring = '"""' + 'it\'s "quoted" ' * 400 + '"""'
    tree = tree_of(f"def f():\n    {docstring}\n    return 1\n")
    assert Nodes(tree.source, tree.module).depth < 10
    assert not tree.is_too_deep


def test_slices_are_told_before_the_nodes_are_read() -> None:
    tree = tree_of("x = 1\n\n\ndef f():\n    return x\n")
    parts = list(tree.slices())
    assert [(part.first, part.last) for part in parts] == [(1, 1), (4, 5)]
    assert "_nodes" not in tree.__dict__
    assert [type(node).__name__ for node in parts[1].nodes(ast.Return)] == ["Return"]
    assert "_nodes" in tree.__dict__
