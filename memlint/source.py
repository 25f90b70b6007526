"""Turns the bytes of a file into text whose lines and columns the rest of memlint counts in."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from memlint.model import Edit, Finding, Position
from memlint.suppressions import Suppression, suppressions

LINE_END = re.compile(r"\r\n|\r|\n")
SHORT_STRING = re.compile(r"""(?<!['"])(['"])(?!\1\1)[^'"\n]*\1""")
UTF8_BOM = b"\xef\xbb\xbf"
NOTEBOOK = ".ipynb"


class Undecodable(Exception):
    """The bytes are not text in the encoding that the file declares."""

    def __init__(self, message: str, line: int, column: int = 1) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class NotPython(Exception):
    """The file is a notebook that is not read; `is_usual` where that is no loss, as it is of another language."""

    def __init__(self, message: str, is_usual: bool) -> None:
        super().__init__(message)
        self.is_usual = is_usual


class Cell(NamedTuple):
    """A code cell of a notebook: its number among all cells, and its first and last line in the text of them all."""

    number: int
    first: int
    last: int
    keeps: bool
    """Whether IPython keeps the value of an expression at its end."""
    shown: str = ""
    """That value as text, where the notebook was saved with it."""


class SourceFile:
    """The text of one file.

    `text` has its line ends made `\\n`, as Python itself reads source: a line ends at LF, CR LF or a lone CR, and
    nowhere else
    (`str.splitlines` breaks at form feeds and U+2028 too). Positions therefore agree with Python's, and edits are
    applied to the original text by line and column.
    """

    cells: tuple[Cell, ...] = ()
    """The code cells of a notebook; none in any other file."""

    def __init__(self, path: str, original: str, encoding: str = "utf-8", bom: bool = False) -> None:
        self.path = path
        self.original = original
        self.written = original
        """The text of the file, which in a notebook is JSON."""
        self.encoding = encoding
        self.bom = bom
        self.text = LINE_END.sub("\n", original) if "\r" in original else original

    @classmethod
    def from_bytes(cls, path: str, data: bytes) -> SourceFile:
        """Decode `data` by its byte order mark or cookie (PEP 263); raises `Undecodable`, of a notebook `NotPython`."""
        if path.endswith(NOTEBOOK):
            from memlint.notebook import Notebook

            return Notebook.from_bytes(path, data)
        try:
            head = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data
            encoding, _ = tokenize.detect_encoding(io.BytesIO(head).readline)
        except SyntaxError as error:
            raise Undecodable(error.msg, 1) from None
        bom = data.startswith(UTF8_BOM)
        try:
            text = data[len(UTF8_BOM) if bom else 0 :].decode("utf-8" if bom else encoding)
        except UnicodeDecodeError as error:
            line = len(LINE_END.findall(data[: error.start].decode("latin-1"))) + 1
            raise Undecodable(f"byte 0x{data[error.start]:02x} is not {encoding}", line) from None
        return cls(path, text, "utf-8" if bom else encoding, bom)

    def to_bytes(self) -> bytes:
        """The bytes to write; raises `UnicodeEncodeError` where the encoding lacks a character."""
        return (UTF8_BOM if self.bom else b"") + self.original.encode(self.encoding)

    @cached_property
    def scanned(self) -> bytes:
        """The text as UTF-8, for the gate."""
        return self.text.encode("utf-8", "surrogatepass")

    @cached_property
    def lines(self) -> list[str]:
        """The lines without their ends; the first is line 1."""
        return self.text.split("\n")

    @cached_property
    def newline(self) -> str:
        """The line end that the file uses, by its first line."""
        found = LINE_END.search(self.original)
        return found.group() if found else "\n"

    @cached_property
    def quote(self) -> str:
        """The mark with which most of the file's short strings begin."""
        marks = SHORT_STRING.findall(self.text)
        return "'" if 2 * marks.count("'") > len(marks) else '"'

    def column(self, line: int, utf8_offset: int) -> int:
        """The column, in characters from 1, of a byte offset that `ast` gives for a line."""
        text = self.lines[line - 1]
        if text.isascii():
            return utf8_offset + 1
        return len(text.encode("utf-8", "surrogatepass")[:utf8_offset].decode("utf-8", "surrogatepass")) + 1

    def between(self, start: Position, end: Position) -> str:
        """The text from `start` up to `end`."""
        if start.line == end.line:
            return self.lines[start.line - 1][start.column - 1 : end.column - 1]
        first = self.lines[start.line - 1][start.column - 1 :]
        last = self.lines[end.line - 1][: end.column - 1]
        return "\n".join([first, *self.lines[start.line : end.line - 1], last])

    def edited(self, edits: Iterable[Edit]) -> SourceFile:
        """This file with the edits made, none of which may overlap; line ends and encoding stay."""
        starts = [0, *(found.end() for found in LINE_END.finditer(self.original))]
        pieces: list[str] = []
        done = 0
        for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
            start, end = (starts[place.line - 1] + place.column - 1 for place in (edit.start, edit.end))
            pieces += self.original[done:start], edit.content.replace("\n", self.newline)
            done = end
        pieces.append(self.original[done:])
        return SourceFile(self.path, "".join(pieces), self.encoding, self.bom)

    def compile(self) -> None:
        """Raises what Python raises of a text that it cannot compile."""
        compile(ast.parse(self.text), "<fixed>", "exec", dont_inherit=True)

    def lines_in(self, cell: int) -> list[str]:
        """The lines of a cell, or of a file that has none."""
        return self.lines

    def confined(self, finding: Finding) -> Finding:
        """The finding, without a fix that reaches further than it may."""
        return finding

    def placed(self, line: int) -> tuple[int, int]:
        """A line as the author of the file counts, and the number of its cell, 0 where there are none."""
        return line, 0

    def told(self, finding: Finding) -> Finding:
        """The finding with its places as the author of the file counts."""
        return finding

    @cached_property
    def placed_comments(self) -> list[tuple[Position, str]]:
        """Place and text of every comment; empty where the text cannot be tokenized."""
        readline = io.StringIO(self.text).readline
        try:
            tokens = list(tokenize.generate_tokens(readline))
        except (tokenize.TokenError, SyntaxError):
            return []
        comments = (token for token in tokens if token.type == tokenize.COMMENT)
        return [(Position(token.start[0], token.start[1] + 1), token.string) for token in comments]

    @cached_property
    def lines_in_strings(self) -> frozenset[int]:
        """The lines that begin inside a string; raises what `tokenize` does where the text is no Python."""
        found: set[int] = set()
        opened: list[int] = []
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            kind = tokenize.tok_name[token.type]
            if kind.endswith("STRING_START"):
                opened.append(token.start[0])
            elif kind.endswith("STRING_END"):
                found.update(range(opened.pop() + 1, token.end[0] + 1))
            elif kind == "STRING":
                found.update(range(token.start[0] + 1, token.end[0] + 1))
        return frozenset(found)

    @cached_property
    def comments(self) -> list[tuple[int, str]]:
        """Line and text of every comment; empty where the text cannot be tokenized."""
        return [(place.line, comment) for place, comment in self.placed_comments]

    @cached_property
    def suppressions(self) -> list[Suppression]:
        """What comments say to memlint, or to all linters."""
        if "memlint:" not in self.text and "noqa" not in self.text.lower():
            return []
        return suppressions(self.placed_comments, self.lines)
