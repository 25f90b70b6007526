from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from memlint.model import Severity

from . import readers
from .findings import CYCLE, PEAK, SHARED, SYNTAX, finding, report, written


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_issue() -> None:
    (issue,) = readers.gitlab(written(report(SHARED), "gitlab"))
    assert issue == {
        "type": "issue",
        "check_name": "ML401",
        "description": "ML401: every call of `add` shares one list",
        "categories": ["Performance"],
        "severity": "major",
        "fingerprint": "94b448d4920883e30250b469ed6363d7c17ab816ce3137a8fbe9f7001b1c3c2b",
        "location": {"path": "app/gone.py", "lines": {"begin": 3, "end": 5}},
    }


def test_severities() -> None:
    issues = readers.gitlab(written(report(*(finding(severity=each) for each in Severity)), "gitlab"))
    assert [issue["severity"] for issue in issues] == ["info", "major", "critical"]


def test_no_two_findings_have_one_fingerprint() -> None:
    elsewhere = finding(path="other/total.py", fingerprint=PEAK.fingerprint)
    issues = readers.gitlab(written(report(PEAK, PEAK, elsewhere, SYNTAX, SYNTAX, CYCLE), "gitlab"))
    assert len(issues) == 6


def test_a_fingerprint_stays_where_lines_move() -> None:
    moved = finding(fingerprint=PEAK.fingerprint, start=PEAK.start._replace(line=9), end=PEAK.end._replace(line=9))
    one, other = (readers.gitlab(written(report(each), "gitlab"))[0] for each in (PEAK, moved))
    assert one["fingerprint"] == other["fingerprint"]
    assert one["location"] != other["location"]


def test_paths_begin_at_the_repository(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".git").write_text("gitdir: elsewhere\n")
    (folder / "src").mkdir()
    monkeypatch.chdir(folder / "src")
    paths = ["a.py", "../b.py", str(folder / "src" / "c.py"), "caf\udce9.py", os.path.join("..", "..", "d.py"), "-"]
    issues = readers.gitlab(written(report(*(finding(path=path) for path in paths)), "gitlab"))
    assert [issue["location"]["path"] for issue in issues] == [
        *("src/a.py", "b.py", "src/c.py", r"src/caf\udce9.py"),
        (folder.parent / "d.py").as_posix(),
        "-",
    ]


def test_nothing_found() -> None:
    assert json.loads(written(report(), "gitlab")) == []
