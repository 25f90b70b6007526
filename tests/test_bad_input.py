"""Whatever a file holds, and whatever happens to it: a clear line, no traceback, no signal, nothing lost."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from memlint import run
from memlint.settings import Settings
from tests.command import heed_interrupts, memlint

LEAK = """\
class Clock:
    def __init__(self):
        self.on_tick = self.advance

    def advance(self): ...
"""

SUM = "total = sum([n * n for n in range(1_000_000)])\n"
FIXED_SUM = "total = sum(n * n for n in range(1_000_000))\n"


def concise(path: Path, *flags: str) -> tuple[int, str, str]:
    """Exit status, output without the summary, and errors of a plain check of one file."""
    done = memlint(
        "check",
        "--isolated",
        "--select",
        "ALL",
        "--quiet",
        "--output-format",
        "concise",
        *flags,
        path.name,
        cwd=path.parent,
    )
    return done.returncode, done.stdout, done.stderr


def test_syntax_error(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\ndef f(:\n    pass\n")
    assert concise(path) == (1, "a.py:2:7: ML000 invalid syntax\n", "")


def test_python_2(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text('print "hello"\n')
    code, out, err = concise(path)
    assert (code, err) == (1, "")
    assert out.startswith("a.py:1:1: ML000 Missing parentheses in call to 'print'")


def test_syntax_newer_than_the_running_python(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("lazy import json\n")
    running = f"{sys.version_info[0]}.{sys.version_info[1]}"
    message = f"this line needs Python 3.15 to be read; memlint runs on {running}"
    assert concise(path) == (1, f"a.py:1:6: ML000 {message}\n", "")


def test_a_syntax_error_below_a_folder_is_reported_where_the_file_is_parsed(tmp_path: Path) -> None:
    (tmp_path / "parsed.py").write_text(LEAK + "def f(:\n")
    (tmp_path / "not_parsed.py").write_text("def f(:\n")
    done = memlint("check", "--isolated", "--select", "ALL", "--quiet", tmp_path)
    assert [line.rpartition("/")[2].split(":")[0] for line in done.stdout.splitlines()] == ["parsed.py"]


def test_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.touch()
    assert concise(path) == (0, "", "")


def test_null_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"x = 1\ny = \0\n")
    assert concise(path) == (1, "a.py:2:5: ML000 source code cannot contain null bytes\n", "")


def test_large_generated_file(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("DATA = [\n" + "    'self.a = self.b',  # class def\n" * 150_000 + "]\n" + LEAK)
    assert path.stat().st_size > 5_000_000
    done = memlint("check", "--isolated", "--select", "ALL", "--no-gate", path.name, cwd=tmp_path)
    assert done.returncode == 1
    assert "a.py:150005:9: ML102" in done.stdout
    assert "Not checked: 1 place" in done.stdout


def test_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"\xef\xbb\xbf" + SUM.encode())
    assert concise(path, "--fix")[:2] == (0, "")
    assert path.read_bytes() == b"\xef\xbb\xbf" + FIXED_SUM.encode()


@pytest.mark.parametrize(("encoding", "word"), [("latin-1", "café"), ("shift_jis", "記憶")])
def test_cookie(tmp_path: Path, encoding: str, word: str) -> None:
    path = tmp_path / "a.py"
    cookie = f"# coding: {encoding}\n"
    path.write_bytes(f"{cookie}x = '{word}'; {SUM}".encode(encoding))
    assert concise(path)[1].startswith(f"a.py:2:{len(word) + 9 + len('total = sum(')}: ML405 [*] ")
    concise(path, "--fix")
    assert path.read_bytes() == f"{cookie}x = '{word}'; {FIXED_SUM}".encode(encoding)


def test_unknown_cookie(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("# coding: klingon\nx = 1\n")
    assert concise(path) == (1, "a.py:1:1: ML000 unknown encoding: klingon\n", "")


def test_bytes_that_are_not_in_the_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"x = 1\r\ny = '\xff'\r\n")
    assert concise(path) == (1, "a.py:2:1: ML000 byte 0xff is not utf-8\n", "")


@pytest.mark.parametrize("newline", ["\r\n", "\r"])
def test_newlines_are_kept(tmp_path: Path, newline: str) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(f"x = 1\n{SUM}y = 2\n".replace("\n", newline).encode())
    assert concise(path)[1].startswith("a.py:2:13: ML405")
    concise(path, "--fix")
    assert path.read_bytes() == f"x = 1\n{FIXED_SUM}y = 2\n".replace("\n", newline).encode()


def test_form_feed_is_no_line_end(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n\f\n# \u2028 \x0b \x85\n" + SUM)
    assert concise(path)[1].startswith("a.py:4:13: ML405")


def test_tabs(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(LEAK.replace("    ", "\t"))
    assert concise(path)[1].startswith("a.py:3:3: ML102")


def test_no_newline_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(SUM.rstrip("\n"))
    concise(path, "--fix")
    assert path.read_text() == FIXED_SUM.rstrip("\n")


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="these file systems hold UTF-8 or UTF-16 names only")
def test_file_name_that_is_not_utf8(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/caf\xe9.py"
    with open(path, "w") as file:
        file.write(LEAK)
    for format_name in ("concise", "full", "json", "github"):
        done = memlint("check", "--isolated", "--select", "ALL", "--output-format", format_name, tmp_path)
        assert done.returncode == 1, done.stderr
        assert "ML102" in done.stdout


def test_file_that_vanishes(tmp_path: Path) -> None:
    outcome = run.check_file(run.Task(str(tmp_path / "gone.py"), Settings(tmp_path, None)))
    assert [failure.message for failure in outcome.failures] == ["cannot be read: No such file or directory"]


def test_unreadable_file(tmp_path: Path) -> None:
    """Root may read everything, so a link that leads to itself stands for a file that cannot be read."""
    (tmp_path / "loop.py").symlink_to("loop.py")
    (tmp_path / "fine.py").write_text(LEAK)
    done = memlint("check", "--isolated", "--select", "ALL", tmp_path)
    assert done.returncode in (1, 2)
    assert "fine.py:3:9: ML102" in done.stdout


def test_file_that_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "a.py").mkdir()
    (tmp_path / "a.py" / "b.py").write_text(LEAK)
    assert "ML102" in memlint("check", "--isolated", "--select", "ALL", tmp_path).stdout


def test_read_only_file_under_fix(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(SUM)
    path.chmod(0o444)
    code, out, err = concise(path, "--fix")
    assert code == 2
    assert "a.py:1:13: ML405" in out
    assert "a.py: not fixed: the file is read-only; make it writable first" in err
    assert path.read_text() == SUM


def test_link_under_fix(tmp_path: Path) -> None:
    target = tmp_path / "real" / "target.txt"
    target.parent.mkdir()
    target.write_text(SUM)
    target.chmod(0o640)
    link = tmp_path / "a.py"
    link.symlink_to(target)
    assert concise(link, "--fix")[0] == 0
    assert link.is_symlink()
    assert target.read_text() == FIXED_SUM
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert os.listdir(target.parent) == ["target.txt"]


def test_closed_pipe(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(LEAK * 2_000)
    command = f"'{sys.executable}' -m memlint check --isolated --select ALL --output-format full '{tmp_path}' | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith("ML102")
    assert done.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send to one process")
def test_ctrl_c(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"m{number}.py").write_text(SUM + LEAK * 60)
    command = [
        sys.executable,
        "-m",
        "memlint",
        "check",
        "--isolated",
        "--select",
        "ALL",
        "--fix",
        "--jobs",
        "2",
        str(tmp_path),
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    )
    time.sleep(2.0)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert err.strip() == "memlint: interrupted"
    written = {(tmp_path / name).read_text()[: len(SUM)] for name in os.listdir(tmp_path)}
    assert written <= {SUM, FIXED_SUM[: len(SUM)], (FIXED_SUM + LEAK)[: len(SUM)]}
    assert all(name.startswith("m") for name in os.listdir(tmp_path))


DEEP = {
    "brackets": lambda n: "x = " + "(" * n + "1" + ")" * n,
    "lists": lambda n: "x = " + "[" * n + "]" * n,
    "calls": lambda n: "x = f" + "()" * n,
    "nested calls": lambda n: "x = " + "f(" * n + ")" * n,
    "operators": lambda n: "x = " + " + ".join(["y"] * n),
    "signs": lambda n: "x = " + "-" * n + "1",
    "powers": lambda n: "x = " + "**".join(["y"] * n),
    "negations": lambda n: "x = " + "not " * n + "y",
    "conjunctions": lambda n: "x = " + " and ".join(["y"] * n),
    "comparisons": lambda n: "x = " + " < ".join(["y"] * n),
    "attributes": lambda n: "x = y" + ".z" * n,
    "subscripts": lambda n: "x = y" + "[0]" * n,
    "elif": lambda n: "if x: pass\n" + "elif x: pass\n" * n,
    "concatenations": lambda n: "x = " + " + ".join(['"y"'] * n),
    "adjacent strings": lambda n: "x = (" + '"y"\n' * n + ")",
    "conditions": lambda n: "x = " + "y if z else " * n + "y",
    "lambdas": lambda n: "x = " + "lambda: " * n + "1",
    "targets": lambda n: "x = " * n + "1",
    "statements": lambda n: "; ".join(["x"] * n),
}


@pytest.mark.parametrize("construct", DEEP)
def test_deep_nesting(tmp_path: Path, construct: str) -> None:
    """The exit status is never a signal, and what is not analysed is counted."""
    for size in (120, 400, 2_500, 100_000):
        (tmp_path / f"n{size}.py").write_text(DEEP[construct](size) + "\n" + LEAK)
    done = memlint("check", "--isolated", "--select", "ALL", "--no-gate", tmp_path, timeout=300)
    assert done.returncode in (1, 2), done.stderr
    assert "n120.py" in done.stdout
