"""Runs memlint and other linters over the same files, one after the other, and prints medians.

    python -m benchmarks.speed [--corpus DIR] [--lines N] [--rounds N] [--only WORD] [--json FILE]

The files are those of the packages that benchmarks/precision pins, in order, until there are N lines; they are copied,
as one of them is changed. Other linters are run where they are installed, each with the rules that overlap with
memlint's. Wall and CPU seconds are those of all processes of a run; the memory is that of the largest one. Rounds go
over all tools in turn, so that a busy machine is busy for all of them: compare within a run, not across runs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from benchmarks.precision.__main__ import packages, unpacked

PYTHON = sys.executable
MEMLINT = [PYTHON, "-m", "memlint", "check", "--isolated", "--quiet", "--exit-zero"]
RUFF = ["check", "--isolated", "--quiet", "--exit-zero", "--select", "B006,B008,B019,B023,RUF012"]
PERFLINT = "W8101,W8102,W8201,W8202,W8203,W8204,W8205,R8203,W8301,W8302,W8401,W8402,W8403"
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Each tool has its byte code at hand, as an installed one has."""
SEVERAL = 50
"""Files that a commit changes."""
ABOUT = 1_000
"""Lines of the one file."""

ROW = "{:34} {:>9} {:>9} {:>9} {:>9}"


@dataclass(frozen=True)
class Case:
    """Something to run: its name, the command, and what is done before each run."""

    name: str
    command: Sequence[str]
    before: Callable[[], None] = lambda: None
    is_whole: bool = True
    """Whether all lines are checked."""
    statuses: Container[int] = (0, 1)
    """Exit statuses that say that the work was done."""


class Cost(NamedTuple):
    """Of one run: seconds of wall and of CPU, megabytes of the largest process."""

    wall: float
    cpu: float
    memory: float


def cost(case: Case, folder: Path) -> Cost:
    """What a run costs; raises `RuntimeError` where the tool could not do its work."""
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(case.command, cwd=folder, stdout=subprocess.DEVNULL, stderr=said, env=ENVIRONMENT)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        if process.returncode not in case.statuses:
            raise RuntimeError(f"{case.name} ended with {process.returncode}: {said.read()[-300:]!r}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def gathered(corpus: Path, wanted: int, into: Path) -> int:
    """Copy pinned packages until there are so many lines; how many there are."""
    lines = 0
    for package in packages([]):
        if lines >= wanted:
            break
        source = unpacked(package, corpus)
        for path in sorted(source.rglob("*.py")):
            target = into / source.name / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
            lines += path.read_bytes().count(b"\n")
    return lines


def cases(folder: Path) -> Iterator[Case]:
    """What is run, in order: the warm runs follow the cold ones that fill their caches."""
    files = sorted(folder.rglob("*.py"))
    changed = files[len(files) // 2]
    one = min(files, key=lambda path: abs(path.read_bytes().count(b"\n") - ABOUT))
    several = [str(path) for path in files[:: max(1, len(files) // SEVERAL)][:SEVERAL]]

    def change() -> None:
        with changed.open("a", encoding="utf-8") as file:
            file.write("# changed\n")

    yield Case("memlint, cold", [*MEMLINT, "--no-cache", "."])
    yield Case("memlint, cold, one process", [*MEMLINT, "--no-cache", "--jobs", "1", "."])
    yield Case("memlint, first run with a cache", [*MEMLINT, "."], lambda: forget(folder / ".memlint_cache"))
    yield Case("memlint, nothing changed", [*MEMLINT, "."])
    yield Case("memlint, one file changed", [*MEMLINT, "."], change)
    yield Case("memlint, one file", [*MEMLINT, "--no-cache", str(one)], is_whole=False)
    yield Case(f"memlint, {SEVERAL} files", [*MEMLINT, "--no-cache", *several], is_whole=False)
    yield Case("python -c 'import click'", [PYTHON, "-c", "import click"], is_whole=False)
    yield Case("python -c 'import click, libcst'", [PYTHON, "-c", "import click, libcst"], is_whole=False)
    ruff = shutil.which("ruff", path=f"{Path(PYTHON).parent}{os.pathsep}{os.environ.get('PATH', '')}")
    if ruff:
        yield Case("ruff, 5 rules, cold", [ruff, *RUFF, "--no-cache", "."])
        yield Case("ruff, 5 rules, first with a cache", [ruff, *RUFF, "."], lambda: forget(folder / ".ruff_cache"))
        yield Case("ruff, 5 rules, nothing changed", [ruff, *RUFF, "."])
        yield Case("ruff, 5 rules, one file", [ruff, *RUFF, "--no-cache", str(one)], is_whole=False)
    if find_spec("flake8") and find_spec("bugbear"):
        yield Case("flake8 + bugbear", [PYTHON, "-m", "flake8", "--isolated", "--select", "B006,B008,B019,B023", "."])
    if find_spec("pylint"):
        checks = "dangerous-default-value,consider-using-with,method-cache-max-size-none"
        command = [PYTHON, "-m", "pylint", "--disable=all", f"--enable={checks}", "--recursive=y", "."]
        yield Case("pylint, 3 messages", command, statuses=range(32))  # a bit for each sort of message
        if find_spec("perflint"):
            command = [
                PYTHON,
                "-m",
                "pylint",
                "--load-plugins=perflint",
                "--disable=all",
                f"--enable={PERFLINT}",
                "--recursive=y",
                ".",
            ]
            yield Case("pylint with perflint", command, statuses=range(32))
    if find_spec("fixit"):
        yield Case("fixit", [PYTHON, "-m", "fixit", "--quiet", "lint", "."])


def forget(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__.partition("\n")[0])
    parser.add_argument("--corpus", type=Path, default=Path("build/corpus"), help="where the packages are kept")
    parser.add_argument("--lines", type=int, default=5_000_000, help="how many lines to check")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", metavar="WORD", default="", help="just the cases whose names hold this")
    parser.add_argument("--json", type=Path, help="write the figures there")
    arguments = parser.parse_args()
    arguments.corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="speed-") as place:
        folder = Path(place).resolve()
        (folder / "pyproject.toml").write_text("", "utf-8")
        lines = gathered(arguments.corpus.resolve(), arguments.lines, folder)
        everything = [case for case in cases(folder) if arguments.only in case.name]
        costs: dict[str, list[Cost]] = {case.name: [] for case in everything}
        for number in range(arguments.rounds):
            for case in everything:
                print(f"round {number + 1}: {case.name}", file=sys.stderr, flush=True)
                case.before()
                costs[case.name].append(cost(case, folder))
    medians = {
        name: Cost(*(statistics.median(part) for part in zip(*found, strict=True))) for name, found in costs.items()
    }
    print(f"{lines:,} lines, Python {sys.version.split()[0]}, {os.cpu_count()} cores, {arguments.rounds} rounds")
    print(ROW.format("", "wall s", "CPU s", "MB", "lines/s"))
    for case in everything:
        each = medians[case.name]
        rate = f"{lines / each.wall:,.0f}" if case.is_whole else ""
        print(ROW.format(case.name, f"{each.wall:.2f}", f"{each.cpu:.2f}", f"{each.memory:.0f}", rate))
    if arguments.json:
        arguments.json.write_text(
            json.dumps({"lines": lines, **{k: v._asdict() for k, v in medians.items()}}, indent=1)
        )


if __name__ == "__main__":
    main()
