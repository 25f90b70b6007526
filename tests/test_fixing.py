"""Choosing and applying fixes."""

from __future__ import annotations

from pathlib import Path

import pytest

from memlint import fixing
from memlint.model import Edit, Effect, Failure, Finding, Fix, Outcome, Position, Rewrite, Safety, Severity
from memlint.source import SourceFile


def finding(line: int, text: str, content: str, safety: Safety = Safety.SAFE, code: str = "XX001") -> Finding:
    """A finding on the whole of a line, which its fix replaces."""
    start, end = Position(line, 1), Position(line, len(text) + 1)
    fix = Fix("replace it", safety, (Edit(start, end, content),))
    return Finding(
        "a.py", start, end, code, "x", Effect.KEPT, Severity.ERROR, "x", fix=fix, fingerprint=f"{code}{text}"
    )


def linter(changes: dict[str, str], safety: Safety = Safety.SAFE) -> fixing.Lint:
    """Finds each line that is a key, with a fix that writes the value."""

    def lint(source: SourceFile) -> Outcome:
        lines = enumerate(source.lines, 1)
        return Outcome("a.py", [finding(n, text, changes[text], safety) for n, text in lines if text in changes])

    return lint


def shortener(source: SourceFile) -> Outcome:
    """Finds each letter of the first line; each fix writes the whole line with one letter less."""
    line = source.lines[0]
    findings = [finding(1, line, line[1:], code=f"XX{number:03}") for number in range(len(line))]
    return Outcome("a.py", findings)


def test_fixes_that_overlap_wait_for_the_next_pass() -> None:
    after, outcome = fixing.fixed(SourceFile("a.py", "123\n"), shortener, unsafe=False)
    assert after.original == "\n"
    assert [each.code for each in outcome.fixed] == ["XX002", "XX001", "XX000"]
    assert outcome.findings == []


def test_fixing_ends_after_ten_passes() -> None:
    after, _ = fixing.fixed(SourceFile("a.py", "1234567891234\n"), shortener, unsafe=False)
    assert after.original == "234\n"


def test_unsafe_fixes_are_applied_on_request() -> None:
    source = SourceFile("a.py", "1\n")
    lint = linter({"1": "2"}, Safety.UNSAFE)
    assert fixing.fixed(source, lint, unsafe=False)[0].original == "1\n"
    assert fixing.fixed(source, lint, unsafe=True)[0].original == "2\n"


def test_what_is_only_shown_is_never_applied() -> None:
    assert fixing.fixed(SourceFile("a.py", "1\n"), linter({"1": "2"}, Safety.SHOW), unsafe=True)[0].original == "1\n"


@pytest.mark.parametrize(
    ("text", "changes", "reason"),
    [
        ("a\n", {"a": "a ="}, "the fixed text does not compile: invalid syntax (<unknown>, line 1)"),
        ("a  # why\n", {"a  # why": "b"}, "the fix would drop the comment '# why'"),
        ("a\n", {"a": "a\nb", "b": "c"}, "after the fix XX001 is still found"),
        ("a\n", {"a": "return"}, "the fixed text does not compile: 'return' outside function (<fixed>, line 1)"),
        ("# coding: ascii\na\n", {"a": "'é'"}, "the fixed text does not compile: 'ascii' codec can't encode"),
    ],
)
def test_a_fix_that_fails_its_proof_is_withdrawn(text: str, changes: dict[str, str], reason: str) -> None:
    source = SourceFile.from_bytes("a.py", text.encode())
    after, outcome = fixing.fixed(source, linter(changes), unsafe=False)
    assert after.original == text
    (left,) = outcome.findings
    assert left.fix is None
    assert left.unfixed.startswith(reason)
    assert outcome.fixed == []


def test_one_bad_fix_does_not_hold_up_the_others() -> None:
    changes = {digit: f"{digit}{digit}" for digit in "1234567"} | {"4": "4 +"}
    after, outcome = fixing.fixed(SourceFile("a.py", "\n".join("1234567")), linter(changes), unsafe=False)
    assert after.original == "11\n22\n33\n4\n55\n66\n77"
    assert [each.unfixed for each in outcome.findings] == [
        "the fixed text does not compile: invalid syntax (<unknown>, line 4)"
    ]


def test_of_two_overlapping_fixes_the_first_is_applied() -> None:
    source = SourceFile("a.py", "f(g)\n")
    outer = Edit(Position(1, 1), Position(1, 5), "f()")
    inner = Edit(Position(1, 3), Position(1, 4), "1")

    def lint(at: SourceFile) -> Outcome:
        if at.original != "f(g)\n":
            return Outcome("a.py")
        fixes = [Fix("outer", Safety.SAFE, (outer,)), Fix("inner", Safety.SAFE, (inner,))]
        first = finding(1, "f(g)", "")
        return Outcome("a.py", [Finding(**{**vars(first), "fix": fix, "fingerprint": fix.message}) for fix in fixes])

    after, outcome = fixing.fixed(source, lint, unsafe=False)
    assert after.original == "f()\n"
    assert [each.fix.message for each in outcome.fixed if each.fix] == ["outer"]


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"new\n")
    failure = fixing.write(str(path), Rewrite(fixing.digest(b"old\n"), b"fixed\n", ""))
    assert failure == Failure(str(path), "not fixed: the file changed while memlint ran; run it again")
    assert path.read_bytes() == b"new\n"


def test_diff_of_a_file_without_a_final_newline() -> None:
    before, after = SourceFile("a.py", "x\r\ny"), SourceFile("a.py", "x\r\nz")
    assert fixing.unified_diff(before, after) == (
        "--- a.py\n+++ a.py\n@@ -1,2 +1,2 @@\n x\r\n"
        "-y\n\\ No newline at end of file\n+z\n\\ No newline at end of file\n"
    )
