"""Runs the measured pair of every rule's page on every CPython at hand, and says whether the effect shows.

    python -m benchmarks.effects [CODE …] [--python EXE …] [--write]

Each side runs in a fresh interpreter, in an empty folder. What is measured follows from the rule's effect: `kept` the
bytes that tracemalloc still counts after a collection, `late` the bytes that it counts with the collector switched off,
`peak` the most that it counted, `time` the seconds of CPU, the least of three runs. A script that binds the name
`measured` gives the figure itself, in the unit that its name `unit` says: open files, bytes that the operating system
sees. A pair whose import is absent is not measured. Exit status 1 where a pair shows no effect on any interpreter, or
where a script fails. `--write` puts the table under the heading Measured of each page.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from memlint.model import Effect
from memlint.page import Page
from memlint.registry import all_rules, find
from memlint.registry import page as page_of

METERS = {Effect.KEPT: "kept", Effect.LATE: "late", Effect.PEAK: "peak", Effect.TIME: "time"}
LEAST = {"time": 1.1}
"""By how much the bad side must exceed the good one; half as much again where nothing is said."""
LINE = re.compile(r"^\| (?:Python|---|\d).*\n", re.MULTILINE)
INTERPRETER = re.compile(r"python3\.(1[0-9])")
HEADING = "## Measured\n"
TIMEOUT = 300

METER = """
import gc, json, sys, time, tracemalloc
meter, path = sys.argv[1:]
code = compile(open(path, encoding="utf-8").read(), "pair.py", "exec")
scope = {"__name__": "__main__"}
if meter == "late":
    gc.disable()
if meter != "time":
    tracemalloc.start()
began = time.process_time()
try:
    exec(code, scope)
except ImportError as error:
    print(json.dumps({"absent": error.name or str(error)}))
    sys.exit()
took = time.process_time() - began
if meter == "kept":
    gc.collect()
held, peak = tracemalloc.get_traced_memory() if meter != "time" else (0, 0)
figure = {"kept": held, "late": held, "peak": peak, "time": took}[meter]
unit = "s" if meter == "time" else "B"
print("\\n" + json.dumps({"figure": scope.get("measured", figure), "unit": scope.get("unit", unit)}))
"""


class Figure(NamedTuple):
    """What one side took: `B` bytes, `s` seconds, or what the script counts."""

    value: float
    unit: str

    def __str__(self) -> str:
        if self.unit == "B":
            return f"{self.value / 1e6:.2f} MB"
        return f"{self.value * 1000:.0f} ms" if self.unit == "s" else f"{self.value:g} {self.unit}"


class Row(NamedTuple):
    """A pair on one interpreter; without figures where it could not be measured, for that reason."""

    code: str
    version: str
    bad: Figure | None
    good: Figure | None
    why_not: str = ""

    @property
    def ratio(self) -> float:
        assert self.bad and self.good
        return self.bad.value / max(self.good.value, 1e-9)


class ScriptError(Exception):
    """A side of a pair that does not run."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.effects")
    parser.add_argument("codes", nargs="*", metavar="CODE")
    parser.add_argument("--python", action="append", metavar="EXE", help="an interpreter; all at hand by default")
    parser.add_argument("--write", action="store_true", help="put the figures on the pages")
    options = parser.parse_args()
    pythons = dict(version_of(each) for each in options.python or at_hand())
    rules = [find(code) for code in options.codes] or [rule for rule in all_rules() if rule.effect in METERS]
    failed: list[str] = []
    for rule in rules:
        path = page_of(rule)
        page = Page(path.read_text(encoding="utf-8"))
        bad, good = page.only("measure-bad"), page.only("measure-good")
        if bad is None or good is None or rule.effect not in METERS:
            continue
        meter, rows = METERS[rule.effect], []
        for version, python in pythons.items():
            try:
                rows.append(measured(rule.code, version, python, meter, bad, good))
            except ScriptError as error:
                failed.append(f"{rule.code} on {version}: {error}")
                continue
            print(told(rows[-1]), flush=True)
        shown = [row for row in rows if row.bad]
        if shown and not any(row.ratio >= LEAST.get(meter, 1.5) for row in shown):
            failed.append(f"{rule.code}: no effect on any interpreter")
        if options.write and shown:
            path.write_text(written(path.read_text(encoding="utf-8"), shown), encoding="utf-8")
    print(*failed, sep="\n", file=sys.stderr)
    return 1 if failed else 0


def at_hand() -> Iterator[str]:
    """The interpreters on the search path, and those of pyenv, oldest first."""
    folders = [*os.environ.get("PATH", "").split(os.pathsep)]
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    folders += map(str, pyenv.glob("versions/*/bin"))
    found: dict[int, str] = {}
    for folder in folders:
        for each in Path(folder).glob("python3.*") if Path(folder).is_dir() else ():
            name = INTERPRETER.fullmatch(each.name)
            if name and shutil.which(each) and runs(str(each)):
                found.setdefault(int(name[1]), str(each))
    return iter(found[minor] for minor in sorted(found))


def runs(python: str) -> bool:
    return subprocess.run([python, "-c", ""], capture_output=True, check=False).returncode == 0


def version_of(python: str) -> tuple[str, str]:
    told = subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout
    return told.split()[1], python


def measured(code: str, version: str, python: str, meter: str, bad: str, good: str) -> Row:
    """One pair on one interpreter; raises `ScriptError`."""
    figures: list[Figure] = []
    for side in (bad, good):
        turns = [run(python, meter, side) for _ in range(3 if meter == "time" else 1)]
        absent = [turn for turn in turns if isinstance(turn, str)]
        if absent:
            return Row(code, version, None, None, f"no {absent[0]}")
        figures.append(min(turn for turn in turns if isinstance(turn, Figure)))
    return Row(code, version, figures[0], figures[1])


def run(python: str, meter: str, script: str) -> Figure | str:
    """What a script takes, or the module that it misses."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pair.py"
        path.write_text(script, encoding="utf-8")
        try:
            done = subprocess.run(
                [python, "-c", METER, meter, str(path)], cwd=folder, capture_output=True, text=True, timeout=TIMEOUT
            )
        except subprocess.TimeoutExpired as error:
            raise ScriptError(f"took longer than {TIMEOUT} s") from error
    last = done.stdout.strip().rpartition("\n")[2]
    if done.returncode or not last.startswith("{"):
        raise ScriptError(done.stderr.strip().rpartition("\n")[2] or f"exit status {done.returncode}")
    result = json.loads(last)
    return str(result["absent"]) if "absent" in result else Figure(float(result["figure"]), str(result["unit"]))


def told(row: Row) -> str:
    if row.bad is None:
        return f"{row.code}  {row.version:8}  not measured: {row.why_not}"
    return f"{row.code}  {row.version:8}  {row.bad!s:>14}  {row.good!s:>14}  {shown_ratio(row.ratio):>8}"


def shown_ratio(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}" if ratio < 1000 else "> 1000"


def written(page: str, rows: list[Row]) -> str:
    """The page with the table as the last thing under its heading Measured, in the place of an older one."""
    before, heading, rest = page.partition(HEADING)
    measured, following, after = rest.partition("\n## ")
    lines = ["| Python | bad | good | ratio |", "| --- | ---: | ---: | ---: |"]
    lines += [f"| {row.version} | {row.bad} | {row.good} | {shown_ratio(row.ratio)} |" for row in rows]
    kept = LINE.sub("", measured).rstrip()
    return f"{before}{heading}{kept}\n\n" + "\n".join(lines) + f"\n{following}{after}"


if __name__ == "__main__":
    sys.exit(main())
