"""The text of an open document, whose places the client counts in lines and code units."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from lsprotocol import types

from memlint.model import Outcome, Position
from memlint.source import LINE_END, SourceFile

CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
"""How a position encoding is spelled, and the bytes of one code unit."""


class Client(NamedTuple):
    """What the client can do with a document."""

    encoding: str = "utf-16"
    """In whose code units it counts."""
    reads: types.PublishDiagnosticsClientCapabilities = types.PublishDiagnosticsClientCapabilities()
    """What it can read of a diagnostic."""
    knows_versions: bool = False
    """Whether an edit can be one of a certain version."""
    is_lazy: bool = False
    """Whether it asks for the edit of an action when the action is taken."""


class Document:
    """One version of an open document; a change of its text makes another one."""

    def __init__(self, uri: str, path: str, text: str, version: int, client: Client) -> None:
        self.uri = uri
        self.path = path
        self.text = text
        self.version = version
        self.client = client
        self.epoch = -1
        """When `outcome` was worked out: settings and other files may have changed since."""
        self.outcome = Outcome(path)
        self.pages: dict[str, str] = {}
        """The page of each rule in the outcome, as a URI by code."""

    @cached_property
    def starts(self) -> list[int]:
        """Where in the text each line begins."""
        return [0, *(found.end() for found in LINE_END.finditer(self.text))]

    @cached_property
    def source(self) -> SourceFile:
        return SourceFile(self.path, self.text)

    def line(self, number: int) -> str:
        """A line without its end, nothing beyond the last one; the first is line 0."""
        if number >= len(self.starts):
            return ""
        end = self.starts[number + 1] if number + 1 < len(self.starts) else len(self.text)
        return LINE_END.sub("", self.text[self.starts[number] : end])

    def changed(self, changes: Iterable[types.TextDocumentContentChangeEvent], version: int) -> Document:
        """The document after some changes, each of which counts on those before it."""
        document = self
        for change in changes:
            text = change.text
            if isinstance(change, types.TextDocumentContentChangePartial):
                start, end = (document.offset(place) for place in (change.range.start, change.range.end))
                text = document.text[:start] + text + document.text[end:]
            document = Document(self.uri, self.path, text, version, self.client)
        return document

    def offset(self, place: types.Position) -> int:
        """Where in the text a place is; one beyond the end of its line is at that end."""
        if place.line >= len(self.starts):
            return len(self.text)
        return self.starts[place.line] + self.characters(self.line(place.line), place.character)

    def position(self, place: types.Position) -> Position:
        """A place of the client's as memlint counts."""
        return Position(place.line + 1, self.characters(self.line(place.line), place.character) + 1)

    def place(self, position: Position) -> types.Position:
        """A place of memlint's as the client counts."""
        return types.Position(position.line - 1, self.units(self.line(position.line - 1)[: position.column - 1]))

    def beginning(self, line: int) -> types.Position:
        """Where a line begins; one behind the last begins at the end of the text."""
        if line < len(self.starts):
            return types.Position(line, 0)
        return types.Position(line - 1, self.units(self.line(line - 1)))

    def range(self, start: Position, end: Position) -> types.Range:
        return types.Range(self.place(start), self.place(end))

    def characters(self, line: str, units: int) -> int:
        """How many characters of a line so many code units are."""
        if line.isascii():
            return min(units, len(line))
        codec, width = CODECS[self.client.encoding]
        return len(line.encode(codec, "surrogatepass")[: units * width].decode(codec, "ignore"))

    def units(self, text: str) -> int:
        """How many code units a text has."""
        if text.isascii():
            return len(text)
        codec, width = CODECS[self.client.encoding]
        return len(text.encode(codec, "surrogatepass")) // width
