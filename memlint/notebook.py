"""Reads the code cells of a notebook as one source text, and writes what is edited there back into the JSON."""

from __future__ import annotations

import ast
import bisect
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from memlint.magics import is_python, masked
from memlint.model import Edit, Finding, Position, Related
from memlint.source import LINE_END, UTF8_BOM, Cell, NotPython, SourceFile, Undecodable

OLDEST = 4
"""The format of notebooks in which cells are a list of their own, since 2015."""

PYTHON = re.compile(r"i?python3?", re.IGNORECASE)
SEPARATORS = re.compile(r"[ \t\r\n,:]*")
LINES = re.compile(r"[^\n]*\n|[^\n]+")
INDENTED = re.compile(r"(?:[ \t]*\n)*[ \t]+\S")
HEADER = "if _:"
"""What is put in front of a cell that is indented as a whole, which IPython accepts."""

ACROSS = "the fix would change another cell"
DECODER = json.JSONDecoder()


class Notebook(SourceFile):
    """A notebook whose code cells, joined by line ends, are the source text.

    `written` is the notebook's JSON; `sources` are what its code cells hold, and `shown` the values that they were
    saved with, both by the numbers of the cells. In `text` magics are masked; `cells` says which lines are whose.
    """

    def __init__(
        self,
        path: str,
        written: str,
        sources: Mapping[int, str],
        shown: Mapping[int, str] | None = None,
        bom: bool = False,
    ) -> None:
        super().__init__(path, "\n".join(sources.values()), bom=bom)
        self.written = written
        self.sources = sources
        self.shown = shown or {}
        texts, cells, line = [], [], 1
        for number, source in sources.items():
            text, keeps = masked(LINE_END.sub("\n", source))
            if INDENTED.match(text) and not is_python(text):
                texts.append(HEADER)
                line += 1
            last = line + text.count("\n")
            texts.append(text)
            cells.append(Cell(number, line, last, keeps, self.shown.get(number, "")))
            line = last + 1
        self.text = "\n".join(texts)
        self.cells = tuple(cells)

    @classmethod
    def from_bytes(cls, path: str, data: bytes) -> Notebook:
        """Read a notebook; raises `Undecodable` for what is none, `NotPython` for one of another language."""
        bom = data.startswith(UTF8_BOM)
        try:
            written = data[len(UTF8_BOM) if bom else 0 :].decode("utf-8")
            document = json.loads(written)
        except UnicodeDecodeError as error:
            line = len(LINE_END.findall(data[: error.start].decode("latin-1"))) + 1
            raise Undecodable(f"byte 0x{data[error.start]:02x} is not utf-8", line) from None
        except json.JSONDecodeError as error:
            raise Undecodable(f"a notebook is JSON, and this is none: {error.msg}", error.lineno, error.colno) from None
        except ValueError as error:
            raise Undecodable(f"this JSON cannot be read: {error}", 1) from None
        except RecursionError:
            raise Undecodable("this JSON is nested too deeply", 1) from None
        cells = dict(code(document))
        sources = {number: text(cell.get("source", "")) for number, cell in cells.items()}
        shown = {number: value(cell) for number, cell in cells.items()}
        return cls(path, written, sources, shown, bom)

    @cached_property
    def scanned(self) -> bytes:
        """The text as UTF-8, and a null byte, by which a gate tells that this is a notebook."""
        return super().scanned + b"\0"

    def to_bytes(self) -> bytes:
        return (UTF8_BOM if self.bom else b"") + self.written.encode("utf-8")

    def compile(self) -> None:
        """Compile cell by cell, as IPython does: each may begin with `__future__` imports, and await."""
        done = 0
        for cell in self.cells:
            text = "\n".join(self.lines[done : cell.last])
            done = cell.last
            compile(text, "<fixed>", "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)

    def cell_at(self, line: int) -> Cell:
        return self.cells[bisect.bisect_right(self.cells, line, key=lambda cell: cell.first) - 1]

    def lines_in(self, cell: int) -> list[str]:
        """The lines of a cell as its author wrote them."""
        return LINE_END.split(self.sources[cell]) if cell in self.sources else []

    def edited(self, edits: Iterable[Edit]) -> Notebook:
        """This notebook with the edits made, each of which lies in one cell; all else in the file stays."""
        by_cell: dict[int, list[Edit]] = {}
        for edit in edits:
            cell = self.cell_at(edit.start.line)
            by_cell.setdefault(cell.number, []).append(moved(edit, cell))
        changed = {
            number: SourceFile(self.path, self.sources[number]).edited(inside).original
            for number, inside in by_cell.items()
        }
        written = self.written
        for number in sorted(changed, reverse=True):
            written = rewritten(written, number, changed[number])
        return Notebook(self.path, written, {**self.sources, **changed}, self.shown, self.bom)

    def confined(self, finding: Finding) -> Finding:
        """The finding, without a fix that would change another cell than the one it is in."""
        if finding.fix is None:
            return finding
        cell = self.cell_at(finding.start.line)
        lines = {place.line for edit in finding.fix.edits for place in (edit.start, edit.end)}
        if all(cell.first <= line <= cell.last for line in lines):
            return finding
        return replace(finding, fix=None, unfixed=ACROSS)

    def placed(self, line: int) -> tuple[int, int]:
        cell = self.cell_at(line)
        return line - cell.first + 1, cell.number

    def told(self, finding: Finding) -> Finding:
        cell = self.cell_at(finding.start.line)
        fix = finding.fix
        return replace(
            finding,
            cell=cell.number,
            start=within(finding.start, cell),
            end=within(finding.end, cell),
            fix=fix and fix._replace(edits=tuple(moved(edit, cell) for edit in fix.edits)),
            related=tuple(self.related(each) if each.path == self.path else each for each in finding.related),
            rows=tuple(row - cell.first + 1 for row in finding.rows),
        )

    def related(self, place: Related) -> Related:
        cell = self.cell_at(place.start.line)
        return place._replace(cell=cell.number, start=within(place.start, cell), end=within(place.end, cell))


def within(place: Position, cell: Cell) -> Position:
    """A place as it is counted in its cell."""
    return Position(place.line - cell.first + 1, place.column)


def moved(edit: Edit, cell: Cell) -> Edit:
    return edit._replace(start=within(edit.start, cell), end=within(edit.end, cell))


def code(document: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    """Every code cell of a notebook's JSON in order, with its number."""
    document = document if isinstance(document, dict) else {}
    cells, version = document.get("cells"), document.get("nbformat")
    if isinstance(version, int) and version < OLDEST:
        raise NotPython(f"a notebook of format {version}, which `jupyter nbconvert --to notebook` renews", False)
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise Undecodable("a notebook has a list of `cells`, and this JSON has none", 1)
    if language := foreign(document.get("metadata")):
        raise NotPython(f"a notebook of {language}", True)
    for number, cell in enumerate(cells, 1):
        if cell.get("cell_type") == "code" and not foreign(cell.get("metadata")):
            yield number, cell


def text(parts: Any) -> str:
    """A text, which a notebook may hold as a list of its lines."""
    if isinstance(parts, list):
        return "".join(part for part in parts if isinstance(part, str))
    return parts if isinstance(parts, str) else ""


def value(cell: dict[str, Any]) -> str:
    """The value that a cell was saved with, as text."""
    outputs = cell.get("outputs")
    for output in outputs if isinstance(outputs, list) else ():
        if isinstance(output, dict) and output.get("output_type") == "execute_result":
            data = output.get("data")
            return text(data.get("text/plain", "")) if isinstance(data, dict) else ""
    return ""


def foreign(metadata: Any) -> str:
    """The language that the metadata of a notebook or cell names, where that is not Python 3."""
    if not isinstance(metadata, dict):
        return ""
    info, kernel, editor = (
        part if isinstance(part := metadata.get(key), dict) else {} for key in ("language_info", "kernelspec", "vscode")
    )
    language = str(info.get("name") or kernel.get("language") or editor.get("languageId") or "")
    if language and not PYTHON.fullmatch(language):
        return language
    is_old = str(info.get("version", "")).startswith("2.") or kernel.get("name") == "python2"
    return "Python 2" if is_old else ""


def rewritten(written: str, number: int, source: str) -> str:
    """The JSON of a notebook with another source in a cell: a text or a list of lines, spaced as the old one was."""
    begin = end = 0
    for key in ("cells", number - 1, "source"):
        begin, end = dict(members(written, begin))[key]
    is_escaped = written.isascii() and "\\u" in written
    if written[begin] == '"':
        return written[:begin] + json.dumps(source, ensure_ascii=is_escaped) + written[end:]
    spans = [span for _, span in members(written, begin)]
    known = {json.loads(raw): raw for start, stop in spans if (raw := written[start:stop])[0] == '"'}
    lines = [known.get(line) or json.dumps(line, ensure_ascii=is_escaped) for line in LINES.findall(source)]
    opening = written[begin : spans[0][0]]
    separator = written[spans[0][1] : spans[1][0]] if len(spans) > 1 else "," + opening[1:]
    return written[:begin] + opening + separator.join(lines) + written[spans[-1][1] :]


def members(written: str, start: int) -> Iterator[tuple[str | int, tuple[int, int]]]:
    """The keys or indices of the JSON object or list at `start`, and where each value begins and ends."""
    start = behind(written, start)
    is_object = written[start] == "{"
    key: str | int
    place = behind(written, start + 1)
    index = 0
    while written[place] not in "]}":
        key = index
        if is_object:
            key, place = DECODER.raw_decode(written, place)
            place = behind(written, place)
        end = DECODER.raw_decode(written, place)[1]
        yield key, (place, end)
        place = behind(written, end)
        index += 1


def behind(written: str, place: int) -> int:
    """The next place in some JSON where neither blanks nor separators stand."""
    found = SEPARATORS.match(written, place)
    return found.end() if found else place
