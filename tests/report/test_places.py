from __future__ import annotations

import ntpath
from pathlib import Path

import pytest

from memlint.report.places import below, repository, utf8_column, utf16_column


def test_repository(tmp_path: Path) -> None:
    (tmp_path / "inner" / "deep").mkdir(parents=True)
    deep = str(tmp_path / "inner" / "deep")
    (tmp_path / "inner" / ".git").write_text("gitdir: elsewhere\n")
    assert repository(deep) == str(tmp_path / "inner")
    assert repository(str(tmp_path)) == str(tmp_path)


def test_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.py").touch()
    (tmp_path / "link").symlink_to("real")
    root = str(tmp_path)
    assert below("real/../real/a.py", root) == "real/a.py"
    assert below("../b.py", root) is None
    assert below(str(tmp_path) + "-other/b.py", root) is None
    assert below(str(tmp_path / "link" / "a.py"), str(tmp_path / "real")) == "a.py"


@pytest.mark.parametrize(
    ("path", "inner"),
    [("C:\\work\\app\\a.py", "app/a.py"), ("C:\\elsewhere\\a.py", None), ("D:\\work\\a.py", None)],
)
def test_windows(path: str, inner: str | None) -> None:
    assert below(path, "C:\\work", ntpath) == inner


@pytest.mark.parametrize(
    ("line", "column", "bytes_", "units"),
    [
        ("x = 1", 5, 5, 5),
        ("é = 1", 5, 6, 5),
        ("日本 = 1", 6, 10, 6),
        ("'\U0001f600' + x", 7, 10, 8),
        ("\U0001f600", 1, 1, 1),
        ("\U0001f600", 2, 5, 3),
        ("'\ud800' + x", 7, 9, 7),
        ("", 30, 30, 30),
    ],
)
def test_columns(line: str, column: int, bytes_: int, units: int) -> None:
    assert (utf8_column(line, column), utf16_column(line, column)) == (bytes_, units)
