"""What is common to all formats: their names, and streams that cannot carry everything."""

from __future__ import annotations

import io
import json

import pytest

from memlint.report import FORMATS, loaded, write

from .findings import CYCLE, PEAK, finding, report, sources, written


def test_formats() -> None:
    assert list(FORMATS) == [
        *("full", "concise", "json", "json-lines", "grouped", "markdown"),
        *("github", "gitlab", "azure", "sarif", "rdjson", "junit", "pylint"),
    ]


@pytest.mark.parametrize("place", FORMATS.values())
def test_every_format_can_be_loaded(place: str) -> None:
    assert callable(loaded(place))


def test_unknown_format() -> None:
    with pytest.raises(ValueError, match=r"^no format 'xml'; the formats are full, concise, json, json-lines"):
        written(report(), "xml")


def test_statistics_of_a_format_that_lists_findings() -> None:
    with pytest.raises(ValueError, match=r"^no format 'sarif'; the formats are full, concise, json, json-lines"):
        written(report(), "sarif", statistics=True)


def encoded(format: str, encoding: str) -> bytes:
    """A report with a cycle and an undecodable path, on a stream that refuses what it cannot encode."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding=encoding, errors="strict", newline="\n")
    odd = finding(path="caf\udce9-日.py", message="naïve")
    write(report(CYCLE, odd), format, out, color=True, sources=sources)
    out.flush()
    return raw.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252", "utf-16"])
@pytest.mark.parametrize("format", FORMATS)
def test_no_stream_refuses_a_report(format: str, encoding: str) -> None:
    assert encoded(format, encoding).decode(encoding)


def test_what_a_stream_cannot_carry_is_escaped() -> None:
    lines = encoded("concise", "ascii").decode("ascii")
    assert r"caf\udce9-\u65e5.py" in lines
    assert r"na\xefve" in lines
    assert r"caf\udce9-日.py" in encoded("concise", "utf-8").decode("utf-8")
    assert "Parent.child -> Child.owner -> Parent" in encoded("full", "ascii").decode("ascii")


def test_formats_for_programs_have_no_colors() -> None:
    for format in set(FORMATS) - {"full", "concise", "grouped"}:
        assert written(report(PEAK), format, color=True) == written(report(PEAK), format, color=False)


def test_json_and_json_lines_agree() -> None:
    lines = written(report(PEAK, CYCLE), "json-lines").splitlines()
    assert json.loads(written(report(PEAK, CYCLE), "json")) == [json.loads(line) for line in lines]
