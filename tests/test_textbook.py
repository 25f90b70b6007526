"""The faults as tutorials write them, half of them at module level: `memlint check --select ALL` reports each."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from tests.command import memlint

TEXTBOOK = Path(__file__).parent / "textbook"
EXPECT = re.compile(r"# expect: (.+)")


@pytest.mark.parametrize("path", sorted(TEXTBOOK.glob("*.py")), ids=lambda path: path.stem)
def test_textbook(path: Path, tmp_path: Path) -> None:
    expected = [
        (number, code)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (found := EXPECT.search(line))
        for code in found[1].split(", ")
    ]
    copy = shutil.copy(path, tmp_path / "lesson.py")  # some rules are quiet in folders of tests
    done = memlint("check", "--isolated", "--select", "ALL", "--output-format", "json", copy)
    found = [(finding["location"]["row"], finding["code"]) for finding in json.loads(done.stdout)]
    assert found == expected
