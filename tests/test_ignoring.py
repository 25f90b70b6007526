"""`--add-ignore` writes comments that silence what is found, and changes nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from memlint.ignoring import ignored
from memlint.model import Effect, Finding, Outcome, Position, Severity
from memlint.source import SourceFile
from tests.command import memlint

REASON = "known before July"


def add(folder: Path, text: str, *arguments: str, encoding: str = "utf-8", reason: str = REASON) -> tuple[str, str]:
    """The file as it is then, and what is told."""
    path = folder / "a.py"
    path.write_bytes(text.encode(encoding))
    done = memlint("check", "--isolated", "--add-ignore", reason, *arguments, "a.py", cwd=folder)
    return path.read_bytes().decode(encoding), done.stdout + done.stderr


BEFORE = '''\
class Ring:
    def __init__(self, clock):
        self.root = self  # memlint: ignore[ML999] old
        self.head = self  # memlint: ignore[ML102] the sentinel
        self.tail = self  # type: ignore
        self.last = \\
            self


def f(x=[], y={}):
    x.append(1)
    y[1] = 2
    return x, y


def g(
    x=[],
    text="a" \\
    """
    """,
):
    x.append(text)
    return x


def h(text="""
    # no comment
    """, x=[]):
    x.append(text)
    return x
'''
AFTER = '''\
class Ring:
    def __init__(self, clock):
        self.root = self  # memlint: ignore[ML999, ML101] old; known before July
        self.head = self  # memlint: ignore[ML102, ML101] the sentinel; known before July
        self.tail = self  # type: ignore  # memlint: ignore[ML101] known before July
        self.last = \\
            self  # memlint: ignore[ML101] known before July


def f(x=[], y={}):  # memlint: ignore[ML201] known before July
    x.append(1)
    y[1] = 2
    return x, y


def g(
    x=[],  # memlint: ignore[ML201] known before July
    text="a" \\
    """
    """,
):
    x.append(text)
    return x


def h(text="""
    # no comment
    """, x=[]):  # memlint: ignore[ML201] known before July
    x.append(text)
    return x
'''


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_comment_stands_where_one_can(tmp_path: Path, newline: str) -> None:
    arguments = ["--select", "ML101,ML201"]
    after, told = add(tmp_path, BEFORE.replace("\n", newline), *arguments)
    assert after == AFTER.replace("\n", newline)
    assert told == "Ignored 8 findings, none remain.\n"
    assert add(tmp_path, after, *arguments) == (after, "No findings in 1 file.\n")


def test_encoding_and_mode_stay(tmp_path: Path) -> None:
    text = "# coding: latin-1\ndef f(é=[]):\n    é.append(1)\n    return é\n"
    (tmp_path / "a.py").touch(mode=0o600)
    after, _ = add(tmp_path, text, encoding="latin-1", reason="schon früher")
    assert after == text.replace("(é=[]):", "(é=[]):  # memlint: ignore[ML201] schon früher")
    assert (tmp_path / "a.py").stat().st_mode & 0o777 == 0o600


def test_a_reason_that_the_file_cannot_hold(tmp_path: Path) -> None:
    text = "# coding: latin-1\ndef f(x=[]):\n    x.append(1)\n    return x\n"
    after, told = add(tmp_path, text, encoding="latin-1", reason="ждать")
    assert after == text
    assert told == (
        "a.py:2:9: ML201 default `[]` of `x` is made once and shared by every call; `x.append` changes it for the next "
        "call: use `None`\n"
        "Found 1 finding: 1 shared.\n"
        "1 fixable with --fix --unsafe-fixes.\n"
        "1 failure: findings may be missing.\n"
        "a.py: ML201: line 2: not ignored: the file is iso-8859-1, which has no letters for the reason; write it in "
        "others\n"
    )


def test_a_patch_shows_what_would_be_written(tmp_path: Path) -> None:
    text = "def f(x=[]):\n    x.append(1)\n    return x\n"
    after, told = add(tmp_path, text, "--diff")
    assert after == text
    assert told == (
        "--- a.py\n+++ a.py\n@@ -1,3 +1,3 @@\n-def f(x=[]):\n"
        "+def f(x=[]):  # memlint: ignore[ML201] known before July\n     x.append(1)\n     return x\n"
    )


def test_standard_input_becomes_standard_output() -> None:
    text = b"def f(x=[]):\n    x.append(1)\n    return x\n"
    done = memlint("check", "--isolated", "--add-ignore", REASON, "-", stdin=text)
    assert done.stdout == text.decode().replace("]):", "]):  # memlint: ignore[ML201] known before July")
    assert done.stderr == "Ignored 1 finding, none remain.\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--add-ignore", " "], 'the reason is missing; write --add-ignore="known before July"'),
        (["--add-ignore", "a\nb"], 'the reason must be one line of text; write --add-ignore="known before July"'),
        (
            ["--add-ignore", "x  # noqa"],
            'the reason must not be a comment to linters itself; write --add-ignore="known before July"',
        ),
        (
            ["--add-ignore", "x", "--fix"],
            "ignores what is found, which --fix may mend; run --fix first, by itself",
        ),
    ],
)
def test_bad_input(tmp_path: Path, arguments: list[str], message: str) -> None:
    done = memlint("check", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"memlint: error: --add-ignore: {message}\n"


def test_what_no_comment_can_silence_is_a_failure() -> None:
    """A linter that finds something inside a string, where no line of it is one that a comment may end."""

    def lint(source: SourceFile) -> Outcome:
        place = Position(1, 1)
        return Outcome(
            "a.py",
            [Finding("a.py", place, place, "XX001", "x", Effect.KEPT, Severity.ERROR, "x", rows=(1, 2))],
        )

    source = SourceFile("a.py", 'x = """\n\n"""\n')
    after, outcome = ignored(source, lint, REASON)
    assert after.original == source.original
    assert [f"{each.path}: {each.rule}: {each.message}" for each in outcome.failures] == [
        "a.py: XX001: line 1: not ignored: no line of its statement can hold a comment"
    ]
